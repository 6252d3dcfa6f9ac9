/** `src/launcher.ts` as the build bundled it, so that it can be installed from the one file. */
declare module 'launcher-text' {
  const text: string
  export default text
}
