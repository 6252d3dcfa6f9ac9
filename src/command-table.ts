import type { Context } from './context.ts'
import type { OidcError } from './errors.ts'
import type { OptionGroup, OptionName, OptionValues } from './options.ts'
import { TOKEN_OPTIONS } from './token/web-identity-token.ts'
import { TRUST_COMMANDS } from './trust/command-table.ts'

export interface Command {
  readonly summary: string
  readonly usage: string
  readonly options: readonly OptionName[]
  /** What an option means to this command, where that is not what `OPTIONS` says. */
  readonly descriptions?: { readonly [Name in OptionName]?: string }
  /** Options that help lists under another heading than `OPTIONS` says. */
  readonly groups?: { readonly [Name in OptionName]?: OptionGroup }
  /** What each is for, and the command line without the program's name. */
  readonly examples: Readonly<Record<string, string>>
  /** All that it reads where the command line names a profile, which knows the rest. */
  readonly optionsOfProfile?: readonly OptionName[]
  /** Whether a command line of another program may follow after `--`. */
  readonly takesProgram?: boolean
  /** Whether a word follows the command's name. */
  readonly takesWord?: boolean
  /** The words that it can be, where they are few. */
  readonly words?: readonly string[]
}

/** What assume-role takes; doctor takes all of it, too, to look at what that would do. */
const ASSUME_ROLE_OPTIONS = [
  'role-arn',
  'profile',
  'profiles-file',
  'region',
  'output',
  'duration-seconds',
  'role-session-name',
  'policy',
  'policy-arns',
  'allowed-account-ids',
  'credentials',
  'export',
  'export-file',
  'overwrite',
  ...TOKEN_OPTIONS,
  'missing-token',
  'sts-endpoint',
  'timeout-seconds',
  'max-attempts',
  'format',
  'debug',
] as const

