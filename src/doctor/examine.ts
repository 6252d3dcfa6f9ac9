import { version } from '../../package.json'
import { COMMANDS, type Context, type OptionsOf } from '../command-table.ts'
import { type Deadline, startDeadline } from '../deadline.ts'
import { planDelivery } from '../delivery/write-profiles.ts'
import { OidcError } from '../errors.ts'
import { inlineProfiles, resolveOptions } from '../option-values.ts'
import type { Environment } from '../options.ts'
import { type AssumeRolePlan, readPlans } from '../plans/plans.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { givenRegion } from '../role/region.ts'
import { type StsEndpoint, stsEndpoint } from '../sts/endpoint.ts'
import { readToken, type TokenPool, tokenPool } from '../token/source.ts'
import { checkClock } from './clock.ts'
import { checkEndpoint, type Reached, reachEndpoint } from './endpoint.ts'
import { checkEnvironment } from './environment.ts'
import {
  checkExchange,
  plansOfProfile,
  type TriedRole,
  tryOtherVersion,
  tryRoles,
} from './exchange.ts'
import { checkFiles, readSharedFiles } from './files.ts'
import { errorFinding, fine, type Settled, settle, skipped } from './findings.ts'
import type { Findings } from './report.ts'
import { checkRuntime } from './runtime.ts'
import { checkMissingToken, checkToken, doubts, type FoundToken } from './token.ts'
import type { ComparePolicy } from './trust-policy.ts'

/** What `assume-role` would do with the same options and variables; nothing where no role is named. */
export async function readDoctorPlans(
  options: OptionsOf<'doctor'>,
  env: Environment,
  signal: AbortSignal,
): Promise<AssumeRolePlan[]> {
  const { profile, 'role-arn': role, 'profiles-file': file } = options
  const inFile = file !== undefined || inlineProfiles(env) !== undefined
  if (role === undefined && !inFile) return []
  const plans = await readPlans(assumeRoleOptions(options, env), env, signal)
  for (const plan of plans) assertProfileName(plan.profile)
  if (!inFile || profile === undefined) return plans
  const chosen = plansOfProfile(plans, profile)
  if (chosen.length > 0) return chosen
  throw new OidcError('invalid-usage', {
    what: `--profile is "${profile}", but the profiles file has no such profile.`,
    why: `It has: ${plans.map((plan) => plan.profile).join(', ')}.`,
    next: 'Name one of its profiles, or leave --profile out for all of them.',
  })
}

/** Throws why `assume-role` could not write these profiles, or tell later steps of them. */
export async function checkWriting(
  plans: readonly AssumeRolePlan[],
  options: OptionsOf<'doctor'>,
  env: Environment,
): Promise<void> {
  if (plans.length === 0) return
  const given = assumeRoleOptions(options, env)
  const { checkDelivery } = await import('../delivery/write-profiles.ts')
  await checkDelivery(planDelivery(plans, given, env), plans, given, env)
}

function assumeRoleOptions(
  options: OptionsOf<'doctor'>,
  env: Environment,
): OptionsOf<'assume-role'> {
  return { ...resolveOptions(COMMANDS['assume-role'].options, {}, env), ...options }
}

export function allowedAccountIds(env: Environment): readonly string[] {
  return resolveOptions(['allowed-account-ids'], {}, env)['allowed-account-ids']
}

export interface Examination extends Pick<Context, 'env' | 'terminal'> {
  readonly deadline: Deadline
}

/** Looks at everything that can be looked at, and says of the rest that it could not be. */
export async function examine(
  options: OptionsOf<'doctor'>,
  context: Examination,
): Promise<Findings> {
  const { env } = context
  const { files, plans, comparePolicy } = await readFiles(options, env)
  const planned = 'value' in plans ? plans.value : []
  const [token, endpoints] = await Promise.all([
    findToken(options, context),
    reachAll(planned, options, context),
  ])
  const now = new Date()
  const found = 'value' in token ? token.value : undefined
  const claims = found?.token.claims
  const tokens = poolOf(found, options, context)
  const obstacle =
    'error' in plans ? 'what to ask for is not in order' : whyNoExchange(planned, token, endpoints)
  const { exchanges, other } =
    obstacle === undefined
      ? await exchangeAll(planned, tokens, found, options, context)
      : { exchanges: [], other: undefined }
  const clock = endpoints.flatMap((one) =>
    'value' in one && one.value.clock ? [one.value.clock] : [],
  )
  const strange = claims ? doubts(claims, env) : []
  const facts = 'value' in files ? files.value : []
  const writing = await settle(() => checkWriting(planned, options, env))
  const inUse = { given: options.profile, written: planned.map(({ profile }) => profile) }
  return {
    runtime: checkRuntime(
      { node: process.versions.node, version, program: process.argv[1] ?? '' },
      env,
    ),
    clock: checkClock(clock[0], claims, now),
    token: !needsToken(planned)
      ? [skipped('token', "no profile uses the job's own")]
      : 'error' in token
        ? checkMissingToken(token.error, env)
        : checkToken(token.value, env, now),
    role:
      'error' in plans
        ? [errorFinding(plans.error)]
        : planned.map(({ role, profile }) =>
            fine('role', `${role.arn}, for the profile ${profile}`),
          ),
    'trust-policy': await comparePolicy(planned, tokens, exchanges),
    endpoint: endpoints.flatMap((one) => checkEndpoint(one, env)),
    exchange:
      obstacle === undefined
        ? exchanges.flatMap((one) => checkExchange(one, strange, other))
        : [skipped('exchange', obstacle)],
    files: [
      ...('error' in files ? [errorFinding(files.error)] : checkFiles(facts)),
      ...('error' in writing ? [errorFinding(writing.error)] : []),
    ],
    environment: checkEnvironment(env, inUse, facts),
  }
}

