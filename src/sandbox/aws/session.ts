import { createHash, randomBytes } from 'node:crypto'
import type { Role } from './account.ts'
import type { RequestedRole } from './request.ts'
import type { World } from './world.ts'

/** An assumed-role session with its temporary credentials. */
export interface Session {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly issuedAt: Date
  readonly expiration: Date
  readonly partition: string
  readonly account: string
  readonly roleArn: string
  /** `arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION`, without the role's path. */
  readonly arn: string
  /** `AROA…:SESSION`. */
  readonly userId: string
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
  /** Of the OIDC provider whose token was exchanged; a chained session has none. */
  readonly providerArn: string | undefined
}

/** What decides a new session, after STS has authorized it. */
interface SessionRequest {
  readonly role: Role
  readonly requested: RequestedRole
  readonly name: string
  readonly durationSeconds: number
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
  readonly providerArn?: string
}

export class Sessions {
  readonly #byAccessKeyId = new Map<string, Session>()
  readonly #lifetimeSeconds: number | undefined

  constructor(world: World) {
    this.#lifetimeSeconds = world.credentialsLifetimeSeconds
  }

  issue(request: SessionRequest): Session {
    const { role, requested, name, tags, transitiveTagKeys, sourceIdentity } = request
    const lifetime = this.#lifetimeSeconds ?? request.durationSeconds
    // Whole seconds, as the answer prints them.
    const issuedAt = Math.floor(Date.now() / 1000)
    const session: Session = {
      accessKeyId: `ASIA${base32(randomBytes(16))}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: createSessionToken(),
      issuedAt: new Date(issuedAt * 1000),
      expiration: new Date((issuedAt + lifetime) * 1000),
      partition: requested.partition,
      account: requested.account,
      roleArn: requested.arn,
      arn: `arn:${requested.partition}:sts::${requested.account}:assumed-role/${role.name}/${name}`,
      userId: `${roleId(requested.arn)}:${name}`,
      tags,
      transitiveTagKeys,
      sourceIdentity,
      providerArn: request.providerArn,
    }
    this.#byAccessKeyId.set(session.accessKeyId, session)
    return session
  }

  find(accessKeyId: string): Session | undefined {
    return this.#byAccessKeyId.get(accessKeyId)
  }
}

/** Prefixes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
function roleId(roleArn: string): string {
  return `AROA${base32(createHash('sha256').update(roleArn).digest()).slice(0, 17)}`
}

function base32(bytes: Buffer): string {
  return [...bytes].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(byte % 32)).join('')
}

/** Like the real ones, which trip naive writers and parsers: long, with `/` and `+`, ending in `=`. */
function createSessionToken(): string {
  const token = randomBytes(500).toString('base64')
  return token.includes('/') && token.includes('+') ? token : createSessionToken()
}
