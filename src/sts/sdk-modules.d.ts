// Not exported by name alone: its siblings would come along.
declare module '@aws-sdk/credential-providers/dist-es/fromIni.js' {
  export { fromIni } from '@aws-sdk/credential-providers'
}
