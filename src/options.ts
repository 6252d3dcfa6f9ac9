import { TRUST_OPTIONS } from './trust/options.ts'

/** One command-line option. Its environment variable is `AWS_OIDC_` and the name in capitals. */
export interface OptionSpec {
  readonly kind: 'text' | 'integer' | 'list' | 'choice' | 'flag'
  /** Of a list whose items may hold blanks: only commas separate them. */
  readonly separator?: ','
  /** The heading under which help lists it. */
  readonly group: OptionGroup
  /** What the shell completes, of a text or a list. */
  readonly takes?: 'file' | 'directory'
  /** What help and the orb say of it: meaning, unit and limits. */
  readonly description: string
  readonly choices?: readonly string[]
  /** Of an integer. */
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: string | number
}

export type OptionGroup =
  | 'role'
  | 'delivery'
  | 'profile'
  | 'trusted'
  | 'aws'
  | 'generated'
  | 'check'
  | 'sandbox'
  | 'token'
  | 'connection'
  | 'output'

/** Every option of every command, once: flags, environment, help and orb parameters come from here. */
export const OPTIONS = {
  'role-arn': {
    kind: 'text',
    group: 'role',
    description: 'ARN of the role to assume, or the name of a variable that holds it',
  },
  'profiles-file': {
    kind: 'text',
    group: 'role',
    takes: 'file',
    description: 'File with one profile for each role, in the syntax of the AWS config file',
  },
  profile: {
    kind: 'text',
    group: 'delivery',
    description: 'Name of the profile (default: default)',
  },
  region: {
    kind: 'text',
    group: 'delivery',
    description: 'Region of the profile and of the STS endpoint',
  },
  output: {
    kind: 'choice',
    group: 'delivery',
    choices: ['json', 'text', 'table', 'yaml', 'yaml-stream', 'off'],
    description: "The profile's output setting",
  },
  'duration-seconds': {
    kind: 'integer',
    group: 'role',
    minimum: 900,
    maximum: 43200,
    description: 'Lifetime of the credentials in seconds, 900 to 43200',
    default: 3600,
  },
  'role-session-name': {
    kind: 'text',
    group: 'role',
    description: 'Name of the session in CloudTrail, 2 to 64 characters (default: from the job)',
  },
  policy: {
    kind: 'text',
    group: 'role',
    takes: 'file',
    description: 'Session policy: JSON or file://PATH',
  },
  'policy-arns': {
    kind: 'list',
    group: 'role',
    description: 'Managed session policies: up to 10 ARNs, separated by commas',
  },
  'allowed-account-ids': {
    kind: 'list',
    group: 'role',
    description: 'Ids of the accounts whose roles are allowed, separated by commas',
  },
  credentials: {
    kind: 'choice',
    group: 'delivery',
    choices: ['static', 'refresh', 'token-file'],
    description: 'What the profile holds: keys, a command that renews them, or the token',
    default: 'static',
  },
  export: {
    kind: 'choice',
    group: 'delivery',
    choices: ['profile', 'keys', 'none'],
    description: 'What later steps get through $BASH_ENV or $GITHUB_ENV',
    default: 'profile',
  },
  'export-file': {
    kind: 'text',
    group: 'delivery',
    takes: 'file',
    description: 'File to write exports to instead, as NAME=value lines (dotenv); never keys',
  },
  overwrite: {
    kind: 'flag',
    group: 'delivery',
    description: 'Replace static keys that another tool wrote into the profile',
  },
  'sts-endpoint': {
    kind: 'text',
    group: 'connection',
    description: 'URL of the STS endpoint (default: that of the region)',
  },
  'timeout-seconds': {
    kind: 'integer',
    group: 'connection',
    minimum: 1,
    maximum: 3600,
    description: 'Time limit for the whole command in seconds, 1 to 3600',
    default: 60,
  },
  'max-attempts': {
    kind: 'integer',
    group: 'connection',
    minimum: 1,
    maximum: 50,
    description:
      'How often to try when AWS or the network fails, 1 to 50 (default: 5; throttled: until the time limit)',
  },
  'token-source': {
    kind: 'choice',
    group: 'token',
    choices: [
      'auto',
      'circleci',
      'github',
      'gitlab',
      'bitbucket',
      'buildkite',
      'jenkins',
      'env',
      'file',
      'stdin',
    ],
    description: 'Where the web identity token comes from',
    default: 'auto',
  },
  'token-env': {
    kind: 'text',
    group: 'token',
    description: 'Variable that holds the token (sources env, gitlab)',
  },
  'token-file': {
    kind: 'text',
    group: 'token',
    takes: 'file',
    description: 'File that holds the token (source file)',
  },
  'token-version': {
    kind: 'choice',
    group: 'token',
    choices: ['v1', 'v2'],
    description: 'CircleCI token to use (default: v2, then v1)',
  },
  'missing-token': {
    kind: 'choice',
    group: 'token',
    choices: ['fail', 'skip'],
    description:
      'What a job without a token (from a fork, for example) does: fail, or go on without a role',
    default: 'fail',
  },
  audience: {
    kind: 'text',
    group: 'token',
    description: 'Audience of the token; a new token is minted for it',
  },
  'trust-policy': {
    kind: 'text',
    group: 'role',
    takes: 'file',
    description: 'File with the trust policy of the role, to check against the token',
  },
  write: {
    kind: 'text',
    group: 'token',
    takes: 'file',
    description: 'File to write the token to, readable by this user only',
  },
  format: {
    kind: 'choice',
    group: 'output',
    choices: ['text', 'json'],
    description: 'Format of the result on stdout',
    default: 'text',
  },
  debug: {
    kind: 'flag',
    group: 'output',
    description: 'Show attempts, timings, AWS request ids and stack traces on stderr',
  },
  port: {
    kind: 'integer',
    group: 'sandbox',
    minimum: 0,
    maximum: 65535,
    description: 'Port on 127.0.0.1, 0 to 65535 (0: any free one)',
    default: 0,
  },
  world: {
    kind: 'text',
    group: 'sandbox',
    takes: 'file',
    description: 'JSON file with the accounts, providers, roles and job to rehearse',
  },
  fault: {
    kind: 'list',
    group: 'sandbox',
    description: 'Make STS requests fail: FAULT, or FAULT:COUNT for the first COUNT of them',
  },
  env: {
    kind: 'list',
    group: 'sandbox',
    description: 'Names of variables that the job gets from this shell, separated by commas',
  },
  ...TRUST_OPTIONS,
} as const satisfies Record<string, OptionSpec>

export type OptionName = keyof typeof OPTIONS

type Spec<Name extends OptionName> = (typeof OPTIONS)[Name]

type Given<S extends OptionSpec> = S['kind'] extends 'integer'
  ? number
  : S['kind'] extends 'list'
    ? readonly string[]
    : S['kind'] extends 'flag'
      ? boolean
      : S extends { readonly choices: readonly (infer Choice)[] }
        ? Choice
        : string

/** The value of an option after flags, environment and default: undefined only where there is no default. */
export type OptionValue<Name extends OptionName> =
  Spec<Name> extends { readonly default: string | number } | { readonly kind: 'list' | 'flag' }
    ? Given<Spec<Name>>
    : Given<Spec<Name>> | undefined

export type OptionValues<Name extends OptionName> = { readonly [N in Name]: OptionValue<N> }

export type Environment = Readonly<Record<string, string | undefined>>

/** `role-arn` → `AWS_OIDC_ROLE_ARN`. */
export function environmentName(option: OptionName): string {
  return `AWS_OIDC_${option.toUpperCase().replaceAll('-', '_')}`
}
