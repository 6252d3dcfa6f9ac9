/** What the tests use of oidc-provider, which has no types of its own. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  interface Client {
    readonly clientId: string
  }

  export default class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
    readonly Client: { find(id: string): Promise<Client | undefined> }
    readonly IdToken: new (
      claims: object,
      context: { client: Client },
    ) => {
      set(claim: string, value: unknown): void
      issue(options: { use: 'idtoken'; expiresAt?: number }): Promise<string>
    }
  }
}
