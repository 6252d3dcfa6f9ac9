import yargs from 'yargs'
import { version } from '../package.json'
import type { Command, Context } from './command.ts'
import { ASSUME_ROLE_OPTIONS } from './commands/assume-role-options.ts'
import { OidcError } from './errors.ts'
import { resolveOptions } from './option-values.ts'
import { environmentName, OPTIONS, type OptionName, type OptionSpec } from './options.ts'

const PROGRAM = 'circleci-aws-oidc'

function command<Name extends OptionName>(definition: Command<Name>): Command {
  return definition as unknown as Command
}

const COMMANDS: Readonly<Record<string, Command>> = {
  'assume-role': command({
    summary: "Exchange the job's OIDC token for credentials of a role and write a profile",
    usage: 'assume-role --role-arn ARN [options]',
    options: ASSUME_ROLE_OPTIONS,
    example: 'assume-role --role-arn arn:aws:iam::123456789012:role/deploy --region eu-central-1',
    load: async () => (await import('./commands/assume-role.ts')).run,
  }),
  sandbox: command({
    summary: 'Rehearse on a local issuer and STS that really verify',
    usage: 'sandbox [options] [-- CMD…]',
    options: ['port', 'world', 'fault', 'debug'],
    example: 'sandbox -- sh -c "circleci-aws-oidc assume-role --role-arn ARN"',
    load: async () => (await import('./commands/sandbox.ts')).run,
  }),
}

/** Parses the command line and runs the command; resolves to the exit code. */
export async function runCli(
  args: readonly string[],
  { env, terminal }: Omit<Context, 'rest'>,
): Promise<number> {
  const [name = '', ...own] = args
  const chosen = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!chosen) return overview(name, own, terminal.print)
  const separator = own.indexOf('--')
  const typed = separator < 0 ? own : own.slice(0, separator)
  const rest = separator < 0 ? [] : own.slice(separator + 1)
  const parser = commandParser(chosen)
  const flags = parser.parseSync(typed)
  if (flags['help'] === true) {
    terminal.print(await parser.getHelp())
    return 0
  }
  const run = await chosen.load()
  return run(resolveOptions(chosen.options, flags, env), { env, terminal, rest })
}

// One parser per command, without yargs' own commands: those render help on every run.
function commandParser(chosen: Command) {
  const parser = baseParser()
    .usage(`${PROGRAM} ${chosen.usage}\n\n${chosen.summary}.`)
    .example(`${PROGRAM} ${chosen.example}`, '')
    .epilogue(`Each option is also read from ${environmentName('role-arn')} and the like.`)
  for (const name of chosen.options) {
    const spec: OptionSpec = OPTIONS[name]
    parser.option(name, {
      type: spec.kind === 'flag' ? 'boolean' : 'string',
      requiresArg: spec.kind !== 'flag',
      description: describe(spec),
    })
  }
  return parser.strict()
}

function baseParser() {
  return yargs()
    .scriptName(PROGRAM)
    .help(false)
    .version(false)
    .option('help', { alias: 'h', type: 'boolean', description: 'Show this help' })
    .exitProcess(false)
    .wrap(110)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .fail((message, error) => {
      throw error ?? usageError(message)
    })
}

function describe({ description, choices, default: value }: OptionSpec): string {
  const notes = [
    ...(choices && choices.length > 1 ? [choices.join(', ')] : []),
    ...(value !== undefined ? [`default ${value}`] : []),
  ]
  return notes.length > 0 ? `${description} [${notes.join('; ')}]` : description
}

async function overview(
  name: string,
  rest: readonly string[],
  print: (text: string) => void,
): Promise<number> {
  if (name === '--version' || name === '-v') {
    print(version)
    return 0
  }
  const asksForHelp = ['', '--help', '-h', 'help'].includes(name)
  const topic = rest[0] ? COMMANDS[rest[0]] : undefined
  if (asksForHelp) {
    print(await (topic ? commandParser(topic) : overviewParser()).getHelp())
    return name === '' ? 2 : 0
  }
  throw new OidcError('invalid-usage', {
    what: `There is no command "${name}".`,
    next: `Choose one of: ${Object.keys(COMMANDS).join(', ')}. Options follow the command.`,
  })
}

function overviewParser() {
  const parser = baseParser()
    .usage(`${PROGRAM} COMMAND [options]\n\nShort-lived AWS credentials for a CI job's OIDC token.`)
    .epilogue(`${PROGRAM} COMMAND --help tells more of a command; --version prints the version.`)
  for (const [name, { summary }] of Object.entries(COMMANDS)) parser.command(name, summary)
  return parser
}

function usageError(message: string): OidcError {
  return new OidcError('invalid-usage', {
    what: message.replaceAll('\n', ' ').replace(/\.?$/, '.'),
    next: `Run ${PROGRAM} COMMAND --help for the options.`,
  })
}
