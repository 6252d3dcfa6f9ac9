import { TOKEN_OPTIONS } from '../token/web-identity-token.ts'

/** The commands of `trust`, part of `COMMANDS`. */
export const TRUST_COMMANDS = {
  'trust generate': {
    summary: 'Generate the identity provider, role and trust policy for AWS',
    usage: 'trust generate (--from-token | --org-id ID | …) [options]',
    options: [
      'roles-file',
      'org-id',
      'project-id',
      'branch',
      'vcs-origin',
      'user-id',
      'gitlab-url',
      'project-path',
      'ref-type',
      'ref',
      'repository',
      'environment',
      'issuer',
      'subject',
      'any-project',
      'from-token',
      ...TOKEN_OPTIONS,
      'trusts-role',
      'external-id',
      'account-id',
      'partition',
      'role-name',
      'policy-arns',
      'permission-policy',
      'permissions-boundary',
      'thumbprints',
      'tags',
      'max-session-duration',
      'for',
      'out-dir',
      'force',
      'timeout-seconds',
      'debug',
    ],
    descriptions: {
      audience: "Audience of the tokens (default: the CI's own)",
      'policy-arns': 'Managed policies of the role: ARNs, separated by commas',
    },
    groups: { 'policy-arns': 'aws', audience: 'trusted' },
    examples: {
      "From the job's token, as a script":
        'trust generate --from-token --account-id 123456789012 --for aws-cli',
      'One branch of a CircleCI project, as Terraform':
        'trust generate --org-id ORG --project-id PROJECT --branch main --vcs-origin github.com/acme/website --account-id 123456789012 --for terraform',
    },
  },
  'trust check': {
    summary: 'Check whether a trust policy allows a token, and find its mistakes',
    usage: 'trust check --policy FILE [options]',
    options: [
      'policy',
      'role-arn',
      'claims',
      'provider-client-ids',
      ...TOKEN_OPTIONS,
      'timeout-seconds',
      'format',
      'debug',
    ],
    descriptions: {
      policy: 'File with the trust policy, or - for stdin',
      'role-arn':
        'ARN of the role, or a variable that holds it; the provider must be in its account',
    },
    groups: { policy: 'check', 'role-arn': 'check' },
    examples: {
      "For the job's token": 'trust check --policy trust-policy.json',
      'For claims in a file': 'trust check --policy trust-policy.json --claims claims.json',
    },
  },
  'trust audit': {
    summary:
      'List which organizations, projects and branches can assume the roles of your accounts',
    usage: 'trust audit --input FILE[,FILE…] [options]',
    options: ['input', 'allow', 'fail-on', 'sarif', 'timeout-seconds', 'format', 'debug'],
    examples: {
      'A report': 'trust audit --input roles.json,providers.json',
      'For code scanning, without ever failing':
        'trust audit --input roles.json --sarif trust.sarif --fail-on never',
    },
  },
  'trust thumbprint': {
    summary: "Find the thumbprint of an issuer's certificate authority",
    usage: 'trust thumbprint --issuer URL [options]',
    options: ['issuer', 'timeout-seconds', 'format', 'debug'],
    groups: { issuer: 'check' },
    examples: {
      'An issuer': 'trust thumbprint --issuer https://jenkins.example.com/oidc',
      'For a program': 'trust thumbprint --issuer https://jenkins.example.com/oidc --format json',
    },
  },
} as const
