import parse from 'yargs-parser'
import { OidcError } from './errors.ts'
import type { Flags } from './option-values.ts'
import { OPTIONS, type OptionName, type OptionSpec } from './options.ts'

/** How yargs reads a command line, whether by its parser alone or as a whole. */
export const PARSER_CONFIGURATION = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
} as const

/**
 * The flags, by the parser alone: yargs as a whole takes a good part of a run's time to load. Undefined
 * where it has something to say: help is wanted, or the command line is not in order.
 */
export function readFlags(
  names: readonly OptionName[],
  args: readonly string[],
): Flags | undefined {
  const specs = names.map((name): [OptionName, OptionSpec] => [name, OPTIONS[name]])
  const texts = specs.filter(([, { kind }]) => kind !== 'flag').map(([name]) => name)
  for (const name of names) if (!texts.includes(name)) refuseValue(name, args)
  const { argv, error } = parse.detailed([...args], {
    string: texts,
    boolean: names.filter((name) => !texts.includes(name)),
    narg: Object.fromEntries(texts.map((name) => [name, 1])),
    configuration: { ...PARSER_CONFIGURATION },
  })
  const { _: positional, ...flags } = argv
  const known = Object.keys(flags).every((name) => names.some((own) => own === name))
  return error || !known || positional.length > 0 ? undefined : flags
}

/** `--debug=1` would be read as no. */
function refuseValue(name: OptionName, args: readonly string[]): void {
  if (!args.some((arg) => arg.startsWith(`--${name}=`))) return
  throw new OidcError('invalid-usage', {
    what: `--${name} takes no value.`,
    next: `Give --${name} alone, or leave it out.`,
  })
}
