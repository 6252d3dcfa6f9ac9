/** The pages of AWS's documentation that the expectations come from. */
const GUIDE = 'https://docs.aws.amazon.com/IAM/latest/UserGuide'
export const PAGES = {
  operators: `${GUIDE}/reference_policies_elements_condition_operators.html`,
  string: `${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_String`,
  numeric: `${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_Numeric`,
  date: `${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_Date`,
  boolean: `${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_Boolean`,
  ip: `${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_IPAddress`,
  arn: `${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_ARN`,
  ifExists: `${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_IfExists`,
  null: `${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_Null`,
  condition: `${GUIDE}/reference_policies_elements_condition.html`,
  logic: `${GUIDE}/reference_policies_condition-logic-multiple-context-keys-or-values.html`,
  multivalued: `${GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html`,
  evaluation: `${GUIDE}/reference_policies_evaluation-logic_policy-eval-basics.html`,
  variables: `${GUIDE}/reference_policies_variables.html`,
  version: `${GUIDE}/reference_policies_elements_version.html`,
  grammar: `${GUIDE}/reference_policies_grammar.html`,
  effect: `${GUIDE}/reference_policies_elements_effect.html`,
  sid: `${GUIDE}/reference_policies_elements_sid.html`,
  principal: `${GUIDE}/reference_policies_elements_principal.html`,
  notPrincipal: `${GUIDE}/reference_policies_elements_notprincipal.html`,
  action: `${GUIDE}/reference_policies_elements_action.html`,
  notAction: `${GUIDE}/reference_policies_elements_notaction.html`,
  keys: `${GUIDE}/reference_policies_iam-condition-keys.html#condition-keys-wif`,
  global: `${GUIDE}/reference_policies_condition-keys.html`,
  sts: 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html',
  tags: `${GUIDE}/id_session-tags.html`,
  sourceIdentity: `${GUIDE}/id_credentials_temp_control-access_monitor.html`,
  checks: `${GUIDE}/access-analyzer-reference-policy-checks.html`,
  trust: `${GUIDE}/id_roles_create_for-idp_oidc.html`,
  createRole: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html',
} as const

export type Verdict = 'allows' | 'rejects' | 'invalid' | 'undecided'
export type Claims = Readonly<Record<string, unknown>>

/** A trust policy and a token, and what AWS would say of them. */
export interface VerdictCase {
  readonly name: string
  readonly verdict: Verdict
  /** The document: a value, or JSON text. */
  readonly policy: unknown
  /** What the token has besides the claims of a CircleCI job. */
  readonly claims?: Claims
  readonly page: keyof typeof PAGES
}

export const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
export const PROJECT = '3c2d5e10-77aa-4f6b-8d0e-fedcba987654'
export const USER = '8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31'
export const HOST = `oidc.circleci.com/org/${ORG}`
export const V1 = `org/${ORG}/project/${PROJECT}/user/${USER}`
export const SUB = `${V1}/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main`
export const PROVIDER = `arn:aws:iam::111111111111:oidc-provider/${HOST}`

/** The claims of the job: the branch main of github.com/acme/website. */
export const CLAIMS: Claims = {
  iss: `https://${HOST}`,
  aud: ORG,
  sub: SUB,
  iat: 1_780_000_000,
  exp: 1_780_003_600,
  'oidc.circleci.com/project-id': PROJECT,
  'oidc.circleci.com/org-id': ORG,
  'oidc.circleci.com/vcs-ref': 'refs/heads/main',
  'oidc.circleci.com/vcs-origin': 'github.com/acme/website',
  'oidc.circleci.com/context-ids': [],
  'oidc.circleci.com/ssh-rerun': false,
}

/** Statements are evaluated at this time. */
export const NOW = new Date('2026-06-01T12:00:00Z')

type More = Readonly<Record<string, unknown>>

export function statement(condition: More | undefined, more: More = {}): More {
  return {
    Effect: 'Allow',
    Principal: { Federated: PROVIDER },
    Action: 'sts:AssumeRoleWithWebIdentity',
    ...(condition === undefined ? {} : { Condition: condition }),
    ...more,
  }
}

export const policyOf = (...statements: readonly unknown[]) => ({
  Version: '2012-10-17',
  Statement: statements,
})

type Row = readonly [name: string, verdict: Verdict, policy: unknown, claims?: Claims]

/** Cases of one page, each with a whole policy. */
export function policies(page: keyof typeof PAGES, rows: readonly Row[]): VerdictCase[] {
  return rows.map(([name, verdict, policy, claims = {}]) => ({
    name,
    verdict,
    policy,
    claims,
    page,
  }))
}

/** The same, where only the `Condition` of the one statement differs. */
export function conditions(page: keyof typeof PAGES, rows: readonly Row[]): VerdictCase[] {
  return policies(
    page,
    rows.map(([name, verdict, condition, claims = {}]) => [
      name,
      verdict,
      policyOf(statement(condition as More)),
      claims,
    ]),
  )
}

/** The same, with one operator for `sub`. */
export function subjects(
  page: keyof typeof PAGES,
  operator: string,
  rows: readonly (readonly [name: string, verdict: Verdict, value: unknown])[],
): VerdictCase[] {
  return conditions(
    page,
    rows.map(([name, verdict, value]) => [
      `${operator}: ${name}`,
      verdict,
      { [operator]: { [`${HOST}:sub`]: value } },
    ]),
  )
}
