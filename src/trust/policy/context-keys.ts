import type { Statement } from './policy.ts'

/** Condition keys with their values. Key names are not case-sensitive, so they are held in lower case. */
export type ContextKeys = ReadonlyMap<string, readonly string[]>

/** Claims of a decoded token: whatever JSON the issuer put there. */
export type TokenClaims = Readonly<Record<string, unknown>>

/** Builds a `ContextKeys`; keys without a value stay absent, as in a real request. */
export function contextKeys(
  entries: Iterable<readonly [string, string | readonly string[] | undefined]>,
): ContextKeys {
  const keys = new Map<string, readonly string[]>()
  for (const [name, value] of entries) {
    if (value !== undefined) {
      keys.set(name.toLowerCase(), typeof value === 'string' ? [value] : value)
    }
  }
  return keys
}

/**
 * The condition keys IAM derives from a web identity token: `<issuer>:aud`, `:oaud`, `:sub`, `:amr` and the
 * few provider-specific ones. Claims that IAM never sees (CircleCI's `vcs-ref`, `context-ids`, …) are absent.
 */
export function tokenContextKeys(claims: TokenClaims): ContextKeys {
  const issuer = issuerHostPath(String(claims['iss'] ?? ''))
  const named = ['sub', 'amr', ...providerClaims(issuer)]
  return contextKeys([
    [`${issuer}:aud`, tokenAudience(claims)],
    [`${issuer}:oaud`, values(claims['aud'])],
    ...named.map((name) => [`${issuer}:${name}`, values(claims[name])] as const),
  ])
}

/**
 * The audience IAM checks: `azp` when the token carries one, else `aud`; `oaud` always is the token's `aud`
 * (same page, "aud": "if no value is set for azp, the aud condition key matches the aud claim").
 */
export function tokenAudience(claims: TokenClaims): readonly string[] | undefined {
  return values(claims['azp']) ?? values(claims['aud'])
}

function values(claim: unknown): readonly string[] | undefined {
  if (claim === undefined || claim === null) return undefined
  return (Array.isArray(claim) ? claim : [claim]).map(String)
}

/** The claims of this issuer that IAM sees; nothing else of a token reaches it. */
export function seenClaims(issuer: string): readonly string[] {
  return ['aud', 'oaud', 'sub', 'amr', ...providerClaims(issuer)]
}

/** The claims of this issuer that IAM sees besides `aud`, `oaud`, `sub` and `amr`; `issuer` without a scheme. */
function providerClaims(issuer: string): readonly string[] {
  return PROVIDERS.find(([pattern]) => pattern.test(issuer))?.[1] ?? []
}

const GITHUB = [
  'actor',
  'actor_id',
  'enterprise_id',
  'environment',
  'job_workflow_ref',
  'ref',
  'repository',
  'repository_id',
  'repository_owner_id',
  'workflow',
]
const GITLAB = [
  'namespace_id',
  'pipeline_source',
  'project_id',
  'ref_protected',
  'runner_environment',
  'user_access_level',
  'user_email',
  'user_id',
  'user_login',
]
const BUILDKITE = [
  'build_branch',
  'cluster_id',
  'cluster_name',
  'organization_id',
  'organization_slug',
  'pipeline_id',
  'pipeline_slug',
]

// The keys of AssumeRoleWithWebIdentity, beside those that every issuer has:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
const PROVIDERS: readonly (readonly [issuer: RegExp, claims: readonly string[]])[] = [
  [/^oidc\.circleci\.com\/org\/[^/]+$/, ['oidc.circleci.com/project-id']],
  [/^token\.actions\.githubusercontent\.com(\/[^/]+)?$/, GITHUB],
  [/^token\.actions\.[^./]+\.ghe\.com$/, GITHUB],
  [/^github\.com\/enterprises\/[^/]+$/, GITHUB],
  [/^gitlab\.com$/, GITLAB],
  [/^agent\.(buildkite\.com|[^./]+\.buildkite\.(dev|site))$/, BUILDKITE],
  [/^accounts\.google\.com$/, ['google/organization_number']],
  [/^idcs-[^./]+\.identity\.oraclecloud\.com$/, ['rpst_id']],
  [/^www\.amazon\.com$/, ['app_id', 'user_id']],
  [/^graph\.facebook\.com$/, ['app_id', 'id']],
]

/**
 * Whether AWS has a value for this key which a token does not show: `email` is among the keys of the IAM User
 * Guide, but not of the Service Authorization Reference; the tokens of Amazon and Facebook are no JWTs.
 */
export function isUnclearKey(key: string): boolean {
  return /^[^:]+\.[^:]+:email$|^(www\.amazon|graph\.facebook)\.com:/.test(key)
}

/** The issuer as it stands in condition keys and provider ARNs: without `https://`. */
export function issuerHostPath(issuer: string): string {
  return issuer.replace(/^https?:\/\//, '')
}

// Keys whose absence we can tell, because the request itself would have carried them.
const CARRIED_BY_REQUEST =
  /^aws:(requesttag\/.*|tagkeys|principaltag\/.*|sourceidentity|principalarn|principalaccount)$/

/**
 * Whether the absence of this key is a fact. AWS adds other keys (`aws:SourceIp`, `aws:PrincipalOrgID`, …) to
 * the real request, with values nobody knows beforehand.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function isAbsenceKnown(key: string): boolean {
  const name = key.toLowerCase()
  // The session's name is chosen later, and so is the role that the token may be limited to.
  if (/^sts:(rolesessionname|roleauthorizedbyidp)$/.test(name) || isUnclearKey(name)) return false
  // Keys of other services than IAM and STS have no dot before the colon, as issuers do, scheme or not.
  return (
    !/^(?!https?:)[\w-]+:/.test(name) || /^(sts|saml):/.test(name) || CARRIED_BY_REQUEST.test(name)
  )
}

/** A condition key of a token: the issuer as written, and the claim. */
interface OidcKey {
  /** Without a scheme; perhaps with a port, or a slash at its end. */
  readonly issuer: string
  readonly claim: string
  readonly hasScheme: boolean
}

/** Takes `oidc.circleci.com/org/ID:sub` apart; undefined for keys of AWS's own (`aws:…`, `sts:…`, `ec2:…`). */
export function parseOidcKey(key: string): OidcKey | undefined {
  const bare = key.replace(/^https?:\/\//i, '')
  const [, issuer = '', claim = bare] = OIDC_KEY.exec(bare) ?? []
  if (/^[\w-]+$/.test(issuer)) return undefined
  return { issuer, claim, hasScheme: bare !== key }
}

// The first colon ends the issuer, unless it is that of a port.
const OIDC_KEY = /^([^:]*(?::\d{1,5}(?=[/:]))?[^:]*):(.*)$/s

/** The issuers of the OIDC providers a statement names, as its ARNs write them. */
export function providerIssuers({ principal }: Statement): readonly string[] {
  return (principal?.entries ?? [])
    .filter(({ kind }) => kind === 'Federated')
    .map(({ value }) => /:oidc-provider\/(.+)$/s.exec(value)?.[1] ?? '')
    .filter((issuer) => issuer !== '')
}

/** The issuer without scheme and closing slash, in small letters: to tell whether two mean the same. */
export function comparableIssuer(issuer: string): string {
  return issuer
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
    .toLowerCase()
}