/** A quarter of the time at most: a FIFO that nobody writes to must not keep the rest from being looked at. */
async function readFiles(options: OptionsOf<'doctor'>, env: Context['env']) {
  const { signal, clear } = startDeadline(Math.max(1, options['timeout-seconds'] / 4))
  try {
    const [files, plans, comparePolicy] = await Promise.all([
      settle(() => readSharedFiles(env)),
      settle(() => readDoctorPlans(options, env, signal)),
      readPolicy(options['trust-policy'], signal),
    ])
    return { files, plans, comparePolicy }
  } finally {
    clear()
  }
}

async function readPolicy(path: string | undefined, signal: AbortSignal): Promise<ComparePolicy> {
  if (path === undefined) return async () => []
  const module = await settle(() => import('./trust-policy.ts'))
  if ('value' in module) return module.value.readPolicy(path, signal)
  // The orb's copy goes without the evaluator of trust policies.
  return async () => [
    skipped('trust-policy', 'not in this copy; "npx circleci-aws-oidc doctor" has it'),
  ]
}

function needsToken(plans: readonly AssumeRolePlan[]): boolean {
  const own = ({ source }: AssumeRolePlan) =>
    source.kind === 'token' && source.audience === undefined
  return plans.length === 0 || plans.some(own)
}

/** Half the time at most: a minting program that hangs must not keep the rest from being looked at. */
async function findToken(
  options: OptionsOf<'doctor'>,
  { env, terminal }: Examination,
): Promise<Settled<FoundToken>> {
  const deadline = startDeadline(Math.max(1, options['timeout-seconds'] / 2))
  let expired: FoundToken['expired']
  return settle(async () => {
    try {
      const reading = readToken(options, env, deadline.signal, (token, error) => {
        expired = error
        return token
      })
      const token = await deadline.race(sourceOf(options), reading)
      terminal.conceal(token.value)
      return expired ? { token, expired } : { token }
    } finally {
      deadline.clear()
    }
  })
}

function sourceOf({ 'token-file': file }: OptionsOf<'doctor'>): string {
  return `reading ${file === undefined ? 'the web identity token' : `the token file ${file}`}`
}

function reachAll(
  plans: readonly AssumeRolePlan[],
  options: OptionsOf<'doctor'>,
  { env, terminal, deadline }: Examination,
): Promise<Settled<Reached>[]> {
  const endpointWithoutRole = (): StsEndpoint => {
    const [, region = 'us-east-1'] = givenRegion(options.region, env) ?? []
    return stsEndpoint(region, options['sts-endpoint'], env)
  }
  const wanted = new Map(plans.map(({ endpoint }) => [JSON.stringify(endpoint), () => endpoint]))
  const all = wanted.size > 0 ? [...wanted.values()] : [endpointWithoutRole]
  const reach = (endpoint: () => StsEndpoint) =>
    settle(async () => reachEndpoint(endpoint(), { env, deadline, narration: terminal }))
  return Promise.all(all.map(reach))
}

function whyNoExchange(
  plans: readonly AssumeRolePlan[],
  token: Settled<FoundToken>,
  endpoints: readonly Settled<Reached>[],
): string | undefined {
  if (plans.length === 0) return 'no role to ask for; give --role-arn or --profiles-file'
  if (endpoints.some((one) => 'error' in one)) return 'there is no way to STS'
  if (!needsToken(plans)) return undefined
  if ('error' in token) return 'there is no token'
  return token.value.expired ? 'the token has expired' : undefined
}

function poolOf(
  found: FoundToken | undefined,
  options: OptionsOf<'doctor'>,
  { env, deadline }: Examination,
): TokenPool {
  const pool = tokenPool(options, env, deadline)
  const get: TokenPool['get'] = (audience) =>
    audience === undefined && found ? Promise.resolve(found.token) : pool.get(audience)
  return { get }
}

async function exchangeAll(
  plans: readonly AssumeRolePlan[],
  tokens: TokenPool,
  found: FoundToken | undefined,
  options: OptionsOf<'doctor'>,
  { env, terminal, deadline }: Examination,
): Promise<{ exchanges: TriedRole[]; other: Awaited<ReturnType<typeof tryOtherVersion>> }> {
  const context = {
    env,
    deadline,
    maxAttempts: 2,
    allowedAccountIds: allowedAccountIds(env),
    narration: terminal,
    conceal: terminal.conceal,
  }
  const exchanges = await tryRoles(plans, tokens, context)
  const other = found && (await tryOtherVersion(exchanges, found.token, options, context))
  return { exchanges, other }
}
