import {
  compactVerify,
  type createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JWTPayload,
} from 'jose'
import { issuerHostPath, tokenAudience } from '../../trust/policy/context-keys.ts'
import { StsError } from './answer.ts'
import type { RequestedRole } from './request.ts'
import type { World } from './world.ts'

interface VerifiedToken {
  readonly claims: JWTPayload
  readonly subject: string
  readonly audience: string
  readonly providerArn: string
}

type FindKey = ReturnType<typeof createLocalJWKSet> | ReturnType<typeof createRemoteJWKSet>

/** The sandbox's own issuer, whose keys need no request. */
interface OwnIssuer {
  readonly names: readonly string[]
  readonly findKey: FindKey
}

/** Signature algorithms IAM accepts: id_roles_providers_create_oidc.html, "Prerequisites" */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']

/** Verifies web identity tokens as STS does: form, provider, signature, audience, expiry. Throws `StsError`. */
export class TokenVerification {
  readonly #world: World
  readonly #issuer: OwnIssuer
  readonly #remoteKeys = new Map<string, Promise<FindKey>>()

  constructor(world: World, issuer: OwnIssuer) {
    this.#world = world
    this.#issuer = issuer
  }

  async verify(token: string, role: RequestedRole): Promise<VerifiedToken> {
    const claims = decode(token)
    const iss = requiredClaim(claims, 'iss')
    const account = this.#world.accounts.find(({ id }) => id === role.account)
    const provider = account?.providers.find(({ url }) => url === iss)
    if (!provider) {
      const known = account?.providers.map(({ url }) => url).join(', ') || 'none'
      throw new StsError(
        'InvalidIdentityToken',
        `No OpenIDConnect provider found in your account for ${iss}`,
        `account ${role.account} has the providers: ${known}`,
      )
    }
    await this.#checkSignature(token, iss)
    const audiences = tokenAudience(claims) ?? []
    if (audiences.length === 0) requiredClaim(claims, 'aud')
    const audience = audiences.find((one) => provider.clientIds.includes(one))
    if (audience === undefined) {
      throw new StsError(
        'InvalidIdentityToken',
        'Incorrect token audience',
        `the token's audience is ${audiences.join(', ')}; the provider's client ids are ${provider.clientIds.join(', ') || 'none'}`,
      )
    }
    checkTimes(token, claims, this.#world.tokenGraceSeconds)
    return {
      claims,
      audience,
      subject: requiredClaim(claims, 'sub'),
      providerArn: `arn:${role.partition}:iam::${role.account}:oidc-provider/${issuerHostPath(iss)}`,
    }
  }

  async #checkSignature(token: string, iss: string): Promise<void> {
    try {
      await compactVerify(token, await this.#keysOf(iss), { algorithms: ALGORITHMS })
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) {
        // AWS's wording for this case is not documented.
        throw new StsError('InvalidIdentityToken', 'Invalid token signature', error.message)
      }
      if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JWSInvalid) {
        throw notAJwt(error.message)
      }
      throw new StsError(
        'InvalidIdentityToken',
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
        error instanceof Error ? error.message : String(error),
      )
    }
  }

  #keysOf(iss: string): Promise<FindKey> {
    if (this.#issuer.names.includes(iss)) return Promise.resolve(this.#issuer.findKey)
    const keys = this.#remoteKeys.get(iss) ?? discoverKeys(iss)
    this.#remoteKeys.set(iss, keys)
    keys.catch(() => this.#remoteKeys.delete(iss))
    return keys
  }
}

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
async function discoverKeys(iss: string): Promise<FindKey> {
  const address = `${iss.replace(/\/$/, '')}/.well-known/openid-configuration`
  const answer = await fetch(address, { signal: AbortSignal.timeout(5000) })
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`)
  const { issuer, jwks_uri } = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown }
  if (issuer !== iss) throw new Error(`${address} is the document of ${issuer}, not of ${iss}`)
  return createRemoteJWKSet(new URL(String(jwks_uri)), { cooldownDuration: 0 })
}

function decode(token: string): JWTPayload {
  try {
    return decodeJwt(token)
  } catch (error) {
    throw notAJwt(error instanceof Error ? error.message : String(error))
  }
}

function notAJwt(reason: string): StsError {
  return new StsError(
    'InvalidIdentityToken',
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    reason,
  )
}

function requiredClaim(claims: JWTPayload, name: string): string {
  const value = claims[name]
  if (typeof value === 'string' && value !== '') return value
  throw new StsError('InvalidIdentityToken', `Missing a required claim: ${name}`)
}

const DAY_SECONDS = 86_400

/**
 * IAM takes a token for five minutes after `exp`: id_roles_providers_oidc.html, "Note". Its times must be integers:
 * https://github.com/spiffe/spire/pull/5115. It refuses old tokens ("Token too old", five days in
 * https://github.com/mozilla-iam/mozilla-aws-cli/issues/146); the limit is not documented, here it is a day.
 */
function checkTimes(token: string, claims: JWTPayload, graceSeconds: number): void {
  if (claims.exp === undefined) requiredClaim(claims, 'exp')
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
  for (const name of ['exp', 'iat', 'nbf']) {
    const value = claims[name]
    if (value === undefined) continue
    // JSON.parse takes 1.0 for 1; a claim within another may have the same name.
    const written = [...payload.matchAll(new RegExp(`"${name}"\\s*:\\s*([^,}\\s]+)`, 'g'))]
    if (!written.some(([, text = '']) => /^-?\d+$/.test(text) && Number(text) === value)) {
      throw notAJwt(`its claim ${name} is ${JSON.stringify(value)}, not written as an integer`)
    }
  }
  const { exp = 0, iat, nbf } = claims
  const now = Math.floor(Date.now() / 1000)
  if (now >= exp + graceSeconds) {
    throw new StsError(
      'ExpiredTokenException',
      `Token expired: current date/time ${now} must be before the expiration date/time ${exp}`,
    )
  }
  const start = Math.max(iat ?? 0, nbf ?? 0)
  if (start > now + graceSeconds) {
    // AWS's wording for this case is not documented.
    throw new StsError('InvalidIdentityToken', `Token is not valid before ${start}`)
  }
  if (iat !== undefined && now - iat > DAY_SECONDS) {
    throw new StsError('ExpiredTokenException', `Token too old: ${now - iat}`)
  }
}
