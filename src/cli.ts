import { version } from '../package.json'
import type { Command, Context } from './command.ts'
import { readFlags } from './command-line.ts'
import { ASSUME_ROLE_OPTIONS } from './commands/assume-role-options.ts'
import { CLEANUP_OPTIONS } from './commands/cleanup-options.ts'
import { DOCTOR_OPTIONS } from './commands/doctor-options.ts'
import { EXEC_OPTIONS } from './commands/exec-options.ts'
import { TOKEN_COMMAND_OPTIONS } from './commands/token-command-options.ts'
import {
  TRUST_CHECK_OPTIONS,
  TRUST_GENERATE_OPTIONS,
  TRUST_THUMBPRINT_OPTIONS,
} from './commands/trust-options.ts'
import { WHOAMI_OPTIONS } from './commands/whoami-options.ts'
import { OidcError } from './errors.ts'
import { resolveOptions } from './option-values.ts'
import type { OptionName } from './options.ts'

function command<Name extends OptionName>(definition: Command<Name>): Command {
  return definition as unknown as Command
}

const COMMANDS: Readonly<Record<string, Command>> = {
  'assume-role': command({
    summary: "Exchange the job's OIDC token for credentials of a role and write a profile",
    usage: 'assume-role (--role-arn ARN | --profiles-file FILE) [options]',
    options: ASSUME_ROLE_OPTIONS,
    example: 'assume-role --role-arn arn:aws:iam::123456789012:role/deploy --region eu-central-1',
    load: async () => (await import('./commands/assume-role.ts')).run,
  }),
  exec: command({
    summary: 'Run a command with credentials of a role in its environment and nowhere else',
    usage: 'exec --role-arn ARN [options] -- CMD…',
    options: EXEC_OPTIONS,
    descriptions: {
      region: 'Region of the command and of the STS endpoint',
      'timeout-seconds': 'Limit in seconds until the command starts, 1 to 3600',
    },
    example: 'exec --role-arn arn:aws:iam::123456789012:role/deploy -- aws s3 ls',
    takesProgram: true,
    load: async () => (await import('./commands/exec.ts')).run,
  }),
  'credential-process': command({
    summary: 'Print credentials for the credential_process of a profile, cached until they expire',
    usage: 'credential-process [--profile NAME]',
    options: ['profile', 'debug'],
    example: 'credential-process --profile dev',
    load: async () => (await import('./commands/credential-process.ts')).run,
  }),
  whoami: command({
    summary: 'Show whose credentials a profile or the environment holds',
    usage: 'whoami [options]',
    options: WHOAMI_OPTIONS,
    example: 'whoami --profile dev',
    load: async () => (await import('./commands/whoami.ts')).run,
  }),
  token: command({
    summary: 'Show the claims of the web identity token, or write the token to a file',
    usage: 'token [options]',
    options: TOKEN_COMMAND_OPTIONS,
    example: 'token --audience sts.amazonaws.com --write web-identity-token',
    load: async () => (await import('./commands/token.ts')).run,
  }),
  doctor: command({
    summary: 'Find what is wrong: environment, token, files, endpoint, exchange, trust policy',
    usage: 'doctor [--role-arn ARN | --profiles-file FILE] [options]',
    options: DOCTOR_OPTIONS,
    descriptions: {
      profile: 'Profile to look at (default: default, or all of the profiles file)',
      region: 'Region of the STS endpoint',
    },
    example: 'doctor --role-arn arn:aws:iam::123456789012:role/deploy',
    load: async () => (await import('./commands/doctor.ts')).run,
  }),
  cleanup: command({
    summary: 'Remove exactly what was written: profiles, exports, tokens, cached credentials',
    usage: 'cleanup [options]',
    options: CLEANUP_OPTIONS,
    descriptions: { profile: 'Profiles to clean up after, separated by commas (default: all)' },
    example: 'cleanup --profile dev',
    load: async () => (await import('./commands/cleanup.ts')).run,
  }),
  'trust generate': command({
    summary: 'Generate provider, role and trust policy for AWS',
    usage: 'trust generate (--org-id ID --project-id ID | … | --from-token) [options]',
    options: TRUST_GENERATE_OPTIONS,
    descriptions: {
      audience: "Audience of the tokens (default: the CI's own)",
      'policy-arns': 'Managed policies of the role: ARNs, separated by commas',
    },
    example: 'trust generate --from-token --account-id 123456789012 --for aws-cli',
    load: async () => (await import('./commands/trust-generate.ts')).run,
  }),
  'trust check': command({
    summary: 'Check whether a trust policy admits a token, and what is wrong with it',
    usage: 'trust check --policy FILE [options]',
    options: TRUST_CHECK_OPTIONS,
    descriptions: { policy: 'File with the trust policy, or - for stdin' },
    example: 'trust check --policy trust-policy.json --claims claims.json',
    load: async () => (await import('./commands/trust-check.ts')).run,
  }),
  'trust thumbprint': command({
    summary: "Find the thumbprint of an issuer's certificate authority",
    usage: 'trust thumbprint --issuer URL [options]',
    options: TRUST_THUMBPRINT_OPTIONS,
    example: 'trust thumbprint --issuer https://jenkins.example.com/oidc',
    load: async () => (await import('./commands/trust-thumbprint.ts')).run,
  }),
  sandbox: command({
    summary: 'Rehearse on a local issuer and STS that really verify',
    usage: 'sandbox [options] [-- CMD…]',
    options: ['port', 'world', 'fault', 'debug'],
    example: 'sandbox -- sh -c "circleci-aws-oidc assume-role --role-arn ARN"',
    takesProgram: true,
    load: async () => (await import('./commands/sandbox.ts')).run,
  }),
}

