/** The options of `whoami`, apart from its code, which drags in the AWS SDK. */
export const WHOAMI_OPTIONS = [
  'profile',
  'region',
  'sts-endpoint',
  'timeout-seconds',
  'max-attempts',
  'format',
  'debug',
] as const
