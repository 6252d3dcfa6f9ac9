// The build puts docs/troubleshooting.md here.
declare module 'troubleshooting-page' {
  const page: string
  export default page
}
