import yargs from 'yargs'
import { COMMANDS, type Command } from '../command-table.ts'
import { OidcError } from '../errors.ts'
import type { Flags } from '../option-values.ts'
import { OPTIONS, type OptionName, type OptionSpec } from '../options.ts'
import { nearest } from '../text.ts'

/** What yargs makes of a command line that the quick way did not take: flags, or the wish for help or the version. */
export function readFlagsStrictly(command: Command, args: readonly string[]): Flags {
  // Without yargs' own commands for help and version: those render help on every run.
  const parser = yargs()
    .help(false)
    .version(false)
    .exitProcess(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .option('help', { alias: 'h', type: 'boolean' })
    .option('version', { alias: 'V', type: 'boolean' })
    .fail((message, error) => {
      throw usageError(message || error.message, command, args)
    })
  for (const name of command.options) {
    const { kind }: OptionSpec = OPTIONS[name]
    parser.option(name, {
      type: kind === 'flag' ? 'boolean' : 'string',
      requiresArg: kind !== 'flag',
    })
  }
  return parser.strict().parseSync(args)
}

function usageError(message: string, command: Command, args: readonly string[]): OidcError {
  const name = Object.entries<Command>(COMMANDS).find(([, one]) => one === command)?.[0]
  const program = command.takesProgram ? ', and put the command to run after "--"' : ''
  return new OidcError('invalid-usage', {
    ...problem(message, command, args),
    next: `Run circleci-aws-oidc ${name} --help for the options${program}.`,
  })
}

/** What is wrong, in our words, and what was probably meant. */
function problem(message: string, command: Command, args: readonly string[]) {
  const [, lacking] = message.split('Not enough arguments following: ')
  if (lacking !== undefined) return { what: `--${lacking} has no value.` }
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1]
  if (unknown === undefined) return { what: message.replaceAll('\n', ' ').replace(/\.?$/, '.') }
  // yargs takes -profile for letters, each an option.
  const option =
    args.find((arg) => new RegExp(`^--?${escaped(unknown)}(=|$)`, 's').test(arg)) ??
    args.find((arg) => arg.startsWith(`-${unknown}`))
  if (option === undefined) return strayWord(unknown, command)
  const [, dashes = '', given = ''] = /^(--?)([^=]*)/.exec(option) ?? []
  const meant = optionsMeant(given, command.options)
  const takes = ({ options }: Command) => options.some((one) => one === given)
  const owners = takes(command)
    ? []
    : Object.entries<Command>(COMMANDS).flatMap(([name, one]) => (takes(one) ? [name] : []))
  return {
    what: `There is no option ${dashes}${given}.`,
    ...(owners.length > 0 ? { why: `It is an option of ${listed(owners, 'and')}.` } : {}),
    ...(owners.length === 0 && meant.length > 0
      ? {
          likely: `${listed(
            meant.map((one) => `--${one}`),
            'or',
          )} was meant.`,
        }
      : {}),
  }
}

function strayWord(word: string, { options, takesProgram }: Command) {
  const isArn = word.startsWith('arn:') && options.includes('role-arn')
  return {
    what: `Unexpected argument "${word}": only options are taken here.`,
    ...(isArn ? { likely: `--role-arn ${word} was meant.` } : {}),
    ...(takesProgram && !isArn ? { likely: 'It is part of the command to run.' } : {}),
  }
}

/** The options whose names have these words in them, else the one that is spelt almost like it. */
function optionsMeant(given: string, options: readonly OptionName[]): readonly string[] {
  const name = given.replaceAll('_', '-').toLowerCase()
  const within = options.filter((one) => `-${one}-`.includes(`-${name}-`))
  const near = nearest(name, options)
  return within.length > 0 ? within : near === undefined ? [] : [near]
}

function listed(words: readonly string[], last: 'and' | 'or'): string {
  const [end = '', ...rest] = words.toReversed()
  return rest.length === 0 ? end : `${rest.reverse().join(', ')} ${last} ${end}`
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
