import { TOKEN_OPTIONS } from '../token/token-options.ts'

/** The options of `doctor`, apart from its code. */
export const DOCTOR_OPTIONS = [
  'role-arn',
  'profiles-file',
  'profile',
  'trust-policy',
  'region',
  ...TOKEN_OPTIONS,
  'sts-endpoint',
  'timeout-seconds',
  'format',
  'debug',
] as const
