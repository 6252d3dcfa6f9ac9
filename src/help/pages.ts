import yargs, { type Argv } from 'yargs'
import { COMMANDS, type Command, findCommand } from '../command-table.ts'
import { OidcError } from '../errors.ts'
import {
  environmentName,
  OPTIONS,
  type OptionGroup,
  type OptionName,
  type OptionSpec,
} from '../options.ts'
import { nearest } from '../text.ts'

const PROGRAM = 'circleci-aws-oidc'

/** The headings of a command's options, in their order. */
const HEADINGS: Readonly<Record<OptionGroup, string>> = {
  role: 'Which role',
  trusted: 'Trusted entity',
  aws: 'Role and identity provider',
  check: 'What to check',
  generated: 'What to generate',
  profile: 'Which profile',
  delivery: 'Where the credentials go',
  token: 'Token',
  connection: 'Connection',
  sandbox: 'Sandbox',
  output: 'Output',
}

/**
 * The page that a command line without a command asks for: of a command, of those that begin with a word, or of
 * all. Throws `invalid-usage` where it asks for none.
 */
export function helpOn(args: readonly string[], width: number): Promise<string> {
  const topic = args.filter((word) => !HELP.includes(word))
  const asked = args.length === 0 || args.slice(0, 2).some((word) => HELP.includes(word))
  if (!asked) throw unknownCommand(args[0] ?? '')
  const found = findCommand(topic)
  if (found) return commandHelp(COMMANDS[found.name], width)
  const word = topic.find((one) => !one.startsWith('-'))
  if (word !== undefined && commandsBelow(word).length === 0) throw unknownCommand(word)
  return overviewHelp(width, word)
}

const HELP = ['--help', '-h', 'help']

function commandsBelow(word: string): string[] {
  return Object.keys(COMMANDS).filter((name) => name.startsWith(`${word} `))
}

function unknownCommand(name: string): OidcError {
  const names = Object.keys(COMMANDS)
  const below = commandsBelow(name)
  const meant = nearest(name, names)
  return new OidcError('invalid-usage', {
    what:
      below.length > 0 ? `"${name}" is not a complete command.` : `There is no command "${name}".`,
    ...(meant ? { likely: `"${meant}" was meant.` } : {}),
    next: `Choose one of: ${(below.length > 0 ? below : names).join(', ')}. Options follow the command.`,
  })
}

/** The options stand there without their types, which yargs would print after each description. */
function commandHelp(command: Command, width: number): Promise<string> {
  const variable = `Every option is also read from a variable: --role-arn from ${environmentName('role-arn')}.`
  const parser = helpParser(width)
    .usage(`${PROGRAM} ${command.usage}\n\n${command.summary}.`)
    .epilogue(`${examples(command, width)}\n\n${variable}`)
  for (const [group, heading] of Object.entries(HEADINGS)) {
    for (const name of command.options.filter((one) => groupOf(one, command) === group)) {
      const description = command.descriptions?.[name] ?? OPTIONS[name].description
      const text = describe({ ...OPTIONS[name], description })
      parser.option(name, { description: text, group: `${heading}:` })
    }
  }
  return parser.group(['help', 'version'], `${HEADINGS.output}:`).getHelp()
}

function groupOf(name: OptionName, { groups }: Command): OptionGroup {
  return groups?.[name] ?? OPTIONS[name].group
}

/** All commands, or those that begin with a word: `trust`. */
function overviewHelp(width: number, word?: string): Promise<string> {
  const parser = helpParser(width)
    .usage(
      word === undefined
        ? `${PROGRAM} COMMAND [options]\n\nShort-lived AWS credentials for a CI job's OIDC token.`
        : `${PROGRAM} ${word} COMMAND [options]`,
    )
    .epilogue(`${PROGRAM} ${word === undefined ? '' : `${word} `}COMMAND --help shows details.`)
    .group(['help', 'version'], 'Options:')
  for (const [name, { summary }] of Object.entries(COMMANDS)) {
    if (word === undefined || name.startsWith(`${word} `)) parser.command(name, summary)
  }
  return parser.getHelp()
}

function helpParser(width: number): Argv {
  return yargs()
    .help(false)
    .version(false)
    .exitProcess(false)
    .scriptName('')
    .wrap(width)
    .option('help', { alias: 'h', description: 'Show this help' })
    .option('version', { alias: 'V', description: 'Show the version' })
}

function describe({ description, choices, default: value }: OptionSpec): string {
  const notes = [
    ...(choices && choices.length > 1 ? [choices.join(', ')] : []),
    ...(value !== undefined ? [`default ${value}`] : []),
  ]
  return notes.length > 0 ? `${description} [${notes.join('; ')}]` : description
}

function examples(command: Command, width: number): string {
  const lines = Object.entries(command.examples).flatMap(([what, line]) => [
    `  # ${what}`,
    `  ${broken(`${PROGRAM} ${line}`, width - 2)}`,
  ])
  return ['Examples:', ...lines].join('\n')
}

/** A command line that is too long goes on in the next line, as a shell reads it: with an option each. */
function broken(line: string, width: number): string {
  if (line.length <= width) return line
  const lines: string[] = []
  for (const part of line.split(/ (?=--)/)) {
    const joined = [...lines.slice(-1), part].join(' ')
    if (joined.length <= width - '    '.length - ' \\'.length) lines.splice(-1, 1, joined)
    else lines.push(part)
  }
  return lines.join(' \\\n    ')
}
