import { TOKEN_OPTIONS } from '../token/token-options.ts'

/** The options of `token`, apart from its code. */
export const TOKEN_COMMAND_OPTIONS = [
  ...TOKEN_OPTIONS,
  'write',
  'timeout-seconds',
  'format',
  'debug',
] as const
