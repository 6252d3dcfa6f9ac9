import type { OptionValues } from '../options.ts'

/** The options that say where the token comes from. */
export const TOKEN_OPTIONS = [
  'token-source',
  'token-env',
  'token-file',
  'token-version',
  'audience',
] as const

export type TokenOptions = OptionValues<(typeof TOKEN_OPTIONS)[number]>
