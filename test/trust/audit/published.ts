import type { AccessReach } from '../../../src/trust/audit/access.ts'
import type { AuditFindingKind } from '../../../src/trust/audit/findings.ts'

/** Set-ups that others have written about, with what their pages say of them. */
export interface Published {
  readonly name: string
  /** The page that describes it. */
  readonly source: string
  readonly issuer: string
  readonly condition: object
  readonly reach: AccessReach
  readonly kinds: readonly AuditFindingKind[]
  /** Of the statement, where it is not the usual one. */
  readonly change?: object
  /** A second statement. */
  readonly also?: object
}

const DATADOG =
  'https://securitylabs.datadoghq.com/articles/exploring-github-to-aws-keyless-authentication-flaws/'
const ATLAS =
  'https://securitylabs.datadoghq.com/cloud-security-atlas/vulnerabilities/iam-role-can-be-assumed-by-any-github-action/'
const TINDER =
  'https://medium.com/tinder/identifying-vulnerabilities-in-github-actions-aws-oidc-configurations-8067c400d5b8'
const UNIT42 = 'https://unit42.paloaltonetworks.com/oidc-misconfigurations-in-ci-cd'
const HARDENING = 'https://www.systemshardening.com/articles/cicd/oidc-federation-hardening/'
const BRIEFING = 'https://cloudupload.tech/blog/hardening-github-actions-oidc'
const CHECK_007 = 'https://haitmg.pl/checks/aws-iam-007'
const TRACKR = 'https://www.trackr.live/2026/06/17/github-aws-oidc-sub-condition-config-audit/'
const RUNNERS =
  'https://docs.datadoghq.com/security/default_rules/aws-iam-role-iam-roles-should-not-allow-untrusted-gitlab-runners-to-assume-them'
const TERRAFORM_CLOUD =
  'https://developer.hashicorp.com/terraform/enterprise/v202401-2/workspaces/dynamic-provider-credentials/aws-configuration'
const AWS_SHARED =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html'
const AWS_ROLES =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html'
const AWS_OPERATORS =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html'
const AWS_MULTIVALUED =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html'
const AWS_PRINCIPAL =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html'
const CIRCLECI = 'https://circleci.com/docs/openid-connect-tokens/'
const GITHUB = 'https://docs.github.com/actions/reference/security/oidc'
const GITLAB = 'https://docs.gitlab.com/ci/cloud_services/aws/'
const BUILDKITE = 'https://buildkite.com/docs/pipelines/security/oidc/aws'

export const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
const PROJECT = '3c2d5e10-77aa-4f6b-8d0e-fedcba987654'
const OTHER = '71c9e5a8-3b40-4d26-a1f7-c8e2d6b40953'
const gh = 'token.actions.githubusercontent.com'
const gl = 'gitlab.com'
const cc = `oidc.circleci.com/org/${ORG}`
const tfc = 'app.terraform.io'
const bk = 'agent.buildkite.com'
const USER = '????????-????-????-????-????????????'
const main = `org/${ORG}/project/${PROJECT}/user/${USER}/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/main`

const sts = { [`${gh}:aud`]: 'sts.amazonaws.com' }
const ofGithub = (sub: object) => ({ StringEquals: sts, ...sub })
const like = (issuer: string, value: string | string[]) => ({
  StringLike: { [`${issuer}:sub`]: value },
})
const ofCircleci = (value: string | string[]) => ({
  StringEquals: { [`${cc}:aud`]: ORG },
  ...like(cc, value),
})

