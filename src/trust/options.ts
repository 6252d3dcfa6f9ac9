/** The options of `trust generate`, `trust check` and `trust thumbprint`, part of `OPTIONS`. */
export const TRUST_OPTIONS = {
  'org-id': { kind: 'text', group: 'trusted', description: 'CircleCI: id of the organization' },
  'project-id': {
    kind: 'list',
    group: 'trusted',
    description: 'CircleCI: ids of projects, separated by commas',
  },
  branch: {
    kind: 'list',
    group: 'trusted',
    description: 'CircleCI: branches, or refs such as refs/tags/v1; a final "/*" is a wildcard',
  },
  'vcs-origin': {
    kind: 'list',
    group: 'trusted',
    description:
      'CircleCI: repository that has the branches, github.com/OWNER/NAME, or one for each project',
  },
  'user-id': { kind: 'text', group: 'trusted', description: 'CircleCI: user who started the job' },
  'any-project': {
    kind: 'flag',
    group: 'trusted',
    description: 'Trust every project of the organization, GROUP/*, OWNER/* or the issuer',
  },
  'gitlab-url': {
    kind: 'text',
    group: 'trusted',
    description: 'GitLab: URL (default: https://gitlab.com)',
  },
  'project-path': {
    kind: 'list',
    group: 'trusted',
    description: 'GitLab: GROUP/PROJECT, separated by commas',
  },
  'ref-type': {
    kind: 'choice',
    group: 'trusted',
    choices: ['branch', 'tag'],
    description: 'GitLab: kind of --ref (default: branch)',
  },
  ref: {
    kind: 'list',
    group: 'trusted',
    description: 'GitLab, GitHub: branches or tags; a final "/*" is a wildcard',
  },
  repository: {
    kind: 'list',
    group: 'trusted',
    description: 'GitHub: OWNER/NAME or OWNER@ID/NAME@ID, separated by commas',
  },
  environment: { kind: 'text', group: 'trusted', description: 'GitHub: deployment environment' },
  issuer: {
    kind: 'text',
    group: 'trusted',
    description: 'URL of the issuer, exactly as in the iss claim of its tokens',
  },
  subject: {
    kind: 'text',
    group: 'trusted',
    description: 'Any issuer: sub claim of the tokens; * and ? are wildcards',
  },
  'from-token': {
    kind: 'flag',
    group: 'trusted',
    description: 'Trust tokens like the current one: take the values from it',
  },
  'trusts-role': {
    kind: 'text',
    group: 'trusted',
    description: 'Trust a role instead of tokens (role chaining): its ARN',
  },
  'external-id': {
    kind: 'text',
    group: 'trusted',
    description: 'External id that the other role must present',
  },
  'account-id': {
    kind: 'text',
    group: 'aws',
    description: 'Id of the account that has the role, 12 digits',
  },
  'role-name': {
    kind: 'list',
    group: 'aws',
    description: 'Name of the role (default: CI-oidc), or one name for each project',
  },
  'roles-file': {
    kind: 'text',
    group: 'trusted',
    takes: 'file',
    description: 'File with the accounts and roles of an organization',
  },
  'permission-policy': {
    kind: 'text',
    group: 'aws',
    takes: 'file',
    description: 'JSON file with an inline policy: what the role can do',
  },
  'permissions-boundary': {
    kind: 'text',
    group: 'aws',
    description: 'ARN of a policy that limits what the role can ever do',
  },
  thumbprints: {
    kind: 'list',
    group: 'aws',
    description: "Thumbprints of the issuer's private CA: up to 5, separated by commas",
  },
  tags: {
    kind: 'list',
    group: 'aws',
    separator: ',',
    description: 'Tags for role and provider: KEY=VALUE, separated by commas',
  },
  'max-session-duration': {
    kind: 'integer',
    group: 'aws',
    minimum: 3600,
    maximum: 43200,
    description: 'Maximum session duration of the role in seconds, 3600 to 43200',
  },
  partition: {
    kind: 'text',
    group: 'aws',
    description: 'Partition, such as aws-us-gov or aws-cn',
    default: 'aws',
  },
  for: {
    kind: 'choice',
    group: 'generated',
    choices: [
      'trust-policy',
      'aws-cli',
      'terraform',
      'cloudformation',
      'stack-set',
      'profiles',
      'world',
    ],
    description: 'Format to generate',
    default: 'trust-policy',
  },
  'out-dir': {
    kind: 'text',
    group: 'generated',
    takes: 'directory',
    description: 'Directory to write files to, instead of stdout',
  },
  force: { kind: 'flag', group: 'generated', description: 'Overwrite files in --out-dir' },
  claims: {
    kind: 'text',
    group: 'check',
    takes: 'file',
    description: 'JSON file with claims, instead of a token',
  },
  'provider-client-ids': {
    kind: 'list',
    group: 'check',
    description: 'Client ids (audiences) of the provider, separated by commas',
  },
  input: {
    kind: 'list',
    group: 'check',
    takes: 'file',
    separator: ',',
    description:
      'Files with the output of aws iam list-roles and the like, separated by commas; - is stdin',
  },
  allow: {
    kind: 'text',
    group: 'check',
    takes: 'file',
    description: 'File with accepted findings and your own organizations',
  },
  sarif: {
    kind: 'text',
    group: 'output',
    takes: 'file',
    description: 'File to write the findings to, in SARIF 2.1.0 for code scanning',
  },
  'fail-on': {
    kind: 'choice',
    group: 'check',
    choices: ['critical', 'high', 'medium', 'low', 'never'],
    description: 'Lowest severity that ends with exit code 4',
    default: 'high',
  },
} as const
