import { version } from '../../package.json'
import type { Context } from '../command.ts'
import { type Deadline, startDeadline } from '../deadline.ts'
import { checkClock } from '../doctor/clock.ts'
import { checkEndpoint, type Reached, reachEndpoint } from '../doctor/endpoint.ts'
import { checkEnvironment } from '../doctor/environment.ts'
import { type Exchange, tryRoles } from '../doctor/exchange.ts'
import { checkFiles } from '../doctor/files.ts'
import { errorFinding, fine, skipped } from '../doctor/finding.ts'
import { tryOtherVersion } from '../doctor/other-version.ts'
import { type Outcome, outcomeOf } from '../doctor/outcome.ts'
import { checkExchange } from '../doctor/refusal.ts'
import type { Findings } from '../doctor/report.ts'
import { checkRuntime } from '../doctor/runtime.ts'
import { readSharedFiles } from '../doctor/shared-file.ts'
import { checkMissingToken, checkToken, type FoundToken, suspects } from '../doctor/token.ts'
import { type TokenPool, tokenPool } from '../roles/token-pool.ts'
import { type StsEndpoint, stsEndpoint } from '../sts/endpoint.ts'
import { givenRegion } from '../sts/region.ts'
import { readToken } from '../token/source.ts'
import type { AssumeRolePlan } from './assume-role-plans.ts'
import type { DoctorOptions } from './doctor.ts'
import { allowedAccountIds, checkWriting, readDoctorPlans } from './doctor-plans.ts'
import type { ComparePolicy } from './doctor-policy.ts'

export interface Examination extends Pick<Context, 'env' | 'terminal'> {
  readonly deadline: Deadline
}

/** Looks at everything that can be looked at, and says of the rest that it could not be. */
export async function examine(options: DoctorOptions, context: Examination): Promise<Findings> {
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
  const strange = claims ? suspects(claims, env) : []
  const facts = 'value' in files ? files.value : []
  const writing = await outcomeOf(() => checkWriting(planned, options, env))
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
async function readFiles(options: DoctorOptions, env: Context['env']) {
  const { signal, clear } = startDeadline(Math.max(1, options['timeout-seconds'] / 4))
  try {
    const [files, plans, comparePolicy] = await Promise.all([
      outcomeOf(() => readSharedFiles(env)),
      outcomeOf(() => readDoctorPlans(options, env, signal)),
      readPolicy(options['trust-policy'], signal),
    ])
    return { files, plans, comparePolicy }
  } finally {
    clear()
  }
}

async function readPolicy(path: string | undefined, signal: AbortSignal): Promise<ComparePolicy> {
  if (path === undefined) return async () => []
  const module = await outcomeOf(() => import('./doctor-policy.ts'))
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
  options: DoctorOptions,
  { env, terminal }: Examination,
): Promise<Outcome<FoundToken>> {
  const deadline = startDeadline(Math.max(1, options['timeout-seconds'] / 2))
  let expired: FoundToken['expired']
  return outcomeOf(async () => {
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

function sourceOf({ 'token-file': file }: DoctorOptions): string {
  return `reading ${file === undefined ? 'the web identity token' : `the token file ${file}`}`
}

function reachAll(
  plans: readonly AssumeRolePlan[],
  options: DoctorOptions,
  { env, terminal, deadline }: Examination,
): Promise<Outcome<Reached>[]> {
  const endpointWithoutRole = (): StsEndpoint => {
    const [, region = 'us-east-1'] = givenRegion(options.region, env) ?? []
    return stsEndpoint(region, options['sts-endpoint'], env)
  }
  const wanted = new Map(plans.map(({ endpoint }) => [JSON.stringify(endpoint), () => endpoint]))
  const all = wanted.size > 0 ? [...wanted.values()] : [endpointWithoutRole]
  const reach = (endpoint: () => StsEndpoint) =>
    outcomeOf(async () => reachEndpoint(endpoint(), { env, deadline, narration: terminal }))
  return Promise.all(all.map(reach))
}

function whyNoExchange(
  plans: readonly AssumeRolePlan[],
  token: Outcome<FoundToken>,
  endpoints: readonly Outcome<Reached>[],
): string | undefined {
  if (plans.length === 0) return 'no role to ask for; give --role-arn or --profiles-file'
  if (endpoints.some((one) => 'error' in one)) return 'there is no way to STS'
  if (!needsToken(plans)) return undefined
  if ('error' in token) return 'there is no token'
  return token.value.expired ? 'the token has expired' : undefined
}

function poolOf(
  found: FoundToken | undefined,
  options: DoctorOptions,
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
  options: DoctorOptions,
  { env, terminal, deadline }: Examination,
): Promise<{ exchanges: Exchange[]; other: Awaited<ReturnType<typeof tryOtherVersion>> }> {
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
