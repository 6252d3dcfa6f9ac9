// The build puts the pages of docs/errors/ and docs/findings/ here, one after another.
declare module 'code-pages' {
  const pages: string
  export default pages
}
