import { TOKEN_OPTIONS } from '../token/token-options.ts'

/** The options of `assume-role`, apart from its code, which drags in the AWS SDK. */
export const ASSUME_ROLE_OPTIONS = [
  'role-arn',
  'profile',
  'profiles-file',
  'region',
  'output',
  'duration-seconds',
  'role-session-name',
  'policy',
  'policy-arns',
  'allowed-account-ids',
  'credentials',
  'export',
  'export-file',
  ...TOKEN_OPTIONS,
  'sts-endpoint',
  'timeout-seconds',
  'max-attempts',
  'format',
  'debug',
] as const
