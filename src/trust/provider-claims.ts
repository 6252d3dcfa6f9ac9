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

/** The claims of this issuer that IAM sees besides `aud`, `oaud`, `sub` and `amr`; `issuer` without a scheme. */
export function providerClaims(issuer: string): readonly string[] {
  return PROVIDERS.find(([pattern]) => pattern.test(issuer))?.[1] ?? []
}

/** The claims of this issuer that IAM sees; nothing else of a token reaches it. */
export function seenClaims(issuer: string): readonly string[] {
  return ['aud', 'oaud', 'sub', 'amr', ...providerClaims(issuer)]
}

/**
 * Whether AWS has a value for this key which a token does not show: `email` is among the keys of the IAM User
 * Guide, but not of the Service Authorization Reference; the tokens of Amazon and Facebook are no JWTs.
 */
export function isUnclearKey(key: string): boolean {
  return /^[^:]+\.[^:]+:email$|^(www\.amazon|graph\.facebook)\.com:/.test(key)
}
