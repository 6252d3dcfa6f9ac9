import yargs, { type Argv } from 'yargs'
import type { Command } from './command-table.ts'
import { OidcError } from './errors.ts'
import type { Flags } from './option-values.ts'
import { environmentName, OPTIONS, type OptionSpec } from './options.ts'
import { nearest } from './text.ts'

const PROGRAM = 'circleci-aws-oidc'

/** What yargs makes of a command line that the quick way did not take: flags, or the wish for help. */
export function readFlagsStrictly(command: Command, args: readonly string[]): Flags {
  const parser = baseParser()
    .option('help', { alias: 'h', type: 'boolean' })
    .fail((message, error) => {
      throw usageError(message || error.message, command)
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

/** The options stand there without their types, which yargs would print after each description. */
export function commandHelp(command: Command): Promise<string> {
  const parser = helpParser()
    .usage(`${PROGRAM} ${command.usage}\n\n${command.summary}.`)
    .example(`${PROGRAM} ${command.example}`, '')
    .epilogue(`Each option is also read from ${environmentName('role-arn')} and the like.`)
  for (const name of command.options) {
    const description = command.descriptions?.[name] ?? OPTIONS[name].description
    parser.option(name, { description: describe({ ...OPTIONS[name], description }) })
  }
  return parser.getHelp()
}

export function overviewHelp(commands: Readonly<Record<string, Command>>): Promise<string> {
  const parser = helpParser()
    .usage(`${PROGRAM} COMMAND [options]\n\nShort-lived AWS credentials for a CI job's OIDC token.`)
    .epilogue(`${PROGRAM} COMMAND --help tells more of a command; --version prints the version.`)
  for (const [name, { summary }] of Object.entries(commands)) parser.command(name, summary)
  return parser.getHelp()
}

// Without yargs' own commands: those render help on every run.
function baseParser(): Argv {
  return yargs().help(false).version(false).exitProcess(false).parserConfiguration({
    'boolean-negation': false,
    'camel-case-expansion': false,
    'dot-notation': false,
    'parse-numbers': false,
    'parse-positional-numbers': false,
  })
}

function helpParser(): Argv {
  return baseParser()
    .scriptName('')
    .wrap(110)
    .option('help', { alias: 'h', description: 'Show this help' })
}

function describe({ description, choices, default: value }: OptionSpec): string {
  const notes = [
    ...(choices && choices.length > 1 ? [choices.join(', ')] : []),
    ...(value !== undefined ? [`default ${value}`] : []),
  ]
  return notes.length > 0 ? `${description} [${notes.join('; ')}]` : description
}

function usageError(message: string, { usage, options, takesProgram }: Command): OidcError {
  const name = usage.split(/ [^a-z]/)[0]
  const unknown = /^Unknown arguments?: ([^,]+)$/.exec(message)?.[1]
  const meant = unknown === undefined ? undefined : nearest(unknown, options)
  const program = takesProgram ? `, and put the command to run after "--"` : ''
  return new OidcError('invalid-usage', {
    what: message.replaceAll('\n', ' ').replace(/\.?$/, '.'),
    ...(meant ? { likely: `--${meant} was meant.` } : {}),
    next: `Run ${PROGRAM} ${name} --help for the options${program}.`,
  })
}
