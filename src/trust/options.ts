/** The options of `trust generate`, `trust check` and `trust thumbprint`, part of `OPTIONS`. */
export const TRUST_OPTIONS = {
  'org-id': { kind: 'text', description: 'CircleCI: organization id' },
  'project-id': {
    kind: 'list',
    description: 'CircleCI: project ids, separated by commas',
  },
  branch: {
    kind: 'list',
    description: 'CircleCI: branches, or refs such as refs/tags/v1; "/*" at the end is a wildcard',
  },
  'vcs-origin': {
    kind: 'list',
    description: 'CircleCI: repository of the branches, github.com/OWNER/NAME, or one per project',
  },
  'user-id': { kind: 'text', description: 'CircleCI: user who started the job' },
  'any-project': {
    kind: 'flag',
    description: 'Trust every project: of the organization, GROUP/*, OWNER/*, or the issuer',
  },
  'gitlab-url': { kind: 'text', description: 'GitLab: URL (default: https://gitlab.com)' },
  'project-path': {
    kind: 'list',
    description: 'GitLab: GROUP/PROJECT, separated by commas',
  },
  'ref-type': {
    kind: 'choice',
    choices: ['branch', 'tag'],
    description: 'GitLab: kind of --ref (default: branch)',
  },
  ref: {
    kind: 'list',
    description: 'GitLab, GitHub: branches or tags; "/*" at the end is a wildcard',
  },
  repository: {
    kind: 'list',
    description: 'GitHub: OWNER/NAME, or OWNER@ID/NAME@ID, separated by commas',
  },
  environment: { kind: 'text', description: 'GitHub: deployment environment' },
  issuer: { kind: 'text', description: 'URL of the issuer, exactly as in the iss of its tokens' },
  subject: {
    kind: 'text',
    description: 'Any issuer: sub of the tokens, * and ? are wildcards',
  },
  'from-token': { kind: 'flag', description: 'Take the coordinates from a token' },
  'trusts-role': {
    kind: 'text',
    description: 'ARN of the role that assumes this one (role chaining), instead of tokens',
  },
  'external-id': { kind: 'text', description: 'External id that the other role must give' },
  'account-id': { kind: 'text', description: 'Account of the role, 12 digits' },
  'role-name': {
    kind: 'list',
    description: 'Name of the role (default: CI-oidc), or one per project for a role each',
  },
  'roles-file': {
    kind: 'text',
    description: 'File with the accounts and roles of a whole organization',
  },
  'permission-policy': {
    kind: 'text',
    description: 'JSON file with what the role may do; becomes a policy inside the role',
  },
  'permissions-boundary': {
    kind: 'text',
    description: 'ARN of the policy that limits what the role may ever do',
  },
  thumbprints: {
    kind: 'list',
    description: "Thumbprints of the issuer's private CA: up to 5, separated by commas",
  },
  tags: {
    kind: 'list',
    separator: ',',
    description: 'Tags of role and provider: KEY=VALUE, separated by commas',
  },
  'max-session-duration': {
    kind: 'integer',
    minimum: 3600,
    maximum: 43200,
    description: 'Longest session of the role in seconds, 3600 to 43200',
  },
  partition: {
    kind: 'text',
    description: 'Partition, such as aws-us-gov or aws-cn',
    default: 'aws',
  },
  for: {
    kind: 'choice',
    choices: [
      'trust-policy',
      'aws-cli',
      'terraform',
      'cloudformation',
      'stack-set',
      'profiles',
      'world',
    ],
    description: 'What to generate',
    default: 'trust-policy',
  },
  'out-dir': { kind: 'text', description: 'Directory to write to, instead of stdout' },
  force: { kind: 'flag', description: 'Overwrite files in --out-dir' },
  claims: { kind: 'text', description: 'JSON file with the claims of a token, instead of a token' },
  'provider-client-ids': {
    kind: 'list',
    description: "The provider's client ids, separated by commas",
  },
  input: {
    kind: 'list',
    separator: ',',
    description:
      'Files with what aws iam list-roles and the like print, separated by commas; - is stdin',
  },
  allow: {
    kind: 'text',
    description: 'File with the findings that are meant to be, and the organizations that are ours',
  },
  sarif: { kind: 'text', description: 'File for the findings in SARIF 2.1.0, for code scanning' },
  'fail-on': {
    kind: 'choice',
    choices: ['critical', 'high', 'medium', 'low', 'never'],
    description: 'Least severity of a finding that ends with exit code 4',
    default: 'high',
  },
} as const
