import { devNull } from 'node:os'
import type { CommandContext, OptionsOf } from '../command-table.ts'
import { type Context, withinTime } from '../context.ts'
import { OidcError } from '../errors.ts'
import { readTarget, resolveTarget } from '../files/target.ts'
import { inlineProfiles } from '../option-values.ts'
import type { Environment } from '../options.ts'
import { checkRenewable } from '../plans/kinds.ts'
import { readRolePlans } from '../plans/plans.ts'
import { chainTo } from '../plans/sources.ts'
import { forwardSignals, runChild } from '../processes.ts'
import { parseIni } from '../profiles/ini.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { CREDENTIAL_KEYS } from '../profiles/profile.ts'
import { givenRegion } from '../role/region.ts'
import type { Credentials, SessionCredentials } from '../role/request.ts'
import { type RolePlan, sharedCredentials } from '../sts/assume-role.ts'
import { assumeChain } from '../sts/assume-roles.ts'
import { type StsEndpoint, stsEndpoint } from '../sts/endpoint.ts'
import { clockTime, isoSeconds, printable } from '../text.ts'
import { tokenPool } from '../token/source.ts'

type Options = OptionsOf<'exec'>

export async function run(options: Options, command: CommandContext): Promise<number> {
  const { env, terminal, rest } = command
  if (!rest[0]) {
    throw new OidcError('invalid-usage', {
      what: 'There is no command to run.',
      next: 'Write it after "--", for instance: exec --role-arn ARN -- aws s3 ls',
    })
  }
  checkCredentialsKind(options)
  const given = { env, terminal, maxAttempts: options['max-attempts'] }
  const inTime = <Result>(work: (context: Context) => Promise<Result>) =>
    withinTime(options['timeout-seconds'], given, work)
  // The time limit ends before the command starts.
  const { source, found } = await inTime(async (context) => {
    const reading = readSource(options, command, context)
    const source = await context.deadline.race('reading the options', reading)
    return { source, found: await obtain(source, options, context) }
  })
  const again = () => inTime((context) => obtain(source, options, context))
  const delivery =
    options.credentials === 'refresh'
      ? await throughEndpoint(found, again, command)
      : { variables: keyVariables(found.credentials), close: () => {} }
  const environment = {
    ...withoutCredentials(env),
    ...regions(env, source.region),
    ...(found.accountId === undefined ? {} : { AWS_ACCOUNT_ID: found.accountId }),
    ...delivery.variables,
  }
  // Until now a signal ended this process as it ends any other.
  const signals = forwardSignals()
  try {
    const log = (line: string) => terminal.note(`circleci-aws-oidc: ${printable(line)}`)
    return await runChild(rest, environment, signals, log)
  } finally {
    signals.stop()
    delivery.close()
  }
}

function checkCredentialsKind(options: Options): void {
  if (options.credentials === 'refresh') checkRenewable(options)
  if (options.credentials !== 'token-file') return
  throw new OidcError('invalid-usage', {
    what: 'exec writes no profile, so --credentials token-file is not possible.',
    next: 'Use static or refresh, or write a profile with assume-role.',
  })
}

/** Where the command's credentials come from, and the region that belongs to them. */
type Source = { readonly region: string | undefined } & (
  | {
      readonly kind: 'roles'
      /** To be assumed one after the other. */
      readonly chain: readonly RolePlan[]
    }
  | {
      /** A profile of the shared files. */
      readonly kind: 'shared-profile'
      readonly name: string
      readonly endpoint: StsEndpoint
    }
)

/** What the command line names wins over what the job's variables name for other commands. */
async function readSource(
  given: Options,
  { typed, env: all }: CommandContext,
  context: Context,
): Promise<Source> {
  const options = namedOptions(given, typed)
  const env = typed.has('role-arn') ? { ...all, AWS_OIDC_PROFILES: undefined } : all
  const { profile } = options
  const hasFile = options['profiles-file'] !== undefined || inlineProfiles(env) !== undefined
  if (profile !== undefined && options['role-arn'] === undefined && !hasFile) {
    return sharedProfile(profile, options, { typed, env })
  }
  const asked = { ...options, output: undefined }
  const plans = await readRolePlans(asked, { ...context, env })
  const wanted = profile ?? (plans.length === 1 ? plans[0]?.profile : 'default')
  const plan = plans.find((one) => one.profile === wanted)
  if (plan) {
    const region = typed.has('region') ? options.region : plan.region
    return { kind: 'roles', chain: chainTo(plan.profile, plans), region }
  }
  throw new OidcError('invalid-usage', {
    what: profile
      ? `--profile is "${profile}", but the profiles file has no such profile.`
      : 'The profiles file has several profiles and no "default".',
    next: `Choose one with --profile: ${plans.map((one) => one.profile).join(', ')}.`,
  })
}

function namedOptions(options: Options, typed: ReadonlySet<string>): Options {
  if (!typed.has('role-arn')) {
    const isProfile = typed.has('profile') || typed.has('profiles-file')
    return isProfile ? { ...options, 'role-arn': undefined } : options
  }
  if (typed.has('profile')) {
    throw new OidcError('invalid-usage', {
      what: '--role-arn and --profile cannot be combined.',
      why: 'A profile has its own role or keys.',
      next: 'Give one of them.',
    })
  }
  const file = typed.has('profiles-file') ? options['profiles-file'] : undefined
  return { ...options, profile: undefined, 'profiles-file': file }
}

async function sharedProfile(
  name: string,
  options: Options,
  { typed, env }: Pick<CommandContext, 'typed' | 'env'>,
): Promise<Source> {
  const { profileRegion } = await import('../sts/profile-credentials.ts')
  const own = typed.has('region') ? undefined : await profileRegion(name, env)
  const region = own ?? options.region
  const [, asked = 'us-east-1'] = givenRegion(region, env) ?? []
  const endpoint = stsEndpoint(asked, options['sts-endpoint'], env)
  return { kind: 'shared-profile', name, endpoint, region }
}

