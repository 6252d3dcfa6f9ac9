import { parseArgs } from 'node:util'
import { version } from '../package.json'
import {
  COMMANDS,
  type Command,
  type CommandContext,
  type CommandName,
  findCommand,
  type Run,
} from './command-table.ts'
import { EXIT, isMissingPart, notInThisCopy, OidcError } from './errors.ts'
import { type Flags, misspeltVariables, resolveOptions } from './option-values.ts'
import { type Environment, OPTIONS, type OptionName, type OptionSpec } from './options.ts'
import { printable } from './text.ts'

/**
 * The flags of a command line without what only yargs knows (help, suggestions), as yargs would read them:
 * loading it would take a good part of a run's time. Undefined where there is something else.
 */
export function readFlags(
  names: readonly OptionName[],
  args: readonly string[],
): Flags | undefined {
  const options = Object.fromEntries(
    names.map((name) => [name, { type: isFlag(name) ? 'boolean' : 'string' } as const]),
  )
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const flags: Record<string, unknown> = {}
  for (const token of tokens) {
    const name = names.find((own) => token.kind === 'option' && token.rawName === `--${own}`)
    if (!name || token.kind !== 'option') return undefined
    const { value, inlineValue } = token
    if (isFlag(name)) {
      if (value !== undefined) throw strayValue(name)
      flags[name] = true
    } else if (value === undefined || (!inlineValue && value.startsWith('-'))) {
      // What may be the next option, its value forgotten.
      return undefined
    } else {
      const earlier = flags[name]
      flags[name] = earlier === undefined ? value : [earlier, value].flat()
    }
  }
  return flags
}

function isFlag(name: OptionName): boolean {
  const { kind }: OptionSpec = OPTIONS[name]
  return kind === 'flag'
}

/** `--debug=1` would be read as no. */
function strayValue(name: OptionName): OidcError {
  return new OidcError('invalid-usage', {
    what: `--${name} takes no value.`,
    next: `Give --${name} alone, or leave it out.`,
  })
}

/** Whether the result is to be JSON, an error then, too: also where the rest of the command line is wrong. */
export function asksForJson(args: readonly string[], env: Environment): boolean {
  const found = findCommand(args)
  const command: Command | undefined = found && COMMANDS[found.name]
  if (!found || !command?.options.includes('format')) return false
  const separator = found.args.indexOf('--')
  const own = separator < 0 ? found.args : found.args.slice(0, separator)
  const given = own.findLast((arg, at) => arg.startsWith('--format=') || own[at - 1] === '--format')
  try {
    const flags = given === undefined ? {} : { format: given.replace(/^--format=/, '') }
    return resolveOptions(['format'], flags, env).format === 'json'
  } catch {
    return false
  }
}

/** Loads the code of a command, only when it is called. */
const LOADERS: { readonly [Name in CommandName]: () => Promise<Run<Name>> } = {
  'assume-role': async () => (await import('./commands/assume-role.ts')).run,
  exec: async () => (await import('./commands/exec.ts')).run,
  'credential-process': async () => (await import('./commands/credential-process.ts')).run,
  whoami: async () => (await import('./commands/whoami.ts')).run,
  token: async () => (await import('./commands/token.ts')).run,
  doctor: async () => (await import('./commands/doctor.ts')).run,
  cleanup: async () => (await import('./commands/cleanup.ts')).run,
  'trust generate': async () => (await import('./commands/trust/generate.ts')).run,
  'trust check': async () => (await import('./commands/trust/check.ts')).run,
  'trust audit': async () => (await import('./commands/trust/audit.ts')).run,
  'trust thumbprint': async () => (await import('./commands/trust/thumbprint.ts')).run,
  explain: async () => (await import('./commands/explain.ts')).run,
  completion: async () => (await import('./commands/completion.ts')).run,
  sandbox: async () => (await import('./commands/sandbox.ts')).run,
}

/** Parses the command line and runs the command; resolves to the exit code. */
export async function runCli(
  args: readonly string[],
  context: Pick<CommandContext, 'env' | 'terminal'>,
): Promise<number> {
  const found = findCommand(args)
  if (!found && VERSION.includes(args[0] ?? '')) {
    context.terminal.print(version)
    return 0
  }
  if (!found) {
    const { helpOn } = await loadHelp()
    context.terminal.print(await helpOn(args, context.terminal.width()))
    return args.length === 0 ? EXIT.usage : 0
  }
  if (found.name !== 'doctor') {
    for (const { name, meant } of misspeltVariables(context.env)) {
      context.terminal.note(`Warning: ${printable(name)} is ignored; you probably mean ${meant}.`)
    }
  }
  const separator = found.args.indexOf('--')
  const before = separator < 0 ? found.args : found.args.slice(0, separator)
  const command: Command = COMMANDS[found.name]
  const words = command.takesWord && !before[0]?.startsWith('-') ? before.slice(0, 1) : []
  const typed = before.slice(words.length)
  const rest = separator < 0 ? words : found.args.slice(separator + 1)
  const flags = readFlags(command.options, typed) ?? (await readUnusual(command, typed))
  if (flags['help'] === true) {
    const { helpOn } = await loadHelp()
    context.terminal.print(
      await helpOn(['help', ...found.name.split(' ')], context.terminal.width()),
    )
    return 0
  }
  if (flags['version'] === true) {
    context.terminal.print(version)
    return 0
  }
  if (separator >= 0 && !command.takesProgram) throw strayProgram(found.name)
  const run = (await LOADERS[found.name]().catch(missingPart('This command'))) as Run
  const given = new Set(Object.keys(flags).filter((name) => flags[name] !== undefined))
  const wrong: OidcError[] = []
  const report = found.name === 'doctor' ? (error: OidcError) => wrong.push(error) : undefined
  const whole: CommandContext = { ...context, rest, typed: given, wrong }
  try {
    const names = given.has('profile') ? command.optionsOfProfile : undefined
    const options = resolveOptions(names ?? command.options, flags, context.env, report)
    return await run(options as Parameters<Run>[0], whole)
  } catch (error) {
    if (found.name !== 'assume-role') throw error
    const { runWithoutToken, SKIP_OPTIONS } = await import('./commands/assume-role.ts')
    const options = resolveOptions(SKIP_OPTIONS, flags, context.env)
    return runWithoutToken(error, options, whole)
  }
}

const VERSION = ['--version', '-V', '-v', 'version']

function strayProgram(name: CommandName): OidcError {
  return new OidcError('invalid-usage', {
    what: `${name} takes no command after "--".`,
    next: `Run ${name} first, then the command.`,
  })
}

async function readUnusual(command: Command, args: readonly string[]) {
  const { readFlagsStrictly } = await import('./help/flags.ts').catch(
    missingPart('An option or argument is unknown, and help'),
  )
  return readFlagsStrictly(command, args)
}

function loadHelp() {
  return import('./help/pages.ts').catch(missingPart('Help'))
}

/** The copy in the orb goes without what only a workstation needs. */
function missingPart(what: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw isMissingPart(cause) ? notInThisCopy(what, cause) : cause
  }
}
