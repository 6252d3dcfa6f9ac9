export interface PolicyFinding {
  readonly kind: PolicyFindingKind
  /** Where in the document: `Statement[0].Condition.StringLike["…"]`. */
  readonly path: string
  /** What stands there, with the values. */
  readonly detail: string
  /** Where the kind's own is too general. */
  readonly fix?: string
}

export type PolicyFindingKind = keyof typeof POLICY_FINDINGS

interface PolicyFindingText {
  /** `broad`: allows more than meant · `broken`: allows nobody, or IAM refuses it · `fragile`: works, for now. */
  readonly severity: 'broad' | 'broken' | 'fragile'
  readonly title: string
  readonly fix: string
}

/** What can be wrong with a trust policy. `docs/findings/trust-policy.md` has one heading per kind. */
export const POLICY_FINDINGS = {
  'no-condition': {
    severity: 'broad',
    title: 'No condition: every token of the provider is allowed',
    fix: 'Add conditions on aud and sub.',
  },
  'no-audience': {
    severity: 'broad',
    title: 'No condition on the audience',
    fix: 'Add StringEquals on ISSUER:aud, so that a token made for another service does not work here.',
  },
  'no-subject': {
    severity: 'broad',
    title: 'No condition on the subject: every project is allowed',
    fix: 'Add a condition on ISSUER:sub, or on the project id where IAM knows it.',
  },
  'any-project': {
    severity: 'broad',
    title: 'More than one project is allowed',
    fix: 'Name the project, in the subject or by its id; use wildcards only after it.',
  },
  'unowned-subject': {
    severity: 'broad',
    title: 'Any GitHub repository can have this subject: it names no owner',
    fix: 'Let the subject name the repository or its owner (repo:OWNER/NAME:…, repository_owner:OWNER:…), or add a condition on repository_id or repository_owner_id.',
  },
  'anyone-principal': {
    severity: 'broad',
    title: 'The principal is everyone',
    fix: "Name the provider's ARN under Federated, or the role's ARN under AWS.",
  },
  'broad-action': {
    severity: 'broad',
    title: 'The action has a wildcard',
    fix: 'Name sts:AssumeRoleWithWebIdentity.',
  },
  'passes-when-absent': {
    severity: 'broad',
    title: 'The condition holds for a token that lacks the claim',
    fix: 'Use StringEquals or StringLike without IfExists, ForAllValues or Not.',
  },
  'wildcard-before-branch': {
    severity: 'broad',
    title: 'A wildcard before the branch can match part of another branch name',
    fix: 'Write the user as ????????-????-????-????-????????????, and the origin without a wildcard.',
  },
  'equals-with-wildcard': {
    severity: 'broken',
    title: 'StringEquals reads a wildcard as a plain character',
    fix: 'Use StringLike.',
  },
  'key-not-seen': {
    severity: 'broken',
    title: 'IAM never sees this key',
    fix: 'Use the claims that IAM sees for this issuer. To limit the branch in CircleCI, use the sub of V2 tokens.',
  },
  'scheme-in-key': {
    severity: 'broken',
    title: 'https:// is not part of a condition key or provider ARN',
    fix: 'Leave https:// out.',
  },
  'trailing-slash': {
    severity: 'broken',
    title: 'The issuer ends in a slash',
    fix: "Write the issuer as in the token's iss; few end in a slash.",
  },
  'issuer-with-port': {
    severity: 'broken',
    title: 'The issuer has a port, and IAM allows none in the URL of a provider',
    fix: 'Serve the issuer at port 443, so that the iss of its tokens has no port, and register that URL.',
  },
  'issuer-mismatch': {
    severity: 'broken',
    title: "The key belongs to a different issuer than the statement's provider",
    fix: 'Use the same issuer in Principal and in the condition keys.',
  },
  'wrong-case': {
    severity: 'broken',
    title: 'Upper and lower case differ from the token',
    fix: 'Write it as the token does; values are case-sensitive.',
  },
  'wrong-action': {
    severity: 'broken',
    title: 'A provider is trusted, but not for sts:AssumeRoleWithWebIdentity',
    fix: 'Use the action sts:AssumeRoleWithWebIdentity.',
  },
  'invalid-policy': {
    severity: 'broken',
    title: 'IAM does not accept this policy',
    fix: 'Correct it; until then the role keeps its earlier policy.',
  },
  'too-long': {
    severity: 'broken',
    title: 'The policy is longer than IAM allows by default',
    fix: 'Shorten it with wildcards, or ask AWS for a higher quota.',
  },
  'missing-control': {
    severity: 'broken',
    title: 'IAM accepts no new policy for this shared issuer without a condition on this key',
    fix: 'Add a condition on this key; only roles created before AWS required it can do without.',
  },
  'audience-not-registered': {
    severity: 'broken',
    title: "The token's audience is not among the provider's client ids",
    fix: "Add it to the provider's client ids, or mint a token with --audience.",
  },
  'v1-only-subject': {
    severity: 'fragile',
    title: 'Only subjects of V1 tokens match',
    fix: 'End the subject in /user/*, which matches V1 and V2 tokens.',
  },
  'v2-only-subject': {
    severity: 'fragile',
    title: 'Only subjects of V2 tokens match',
    fix: 'Use CIRCLE_OIDC_TOKEN_V2, the default; V1 tokens do not name the branch.',
  },
  'claim-of-aws': {
    severity: 'fragile',
    title: 'AWS may refuse the token because of a claim that is meant for AWS',
    fix: 'Check the claim where the token is made: roles must list the role, and each tag must have one value.',
  },
  'like-without-wildcard': {
    severity: 'fragile',
    title: 'StringLike without a wildcard matches one value only',
    fix: 'Use StringEquals if that is what you want; otherwise add the wildcard.',
  },
  'policy-variable': {
    severity: 'fragile',
    title: 'The value contains a policy variable',
    fix: 'Write ${$}{ for a literal ${.',
  },
} as const satisfies Record<string, PolicyFindingText>
