// Modules of the SDK imported by path: the first is not exported by name, the second would bring all
// its siblings along.
declare module '@aws-sdk/client-sts/dist-es/endpoint/endpointResolver.js' {
  export { defaultEndpointResolver } from '@aws-sdk/client-sts/dist-types/endpoint/endpointResolver'
}
declare module '@aws-sdk/credential-providers/dist-es/fromIni.js' {
  export { fromIni } from '@aws-sdk/credential-providers'
}
