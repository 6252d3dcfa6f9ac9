import { TRUST_OPTIONS } from './trust/options.ts'

/** One command-line option. Its environment variable is `AWS_OIDC_` and the name in capitals. */
export interface OptionSpec {
  readonly kind: 'text' | 'integer' | 'list' | 'choice' | 'flag'
  /** Of a list whose items may hold blanks: only commas separate them. */
  readonly separator?: ','
  /** What help and the orb say of it: meaning, unit and limits. */
  readonly description: string
  readonly choices?: readonly string[]
  /** Of an integer. */
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: string | number
}

/** Every option of every command, once: flags, environment, help and orb parameters come from here. */
export const OPTIONS = {
  'role-arn': {
    kind: 'text',
    description: 'ARN of the role to assume, or the name of the variable that holds it',
  },
  'profiles-file': {
    kind: 'text',
    description: 'File with a profile for each role, in the syntax of the AWS config file',
  },
  profile: {
    kind: 'text',
    description: 'Name of the profile (default: default)',
  },
  region: {
    kind: 'text',
    description: 'Region of the profile and of the STS endpoint',
  },
  output: {
    kind: 'choice',
    choices: ['json', 'text', 'table', 'yaml', 'yaml-stream', 'off'],
    description: "The profile's output setting",
  },
  'duration-seconds': {
    kind: 'integer',
    minimum: 900,
    maximum: 43200,
    description: 'Lifetime of the credentials in seconds, 900 to 43200',
    default: 3600,
  },
  'role-session-name': {
    kind: 'text',
    description:
      'Name of the session in CloudTrail, 2 to 64 characters (default: made from the job)',
  },
  policy: {
    kind: 'text',
    description: 'Session policy: JSON, or file://PATH',
  },
  'policy-arns': {
    kind: 'list',
    description: 'Managed session policies: up to 10 ARNs, separated by commas',
  },
  'allowed-account-ids': {
    kind: 'list',
    description: 'Refuse a role of any other account: account ids, separated by commas',
  },
  credentials: {
    kind: 'choice',
    choices: ['static', 'refresh', 'token-file'],
    description:
      'How the profile gets its credentials: keys, a command that renews them, or the token',
    default: 'static',
  },
  export: {
    kind: 'choice',
    choices: ['profile', 'keys', 'none'],
    description: 'What later steps get through $BASH_ENV or $GITHUB_ENV',
    default: 'profile',
  },
  'export-file': {
    kind: 'text',
    description: 'File for the exports instead, as NAME=value lines (dotenv); never for keys',
  },
  overwrite: {
    kind: 'flag',
    description: "Replace static keys in the profile that are not this tool's",
  },
  'sts-endpoint': {
    kind: 'text',
    description: 'URL of the STS endpoint (default: the regional one)',
  },
  'timeout-seconds': {
    kind: 'integer',
    minimum: 1,
    maximum: 3600,
    description: 'Limit for the whole command in seconds, 1 to 3600',
    default: 60,
  },
  'max-attempts': {
    kind: 'integer',
    minimum: 1,
    maximum: 50,
    description: 'How often the exchange is tried when AWS or the network fails, 1 to 50',
    default: 5,
  },
  'token-source': {
    kind: 'choice',
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
    description: 'Variable that holds the token (sources env, gitlab)',
  },
  'token-file': {
    kind: 'text',
    description: 'File that holds the token (source file)',
  },
  'token-version': {
    kind: 'choice',
    choices: ['v1', 'v2'],
    description: 'CircleCI token to use (default: v2, then v1)',
  },
  'missing-token': {
    kind: 'choice',
    choices: ['fail', 'skip'],
    description: 'What a job without a token does, as that of a fork: it fails, or assumes no role',
    default: 'fail',
  },
  audience: {
    kind: 'text',
    description: 'Audience of the token; mints a new token',
  },
  'trust-policy': {
    kind: 'text',
    description: 'File with the trust policy of the role, to compare with the token',
  },
  write: {
    kind: 'text',
    description: 'File for the token itself, readable by this user only',
  },
  format: {
    kind: 'choice',
    choices: ['text', 'json'],
    description: 'Form of the result on stdout',
    default: 'text',
  },
  debug: {
    kind: 'flag',
    description: 'Show attempts, timings, AWS request ids and stack traces on stderr',
  },
  port: {
    kind: 'integer',
    minimum: 0,
    maximum: 65535,
    description: 'Port on 127.0.0.1, 0 to 65535 (0: any free one)',
    default: 0,
  },
  world: {
    kind: 'text',
    description: 'JSON file with the accounts, providers, roles and the job to rehearse',
  },
  fault: {
    kind: 'list',
    description: 'Fail STS requests: CODE, or CODE:COUNT for the first COUNT of them',
  },
  env: {
    kind: 'list',
    description: "Variables of this shell for the sandbox's job: names, separated by commas",
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
