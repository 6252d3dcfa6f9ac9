// Issuers that give the same `iss` to all their customers, and the claim by which IAM has policies tell them apart:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
const CONTROLS: ReadonlyMap<string, 'sub' | 'aud'> = new Map([
  ['token.actions.githubusercontent.com', 'sub'],
  ['vstoken.actions.githubusercontent.com', 'sub'],
  ['oidc-configuration.audit-log.githubusercontent.com', 'sub'],
  ['gitlab.com', 'sub'],
  ['agent.buildkite.com', 'sub'],
  ['app.terraform.io', 'sub'],
  ['oidc.codefresh.io', 'sub'],
  ['studio.datachain.ai/api', 'sub'],
  ['scalr.io', 'sub'],
  ['tokens.cloud.shisho.dev', 'sub'],
  ['proidc.upbound.io', 'sub'],
  ['api.pulumi.com/oidc', 'aud'],
  ['oidc.vercel.com', 'aud'],
  ['sandboxes.cloud', 'aud'],
])

/** The condition key that IAM requires of a new policy for this issuer, if any; `issuer` without scheme, in small letters. */
export function requiredControl(issuer: string): string | undefined {
  const claim = CONTROLS.get(issuer)
  return claim && `${issuer}:${claim}`
}
