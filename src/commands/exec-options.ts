import { TOKEN_OPTIONS } from '../token/token-options.ts'

/** The options of `exec`, apart from its code. */
export const EXEC_OPTIONS = [
  'role-arn',
  'region',
  'duration-seconds',
  'role-session-name',
  'policy',
  'policy-arns',
  'allowed-account-ids',
  ...TOKEN_OPTIONS,
  'sts-endpoint',
  'timeout-seconds',
  'max-attempts',
  'debug',
] as const