/** Every command, for help and for the command line. Loads nothing: a command's own code may drag in the AWS SDK. */
export const COMMANDS = {
  'assume-role': {
    summary: "Exchange the job's OIDC token for a role's credentials and write a profile",
    usage: 'assume-role (--role-arn ARN | --profiles-file FILE) [options]',
    options: ASSUME_ROLE_OPTIONS,
    examples: {
      'One role, in the default profile':
        'assume-role --role-arn arn:aws:iam::123456789012:role/deploy',
      'Several roles, one profile each': 'assume-role --profiles-file aws-profiles.ini',
    },
  },
  exec: {
    summary: "Run a command with a role's credentials in its environment and nowhere else",
    usage: 'exec (--role-arn ARN | [--profiles-file FILE] --profile NAME) [options] -- CMD…',
    options: [
      'role-arn',
      'profiles-file',
      'profile',
      'region',
      'duration-seconds',
      'role-session-name',
      'policy',
      'policy-arns',
      'allowed-account-ids',
      'credentials',
      ...TOKEN_OPTIONS,
      'sts-endpoint',
      'timeout-seconds',
      'max-attempts',
      'debug',
    ],
    descriptions: {
      profile: 'Profile to use, from the profiles file or, without one, from ~/.aws',
      credentials:
        'static: keys that expire; refresh: a local endpoint that renews them while the command runs',
      region: 'Region of the command and of the STS endpoint',
      'timeout-seconds': 'Time limit in seconds until the command starts, 1 to 3600',
    },
    groups: { profile: 'role' },
    examples: {
      'One command with a role':
        'exec --role-arn arn:aws:iam::123456789012:role/deploy -- aws s3 ls',
      'A long-running command, with a profile from ~/.aws':
        'exec --profile dev --credentials refresh -- terraform apply',
    },
    takesProgram: true,
  },
  'credential-process': {
    summary: 'Print credentials for the credential_process of a profile, cached until they expire',
    usage: 'credential-process (--role-arn ARN | [--profile NAME]) [options]',
    options: [
      'role-arn',
      'profile',
      'region',
      'duration-seconds',
      'role-session-name',
      'policy',
      'policy-arns',
      'allowed-account-ids',
      ...TOKEN_OPTIONS,
      'sts-endpoint',
      'timeout-seconds',
      'max-attempts',
      'debug',
    ],
    descriptions: {
      profile: 'Profile that assume-role set up with --credentials refresh (default: default)',
      region: 'Region of the STS endpoint',
    },
    optionsOfProfile: ['profile', 'debug'],
    groups: { profile: 'role', region: 'connection' },
    examples: {
      'For a role': 'credential-process --role-arn arn:aws:iam::123456789012:role/deploy',
      'For a profile that assume-role set up': 'credential-process --profile dev',
    },
  },
  whoami: {
    summary: 'Show whose credentials a profile or the environment has',
    usage: 'whoami [options]',
    options: [
      'profile',
      'region',
      'sts-endpoint',
      'timeout-seconds',
      'max-attempts',
      'format',
      'debug',
    ],
    descriptions: {
      profile: 'Profile to read (default: what the AWS CLI uses here)',
      region: 'Region of the STS endpoint',
    },
    groups: { profile: 'profile', region: 'connection' },
    examples: {
      'The identity that AWS tools use here': 'whoami',
      'A profile': 'whoami --profile dev',
    },
  },
  token: {
    summary: 'Show the claims of the web identity token, or write the token to a file',
    usage: 'token [options]',
    options: [...TOKEN_OPTIONS, 'write', 'timeout-seconds', 'format', 'debug'],
    examples: {
      "The claims of the job's token": 'token',
      'A new token, written to a file':
        'token --audience sts.amazonaws.com --write web-identity-token',
    },
  },
  doctor: {
    summary: 'Find what is wrong: environment, token, files, endpoint, exchange, trust policy',
    usage: 'doctor [--role-arn ARN | --profiles-file FILE] [options]',
    options: ['trust-policy', ...ASSUME_ROLE_OPTIONS],
    descriptions: {
      profile: 'Profile to check (default: default, or all profiles of the profiles file)',
      region: 'Region of the STS endpoint',
    },
    examples: {
      'Why the job cannot assume this role':
        'doctor --role-arn arn:aws:iam::123456789012:role/deploy',
      'The same, with the trust policy':
        'doctor --role-arn arn:aws:iam::123456789012:role/deploy --trust-policy trust-policy.json',
    },
  },
  cleanup: {
    summary: 'Remove exactly what was written: profiles, exports, tokens, cached credentials',
    usage: 'cleanup [options]',
    options: ['profile', 'format', 'debug'],
    descriptions: { profile: 'Profiles to clean up after, separated by commas (default: all)' },
    groups: { profile: 'profile' },
    examples: {
      Everything: 'cleanup',
      'Some profiles': 'cleanup --profile dev,prod',
    },
  },
  ...TRUST_COMMANDS,
  explain: {
    summary: 'Explain an error or a finding by its code, or list all codes',
    usage: 'explain [CODE]',
    options: ['debug'],
    examples: {
      'An error': 'explain access-denied',
      'A finding of doctor': 'explain fork-without-token',
    },
    takesWord: true,
  },
  completion: {
    summary: 'Print the completion script for a shell',
    usage: 'completion (bash | zsh | fish)',
    options: ['debug'],
    examples: {
      'bash, for this session': 'completion bash > completion.bash && source completion.bash',
      'fish, permanently': 'completion fish > ~/.config/fish/completions/circleci-aws-oidc.fish',
    },
    takesWord: true,
    words: ['bash', 'zsh', 'fish'],
  },
  sandbox: {
    summary: "Rehearse with a local issuer and an STS that enforce AWS's rules",
    usage: 'sandbox [options] [-- CMD…]',
    options: ['port', 'world', 'fault', 'env', 'debug'],
    examples: {
      'One command, as in a job':
        'sandbox -- "circleci-aws-oidc assume-role --role-arn arn:aws:iam::111111111111:role/circleci-oidc"',
      'Until Ctrl-C, with your own world file': 'sandbox --world world.json',
    },
    takesProgram: true,
  },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof COMMANDS

/** The command named by the first two words or by the first, and the arguments after it. */
export function findCommand(
  args: readonly string[],
): { name: CommandName; args: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ')
    if (isCommand(name)) return { name, args: args.slice(words) }
  }
  return undefined
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}

/** What the options of a command are once they are read. */
export type OptionsOf<Name extends CommandName> = OptionValues<
  (typeof COMMANDS)[Name]['options'][number]
>

/** What a command works with besides its options. */
export interface CommandContext extends Pick<Context, 'env' | 'terminal'> {
  /** What follows `--` on the command line. */
  readonly rest: readonly string[]
  /** The options that the command line itself gives; the others come from variables or are defaults. */
  readonly typed: ReadonlySet<string>
  /** What is wrong with options, of doctor's only: it goes on with their defaults. */
  readonly wrong: readonly OidcError[]
}

/** Runs a command; the number is the exit code. */
export type Run<Name extends CommandName = CommandName> = (
  options: OptionsOf<Name>,
  context: CommandContext,
) => Promise<number>