interface Found {
  readonly credentials: Credentials
  readonly accountId?: string
}

async function obtain(source: Source, options: Options, context: Context): Promise<Found> {
  const { terminal } = context
  if (source.kind === 'roles') {
    const role = await assumeChain(source.chain, tokenPool(options, context), context)
    terminal.debug(`${role.arn} until ${clockTime(role.credentials.expiration)}`)
    return role
  }
  const credentials = await sharedCredentials(source.name, source.endpoint, context)
  terminal.conceal(credentials.secretAccessKey)
  if (credentials.sessionToken) terminal.conceal(credentials.sessionToken)
  return { credentials }
}

function keyVariables({ accessKeyId, secretAccessKey, sessionToken, expiration }: Credentials) {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken ? { AWS_SESSION_TOKEN: sessionToken } : {}),
    ...(expiration ? { AWS_CREDENTIAL_EXPIRATION: isoSeconds(expiration) } : {}),
  }
}

/** An endpoint for the command, and what it takes that AWS tools ask it. */
async function throughEndpoint(
  { credentials }: Found,
  again: () => Promise<Found>,
  { env, terminal }: CommandContext,
) {
  const { startEndpoint } = await import('../refresh/endpoint.ts')
  const renew = async () => renewable((await again()).credentials)
  const { variables, close } = await startEndpoint(renewable(credentials), renew, terminal)
  const hidden = await hiddenFiles(env)
  for (const [name, path] of Object.entries(hidden)) {
    terminal.note(
      `${path} has credentials in [default], which AWS tools would use before those that renew themselves; so the command runs with ${name}=${devNull}.`,
    )
  }
  const nowhere = Object.keys(hidden).map((name) => [name, devNull] as const)
  return { variables: { ...variables, ...Object.fromEntries(nowhere) }, close }
}

function renewable(credentials: Credentials): SessionCredentials {
  const { sessionToken, expiration } = credentials
  if (sessionToken && expiration) return { ...credentials, sessionToken, expiration }
  throw new OidcError('invalid-usage', {
    what: 'The profile holds keys that cannot be renewed, so --credentials refresh has no effect.',
    next: 'Leave --credentials out, or set the profile up with assume-role --credentials refresh.',
  })
}

/**
 * The shared files whose [default] would win: botocore, the SDKs for JavaScript and Go ask a credentials
 * endpoint only after them. By the variables that name them.
 */
async function hiddenFiles(env: Environment): Promise<Record<string, string>> {
  const { config, credentials } = sharedFileLocations(env)
  return {
    ...((await hasDefault(config)) ? { AWS_CONFIG_FILE: config } : {}),
    ...((await hasDefault(credentials)) ? { AWS_SHARED_CREDENTIALS_FILE: credentials } : {}),
  }
}

async function hasDefault(path: string): Promise<boolean> {
  const keys: readonly string[] = CREDENTIAL_KEYS
  try {
    const text = readTarget(resolveTarget(path)).content.toString()
    const { sections } = await parseIni(text, path)
    const own = sections.filter(({ name }) => ['default', 'profile default'].includes(name))
    return own.some(({ options }) => options.some(({ key }) => keys.includes(key)))
  } catch {
    // Some tool may read more of a malformed file than we do.
    return true
  }
}

/**
 * Where AWS tools would find other credentials than the ones given to them: profiles, web identity,
 * those of a container, a key of Amazon Bedrock, and botocore's old name for the session token, which it
 * reads first.
 */
const OTHER_CREDENTIALS =
  /^AWS_(SECURITY_TOKEN|CREDENTIAL_SCOPE|BEARER_TOKEN_BEDROCK|PROFILE|DEFAULT_PROFILE|ROLE_ARN|ROLE_SESSION_NAME|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_(RELATIVE|FULL)_URI|CONTAINER_AUTHORIZATION_TOKEN(_FILE)?)$/
/** Our own settings are no business of the command; a bash in it would read an earlier step's profile. */
const OURS = /^(AWS_OIDC_\w+|BASH_ENV)$/
/** Where the launcher of the orb keeps the job's NODE_OPTIONS, which our own Node runs without. */
const NODE_OPTIONS_OF_JOB = 'CIRCLECI_AWS_OIDC_NODE_OPTIONS'

/** Variables of credentials themselves, and of the account they belong to, from which SDKs make endpoints. */
const KEYS =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CREDENTIAL_EXPIRATION|ACCOUNT_ID)$/

/** The environment of a command that shall have the credentials given to it and no others. */
function withoutCredentials(parent: Environment): Environment {
  const dropped = [OTHER_CREDENTIALS, KEYS, OURS]
  const kept = Object.entries(parent).filter(
    ([name]) => !dropped.some((one) => one.test(name)) && name !== NODE_OPTIONS_OF_JOB,
  )
  return { ...Object.fromEntries(kept), ...nodeOptions(parent) }
}

function nodeOptions(parent: Environment): Environment {
  const kept = parent[NODE_OPTIONS_OF_JOB]
  return kept ? { NODE_OPTIONS: kept } : {}
}

/** The AWS CLI reads only the one variable, the SDK for JavaScript only the other. */
function regions(parent: Environment, region: string | undefined): Environment {
  const [sdk, cli] = [parent['AWS_REGION'], parent['AWS_DEFAULT_REGION']]
  const given = region ?? (sdk || cli)
  if (!given) return {}
  return { AWS_REGION: given, AWS_DEFAULT_REGION: region ?? (cli || given) }
}
