import type { Context } from './context.ts'
import type { OptionName, OptionValues } from './options.ts'
import { TOKEN_OPTIONS } from './token/web-identity-token.ts'

export interface Command {
  readonly summary: string
  readonly usage: string
  readonly options: readonly OptionName[]
  /** What an option means to this command, where that is not what `OPTIONS` says. */
  readonly descriptions?: { readonly [Name in OptionName]?: string }
  readonly example: string
  /** All that it reads where the command line names a profile, which knows the rest. */
  readonly optionsOfProfile?: readonly OptionName[]
  /** Whether a command line of another program may follow after `--`. */
  readonly takesProgram?: boolean
  /** Whether a word follows the command's name. */
  readonly takesWord?: boolean
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
    summary: "Exchange the job's OIDC token for credentials of a role and write a profile",
    usage: 'assume-role (--role-arn ARN | --profiles-file FILE) [options]',
    options: ASSUME_ROLE_OPTIONS,
    example: 'assume-role --role-arn arn:aws:iam::123456789012:role/deploy --region eu-central-1',
  },
  exec: {
    summary: 'Run a command with credentials of a role in its environment and nowhere else',
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
      profile: 'Profile to use: one of the profiles file or, without that, of ~/.aws',
      credentials:
        'static: keys that end; refresh: a local endpoint that renews them while the command runs',
      region: 'Region of the command and of the STS endpoint',
      'timeout-seconds': 'Limit in seconds until the command starts, 1 to 3600',
    },
    example: 'exec --role-arn arn:aws:iam::123456789012:role/deploy -- aws s3 ls',
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
    example: 'credential-process --role-arn arn:aws:iam::123456789012:role/deploy',
  },
  whoami: {
    summary: 'Show whose credentials a profile or the environment holds',
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
    example: 'whoami --profile dev',
  },
  token: {
    summary: 'Show the claims of the web identity token, or write the token to a file',
    usage: 'token [options]',
    options: [...TOKEN_OPTIONS, 'write', 'timeout-seconds', 'format', 'debug'],
    example: 'token --audience sts.amazonaws.com --write web-identity-token',
  },
  doctor: {
    summary: 'Find what is wrong: environment, token, files, endpoint, exchange, trust policy',
    usage: 'doctor [--role-arn ARN | --profiles-file FILE] [options]',
    options: ['trust-policy', ...ASSUME_ROLE_OPTIONS],
    descriptions: {
      profile: 'Profile to look at (default: default, or all of the profiles file)',
      region: 'Region of the STS endpoint',
    },
    example: 'doctor --role-arn arn:aws:iam::123456789012:role/deploy',
  },
  cleanup: {
    summary: 'Remove exactly what was written: profiles, exports, tokens, cached credentials',
    usage: 'cleanup [options]',
    options: ['profile', 'format', 'debug'],
    descriptions: { profile: 'Profiles to clean up after, separated by commas (default: all)' },
    example: 'cleanup --profile dev',
  },
  'trust generate': {
    summary: 'Generate provider, role and trust policy for AWS',
    usage: 'trust generate (--org-id ID --project-id ID | … | --roles-file FILE) [options]',
    options: [
      'roles-file',
      'org-id',
      'project-id',
      'branch',
      'vcs-origin',
      'user-id',
      'gitlab-url',
      'project-path',
      'ref-type',
      'ref',
      'repository',
      'environment',
      'issuer',
      'subject',
      'any-project',
      'from-token',
      ...TOKEN_OPTIONS,
      'trusts-role',
      'external-id',
      'account-id',
      'partition',
      'role-name',
      'policy-arns',
      'permission-policy',
      'permissions-boundary',
      'thumbprints',
      'tags',
      'max-session-duration',
      'for',
      'out-dir',
      'force',
      'timeout-seconds',
      'debug',
    ],
    descriptions: {
      audience: "Audience of the tokens (default: the CI's own)",
      'policy-arns': 'Managed policies of the role: ARNs, separated by commas',
    },
    example: 'trust generate --from-token --account-id 123456789012 --for aws-cli',
  },
  'trust check': {
    summary: 'Check whether a trust policy allows a token, and what is wrong with it',
    usage: 'trust check --policy FILE [options]',
    options: [
      'policy',
      'claims',
      'provider-client-ids',
      ...TOKEN_OPTIONS,
      'timeout-seconds',
      'format',
      'debug',
    ],
    descriptions: { policy: 'File with the trust policy, or - for stdin' },
    example: 'trust check --policy trust-policy.json --claims claims.json',
  },
  'trust audit': {
    summary: 'Tell which organizations, projects and branches may assume the roles of accounts',
    usage: 'trust audit --input FILE[,FILE…] [options]',
    options: ['input', 'allow', 'fail-on', 'sarif', 'timeout-seconds', 'format', 'debug'],
    example: 'trust audit --input roles.json,providers.json --sarif trust.sarif',
  },
  'trust thumbprint': {
    summary: "Find the thumbprint of an issuer's certificate authority",
    usage: 'trust thumbprint --issuer URL [options]',
    options: ['issuer', 'timeout-seconds', 'format', 'debug'],
    example: 'trust thumbprint --issuer https://jenkins.example.com/oidc',
  },
  explain: {
    summary: 'Print the page of an error or a finding, by its code',
    usage: 'explain CODE',
    options: ['debug'],
    example: 'explain access-denied',
    takesWord: true,
  },
  sandbox: {
    summary: 'Rehearse on a local issuer and STS that really verify',
    usage: 'sandbox [options] [-- CMD…]',
    options: ['port', 'world', 'fault', 'env', 'debug'],
    example: 'sandbox -- "circleci-aws-oidc assume-role --role-arn ARN"',
    takesProgram: true,
  },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof COMMANDS

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
}

/** Runs a command; the number is the exit code. */
export type Run<Name extends CommandName = CommandName> = (
  options: OptionsOf<Name>,
  context: CommandContext,
) => Promise<number>
