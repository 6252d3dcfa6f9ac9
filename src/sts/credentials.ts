/** Short-lived credentials. All but the access key id and the expiration are secrets. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** What an exchange gives: credentials that say when they end. */
export interface SessionCredentials extends Credentials {
  readonly sessionToken: string
  readonly expiration: Date
}
