import { TOKEN_OPTIONS } from '../token/token-options.ts'

/** The options of the trust commands, apart from their code. */
export const TRUST_GENERATE_OPTIONS = [
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
  'thumbprints',
  'tags',
  'max-session-duration',
  'for',
  'out-dir',
  'force',
  'timeout-seconds',
  'debug',
] as const

export const TRUST_CHECK_OPTIONS = [
  'policy',
  'claims',
  'provider-client-ids',
  ...TOKEN_OPTIONS,
  'timeout-seconds',
  'format',
  'debug',
] as const

export const TRUST_THUMBPRINT_OPTIONS = ['issuer', 'timeout-seconds', 'format', 'debug'] as const