/** Parses the command line and runs the command; resolves to the exit code. */
export async function runCli(
  args: readonly string[],
  context: Omit<Context, 'rest'>,
): Promise<number> {
  const found = findCommand(args)
  if (!found) return runWithoutCommand(args, context.terminal.print)
  const separator = found.args.indexOf('--')
  const typed = separator < 0 ? found.args : found.args.slice(0, separator)
  const rest = separator < 0 ? [] : found.args.slice(separator + 1)
  const { options, load } = found.command
  const flags = readFlags(options, typed) ?? (await readUnusual(found.command, typed))
  if (flags['help'] === true) {
    const { commandHelp } = await loadHelp()
    context.terminal.print(await commandHelp(found.command))
    return 0
  }
  if (separator >= 0 && !found.command.takesProgram) throw strayProgram(found.command)
  const run = await load().catch(missingPart('This command'))
  return run(resolveOptions(options, flags, context.env), { ...context, rest })
}

function strayProgram({ usage }: Command): OidcError {
  const name = usage.split(/ [^a-z]/)[0]
  return new OidcError('invalid-usage', {
    what: `${name} takes no command after "--".`,
    next: `Run ${name} first, and the command after it.`,
  })
}

async function readUnusual(command: Command, args: readonly string[]) {
  const { readFlagsStrictly } = await loadHelp()
  return readFlagsStrictly(command, args)
}

function loadHelp() {
  return import('./help.ts').catch(
    missingPart('Something on the command line is unknown, and help'),
  )
}

/** The copy in the orb goes without what only a workstation needs. */
function missingPart(what: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    if (cause.code !== 'MODULE_NOT_FOUND') throw cause
    throw new OidcError('invalid-usage', {
      what: `${what} is not part of this copy of circleci-aws-oidc.`,
      why: 'It comes with the npm package; the orb leaves it out.',
      next: 'Run it as npx circleci-aws-oidc instead.',
      cause,
    })
  }
}

/** The command named by the first two words or by the first, and the arguments after it. */
function findCommand(
  args: readonly string[],
): { command: Command; args: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ')
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (command) return { command, args: args.slice(words) }
  }
  return undefined
}

async function runWithoutCommand(
  [name = '', ...rest]: readonly string[],
  print: (text: string) => void,
): Promise<number> {
  if (name === '--version' || name === '-v') {
    print(version)
    return 0
  }
  if (['', '--help', '-h', 'help'].includes(name)) {
    const { commandHelp, overviewHelp } = await loadHelp()
    const topic = findCommand(rest)
    if (!topic && rest[0] !== undefined && !rest[0].startsWith('-')) {
      throw await unknownCommand(rest[0])
    }
    print(await (topic ? commandHelp(topic.command) : overviewHelp(COMMANDS)))
    return name === '' ? 2 : 0
  }
  throw await unknownCommand(name)
}

async function unknownCommand(name: string): Promise<OidcError> {
  const names = Object.keys(COMMANDS)
  const below = names.filter((known) => known.startsWith(`${name} `))
  const { nearest } = await import('./nearest.ts')
  const meant = nearest(name, names)
  return new OidcError('invalid-usage', {
    what: below.length > 0 ? `"${name}" is not a whole command.` : `There is no command "${name}".`,
    ...(meant ? { likely: `"${meant}" was meant.` } : {}),
    next: `Choose one of: ${(below.length > 0 ? below : names).join(', ')}. Options follow the command.`,
  })
}