export const PUBLISHED: readonly Published[] = [
  // GitHub
  {
    name: 'audience and no subject',
    source: DATADOG,
    issuer: gh,
    condition: { StringEquals: sts },
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'no condition at all',
    source: TINDER,
    issuer: gh,
    condition: {},
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'the recommended one: a repository, any branch',
    source: ATLAS,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:octo-org/octo-repo:*')),
    reach: 'project',
    kinds: ['any-branch'],
  },
  {
    name: 'subject "*"',
    source: DATADOG,
    issuer: gh,
    condition: ofGithub(like(gh, '*')),
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'subject "repo:*"',
    source: TINDER,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:*')),
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'an owner without the slash: a prefix that anyone can register',
    source: DATADOG,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:acme*')),
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'a repository name under any owner',
    source: TINDER,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:*/infrastructure:*')),
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'any owner, but the main branch',
    source: TRACKR,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:*:ref:refs/heads/main')),
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'the whole organization',
    source: HARDENING,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:acme/*')),
    reach: 'organization',
    kinds: ['open-to-organization'],
  },
  {
    name: 'a prefix of repositories of the organization',
    source: HARDENING,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:acme/app-*')),
    reach: 'organization',
    kinds: ['open-to-organization'],
  },
  {
    name: 'StringLike without a wildcard: main of one repository',
    source: BRIEFING,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:acme-org/payments-api:ref:refs/heads/main')),
    reach: 'branch',
    kinds: [],
  },
  {
    name: 'StringEquals on an environment',
    source: BRIEFING,
    issuer: gh,
    condition: {
      StringEquals: { ...sts, [`${gh}:sub`]: 'repo:acme-org/payments-api:environment:production' },
    },
    reach: 'branch',
    kinds: [],
  },
  {
    name: 'a wildcard with StringEquals lets nobody in',
    source: AWS_OPERATORS,
    issuer: gh,
    condition: { StringEquals: { ...sts, [`${gh}:sub`]: 'repo:acme/site:*' } },
    reach: 'nobody',
    kinds: ['equals-with-wildcard'],
  },
  {
    name: 'a subject and no audience',
    source: AWS_ROLES,
    issuer: gh,
    condition: { StringEquals: { [`${gh}:sub`]: 'repo:acme/site:ref:refs/heads/main' } },
    reach: 'branch',
    kinds: ['no-audience'],
  },
  {
    name: 'ForAllValues: a subject that is absent would do, and none is',
    source: AWS_MULTIVALUED,
    issuer: gh,
    condition: {
      StringEquals: sts,
      'ForAllValues:StringLike': { [`${gh}:sub`]: 'repo:acme/site:*' },
    },
    reach: 'project',
    kinds: ['any-branch', 'passes-when-absent'],
  },
  {
    name: 'IfExists on the subject',
    source: AWS_OPERATORS,
    issuer: gh,
    condition: {
      StringEquals: sts,
      StringLikeIfExists: { [`${gh}:sub`]: 'repo:acme/site:ref:refs/heads/*' },
    },
    reach: 'project',
    kinds: ['any-branch', 'passes-when-absent'],
  },
  {
    name: 'everyone but one',
    source: AWS_OPERATORS,
    issuer: gh,
    condition: { StringEquals: sts, StringNotLike: { [`${gh}:sub`]: 'repo:evil/*' } },
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'a Deny for all others makes an open statement narrow',
    source: AWS_OPERATORS,
    issuer: gh,
    condition: ofGithub(like(gh, '*')),
    also: {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sts:*',
      Condition: { StringNotLike: { [`${gh}:sub`]: 'repo:acme/site:*' } },
    },
    reach: 'project',
    kinds: ['any-branch'],
  },
  {
    name: 'a second statement undoes the first',
    source: TINDER,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:acme/site:ref:refs/heads/main')),
    also: {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${gh}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: sts },
    },
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'claims of GitHub that IAM does not see',
    source: AWS_ROLES,
    issuer: gh,
    condition: { StringEquals: { ...sts, [`${gh}:repository_visibility`]: 'private' } },
    reach: 'nobody',
    kinds: ['key-not-seen'],
  },
  {
    name: 'the id of the owner instead of a subject',
    source: GITHUB,
    issuer: gh,
    condition: { StringEquals: { ...sts, [`${gh}:repository_owner_id`]: '123456' } },
    reach: 'organization',
    kinds: ['open-to-organization'],
  },
  {
    name: 'the id of the repository instead of a subject',
    source: GITHUB,
    issuer: gh,
    condition: { StringEquals: { ...sts, [`${gh}:repository_id`]: '123456' } },
    reach: 'project',
    kinds: ['any-branch'],
  },
  {
    name: 'the repository with immutable ids',
    source: GITHUB,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:acme@1/site@2:ref:refs/heads/main')),
    reach: 'branch',
    kinds: [],
  },
  {
    name: 'the scheme within the key',
    source: AWS_ROLES,
    issuer: gh,
    condition: {
      StringEquals: {
        [`https://${gh}:aud`]: 'sts.amazonaws.com',
        [`https://${gh}:sub`]: 'repo:acme/site:ref:refs/heads/main',
      },
    },
    reach: 'nobody',
    kinds: ['scheme-in-key', 'scheme-in-key'],
  },
  {
    name: 'a principal that is everyone',
    source: AWS_PRINCIPAL,
    issuer: gh,
    condition: { StringEquals: sts },
    change: { Principal: { AWS: '*' } },
    reach: 'everyone',
    kinds: ['open-to-everyone', 'anyone-principal'],
  },
  {
    name: 'an action with a wildcard',
    source: AWS_ROLES,
    issuer: gh,
    condition: ofGithub(like(gh, 'repo:acme/site:ref:refs/heads/main')),
    change: { Action: 'sts:*' },
    reach: 'branch',
    kinds: ['broad-action'],
  },
  // GitLab
  {
    name: 'gitlab.com without a subject',
    source: RUNNERS,
    issuer: gl,
    condition: { StringEquals: { 'gitlab.com:aud': 'https://gitlab.com' } },
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'a whole group',
    source: GITLAB,
    issuer: gl,
    condition: {
      StringEquals: { 'gitlab.com:aud': 'https://gitlab.com' },
      ...like(gl, 'project_path:mygroup/*:ref_type:branch:ref:main'),
    },
    reach: 'organization',
    kinds: ['open-to-organization'],
  },
  {
    name: 'one branch of one project',
    source: GITLAB,
    issuer: gl,
    condition: {
      StringEquals: {
        'gitlab.com:aud': 'https://gitlab.com',
        'gitlab.com:sub': 'project_path:mygroup/myproject:ref_type:branch:ref:main',
      },
    },
    reach: 'branch',
    kinds: [],
  },
  {
    name: 'another issuer in the key than in the principal',
    source: RUNNERS,
    issuer: gl,
    condition: {
      StringEquals: {
        'gitlab.example.com:sub': 'project_path:mygroup/myproject:ref_type:branch:ref:main',
      },
    },
    reach: 'nobody',
    kinds: ['issuer-mismatch', 'no-audience'],
  },
  {
    name: 'every path',
    source: UNIT42,
    issuer: gl,
    condition: {
      StringEquals: { 'gitlab.com:aud': 'https://gitlab.com' },
      ...like(gl, 'project_path:*'),
    },
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  // Terraform Cloud, Buildkite
  {
    name: 'one workspace',
    source: TERRAFORM_CLOUD,
    issuer: tfc,
    condition: {
      StringEquals: { [`${tfc}:aud`]: 'aws.workload.identity' },
      ...like(tfc, 'organization:my-org:project:my-project:workspace:my-workspace:run_phase:*'),
    },
    reach: 'branch',
    kinds: [],
  },
  {
    name: 'an organization of Terraform Cloud',
    source: TERRAFORM_CLOUD,
    issuer: tfc,
    condition: {
      StringEquals: { [`${tfc}:aud`]: 'aws.workload.identity' },
      ...like(tfc, 'organization:my-org:*'),
    },
    reach: 'organization',
    kinds: ['open-to-organization'],
  },
  {
    name: 'Terraform Cloud without a subject',
    source: AWS_SHARED,
    issuer: tfc,
    condition: { StringEquals: { [`${tfc}:aud`]: 'aws.workload.identity' } },
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  {
    name: 'one pipeline of Buildkite',
    source: BUILDKITE,
    issuer: bk,
    condition: {
      StringEquals: { [`${bk}:aud`]: 'sts.amazonaws.com' },
      ...like(bk, 'organization:acme:pipeline:site:*'),
    },
    reach: 'project',
    kinds: ['any-branch'],
  },
  {
    name: 'Buildkite without a subject',
    source: AWS_SHARED,
    issuer: bk,
    condition: { StringEquals: { [`${bk}:aud`]: 'sts.amazonaws.com' } },
    reach: 'everyone',
    kinds: ['open-to-everyone'],
  },
  // CircleCI: the issuer is the organization
  {
    name: 'a CircleCI organization without a subject',
    source: CHECK_007,
    issuer: cc,
    condition: { StringEquals: { [`${cc}:aud`]: ORG } },
    reach: 'organization',
    kinds: ['open-to-organization'],
  },
  {
    name: 'every project of a CircleCI organization',
    source: CIRCLECI,
    issuer: cc,
    condition: ofCircleci(`org/${ORG}/project/*`),
    reach: 'organization',
    kinds: ['open-to-organization'],
  },
  {
    name: 'one project, any user',
    source: CIRCLECI,
    issuer: cc,
    condition: ofCircleci(`org/${ORG}/project/${PROJECT}/user/*`),
    reach: 'project',
    kinds: ['any-branch'],
  },
  {
    name: 'one branch of one project',
    source: CIRCLECI,
    issuer: cc,
    condition: ofCircleci(main),
    reach: 'branch',
    kinds: [],
  },
  {
    name: 'a wildcard before the branch, which a branch name can fill',
    source: UNIT42,
    issuer: cc,
    condition: ofCircleci(
      `org/${ORG}/project/${PROJECT}/user/*/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/main`,
    ),
    reach: 'branch',
    kinds: ['wildcard-before-branch'],
  },
  {
    name: 'V1 and V2: the branch limit is void',
    source: CIRCLECI,
    issuer: cc,
    condition: ofCircleci([main, `org/${ORG}/project/${PROJECT}/user/*`]),
    reach: 'project',
    kinds: ['versions-mixed', 'any-branch'],
  },
  {
    name: 'the subject of another organization than the issuer',
    source: CIRCLECI,
    issuer: cc,
    condition: ofCircleci(`org/${OTHER}/project/${PROJECT}/user/*`),
    reach: 'project',
    kinds: ['other-organization', 'any-branch'],
  },
]
