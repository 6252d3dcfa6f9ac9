// The SDK's own endpoint rules, which it does not export by name.
declare module '@aws-sdk/client-sts/dist-es/endpoint/endpointResolver.js' {
  export { defaultEndpointResolver } from '@aws-sdk/client-sts/dist-types/endpoint/endpointResolver'
}
