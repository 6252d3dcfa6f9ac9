import { version } from '../../package.json'
import type { OptionsOf } from '../command-table.ts'
import { type Context, withinTime } from '../context.ts'
import { EXIT, OidcError } from '../errors.ts'
import { inlineProfiles } from '../option-values.ts'
import { whyNotExported } from '../plans/export.ts'
import { planWriting, readProfiles } from '../plans/plans.ts'
import type { ProfilePlan } from '../plans/profile-plan.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { givenRegion } from '../role/region.ts'
import { type StsEndpoint, stsEndpoint } from '../sts/endpoint.ts'
import { readToken, saysTokenMissing, type TokenPool, tokenPool } from '../token/source.ts'
import { checkBesideRole } from './beside-role.ts'
import { checkClock } from './clock.ts'
import { checkEndpoint, type Reached, reachEndpoint } from './endpoint.ts'
import { checkEnvironment } from './environment.ts'
import { checkExchange, plansOfProfile, tryRoles } from './exchange.ts'
import { checkFiles, readSharedFiles, type SharedFileFacts } from './files.ts'
import {
  errorFinding,
  type Finding,
  finding,
  fine,
  type Settled,
  settle,
  skipped,
} from './findings.ts'
import type { Findings } from './report.ts'
import { checkRuntime } from './runtime.ts'
import { checkMissingToken, checkToken, doubtFindings, type FoundToken } from './token.ts'
import type { ComparePolicy } from './trust-policy.ts'

/** Looks at everything that can be looked at, and says of the rest that it could not be. */
export async function examine(
  options: OptionsOf<'doctor'>,
  context: Context,
  wrong: readonly OidcError[] = [],
): Promise<Findings> {
  const { env } = context
  const { files, plans, comparePolicy } = await readFiles(options, context)
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
    'error' in plans
      ? 'the options or profiles are wrong'
      : whyNoExchange(planned, token, endpoints)
  const exchanges = obstacle === undefined ? await tryRoles(planned, tokens, context) : []
  const clock = endpoints.flatMap((one) =>
    'value' in one && one.value.clock ? [one.value.clock] : [],
  )
  const strange = claims ? doubtFindings(claims, env) : []
  const compared = await comparePolicy(planned, tokens, exchanges, strange)
  const ofToken = !needsToken(planned)
    ? [skipped('token', "no profile uses the job's own token")]
    : 'error' in token
      ? checkMissingToken(token.error, env)
      : checkToken(token.value, env, now)
  // That AWS refuses what the trust policy rejects, or a token without a claim, is no finding of its own.
  const explained = compared.some(({ level }) => level === 'error')
  const isUnexplained = ({ id, level }: Finding) =>
    !(explained && level === 'error' && REFUSALS.includes(id)) &&
    !(id === 'token-rejected' && ofToken.some((one) => one.id === 'token-incomplete'))
  const facts = 'value' in files ? files.value : []
  const names = await settle(() => {
    for (const { profile } of planned) assertProfileName(profile)
  })
  const writing = await settle(() =>
    'error' in names
      ? checkWriting(
          planned.map((one) => ({ ...one, profile: 'default' })),
          { ...options, profile: undefined },
          context,
        )
      : checkWriting(planned, options, context),
  )
  const ofFiles = 'error' in files ? [errorFinding(files.error)] : await checkFiles(facts, env)
  const beside =
    'error' in plans ? await checkBesideRole(options, context) : { role: [], files: [] }
  const written =
    'error' in plans ? [options.profile ?? 'default'] : planned.map(({ profile }) => profile)
  const inUse = { given: options.profile, written }
  const all: Findings = {
    runtime: [
      ...wrong.map(errorFinding),
      ...checkRuntime(
        { node: process.versions.node, version, program: process.argv[1] ?? '' },
        env,
      ),
    ],
    clock: checkClock(clock[0], claims, now),
    token: ofToken,
    role:
      'error' in plans
        ? [errorFinding(plans.error), ...beside.role]
        : [
            ...('error' in names ? [errorFinding(names.error)] : []),
            ...planned.map(({ role, profile }) =>
              fine('role', `${role.arn}, for the profile ${profile}`),
            ),
          ],
    'trust-policy': compared,
    endpoint: endpoints.flatMap((one) => checkEndpoint(one, env)),
    exchange:
      obstacle === undefined
        ? exchanges.flatMap((one) => checkExchange(one, strange)).filter(isUnexplained)
        : [skipped('exchange', obstacle)],
    files: [
      ...ofFiles,
      ...('error' in writing && !isTold(writing.error, facts, ofFiles)
        ? [errorFinding(writing.error)]
        : []),
      ...beside.files,
    ],
    environment: [
      ...checkEnvironment(env, inUse, facts),
      ...exportFindings(plans, options, context),
    ],
  }
  const skips =
    options['missing-token'] === 'skip' && 'error' in token && saysTokenMissing(token.error, env)
  return skips ? asSkipped(all) : all
}

/** With `--missing-token skip` nothing else that a fork lacks, as the variables of a context, is an error either. */
function asSkipped(findings: Findings): Findings {
  const lowered = (one: Finding): Finding =>
    one.level === 'error' ? { ...one, level: 'warning', exit: EXIT.done } : one
  const entries = Object.entries(findings).map(([check, found]) => [check, found.map(lowered)])
  const { token, ...others }: Findings = Object.fromEntries(entries)
  const skip = fine(
    'token',
    '--missing-token is skip: assume-role assumes no role and exits with 0',
  )
  return { ...others, token: [...token, skip] }
}

const REFUSALS: readonly string[] = ['access-denied', 'token-version-refused', 'fork-token']

/** Whether why a file can't be written was found when it was read: it can't be, or not this line. */
function isTold(
  { code, message }: OidcError,
  files: readonly SharedFileFacts[],
  found: readonly Finding[],
): boolean {
  const [at = message] = /^.*?, line \d+(?=:)/.exec(message) ?? []
  return (
    files.some(({ error, path }) => error !== undefined && message.includes(path)) ||
    found.some(({ id, what }) => id === code && what.startsWith(`${at}:`))
  )
}

/** A quarter of the time at most: a FIFO that nobody writes to must not keep the rest from being looked at. */
async function readFiles(options: OptionsOf<'doctor'>, context: Context) {
  const seconds = Math.max(1, options['timeout-seconds'] / 4)
  return withinTime(seconds, context, async (limited) => {
    const [files, plans, comparePolicy] = await Promise.all([
      settle(() => readSharedFiles(limited.env)),
      settle(() => readPlans(options, limited)),
      readPolicy(options['trust-policy'], limited.deadline.signal),
    ])
    return { files, plans, comparePolicy }
  })
}

/** What `assume-role` would do with the same options and variables; nothing where no role is named. */
async function readPlans(
  options: OptionsOf<'doctor'>,
  context: Pick<Context, 'env' | 'deadline' | 'terminal'>,
): Promise<ProfilePlan[]> {
  const { profile, 'role-arn': role, 'profiles-file': file } = options
  const inFile = file !== undefined || inlineProfiles(context.env) !== undefined
  if (role === undefined && !inFile) return []
  const plans = await readProfiles(options, context)
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
async function checkWriting(
  plans: readonly ProfilePlan[],
  options: OptionsOf<'doctor'>,
  context: Context,
): Promise<void> {
  if (plans.length === 0) return
  const { checkWritable } = await import('../delivery/write-profiles.ts')
  const plan = planWriting(plans, options, context)
  await checkWritable(plan, context)
}

/** Why later steps would get nothing of what `assume-role` writes. */
function exportFindings(
  plans: Settled<ProfilePlan[]>,
  options: OptionsOf<'doctor'>,
  { env }: Pick<Context, 'env'>,
): Finding[] {
  // Where the role is not in order, it is the same for whatever profile was meant.
  const profiles = 'value' in plans ? plans.value : [{ profile: options.profile ?? 'default' }]
  const found = profiles.length > 0 ? whyNotExported(profiles, options, env) : undefined
  return found ? [finding('nothing-exported', found.why, { fix: `${found.next}.` })] : []
}

async function readPolicy(path: string | undefined, signal: AbortSignal): Promise<ComparePolicy> {
  if (path === undefined) return async () => []
  const module = await settle(() => import('./trust-policy.ts'))
  if ('value' in module) return module.value.readPolicy(path, signal)
  // The orb's copy goes without the evaluator of trust policies.
  return async () => [
    skipped('trust-policy', 'not part of this copy; run npx circleci-aws-oidc doctor'),
  ]
}

function needsToken(plans: readonly ProfilePlan[]): boolean {
  const own = ({ source }: ProfilePlan) => source.kind === 'token' && source.audience === undefined
  return plans.length === 0 || plans.some(own)
}

/** Half the time at most: a minting program that hangs must not keep the rest from being looked at. */
async function findToken(
  options: OptionsOf<'doctor'>,
  context: Context,
): Promise<Settled<FoundToken>> {
  const seconds = Math.max(1, options['timeout-seconds'] / 2)
  let expired: FoundToken['expired']
  return settle(() =>
    withinTime(seconds, context, async ({ env, terminal, deadline }) => {
      const reading = readToken(options, env, deadline.signal, (token, error) => {
        expired = error
        return token
      })
      const token = await deadline.race(sourceOf(options), reading)
      terminal.conceal(token.value)
      return expired ? { token, expired } : { token }
    }),
  )
}

function sourceOf({ 'token-file': file }: OptionsOf<'doctor'>): string {
  return `reading ${file === undefined ? 'the web identity token' : `the token file ${file}`}`
}

function reachAll(
  plans: readonly ProfilePlan[],
  options: OptionsOf<'doctor'>,
  context: Context,
): Promise<Settled<Reached>[]> {
  const { env } = context
  const endpointWithoutRole = (): StsEndpoint => {
    const [, region = 'us-east-1'] = givenRegion(options.region, env) ?? []
    return stsEndpoint(region, options['sts-endpoint'], env)
  }
  const wanted = new Map(plans.map(({ endpoint }) => [JSON.stringify(endpoint), () => endpoint]))
  const all = wanted.size > 0 ? [...wanted.values()] : [endpointWithoutRole]
  const reach = (endpoint: () => StsEndpoint) =>
    settle(async () => reachEndpoint(endpoint(), context))
  return Promise.all(all.map(reach))
}

function whyNoExchange(
  plans: readonly ProfilePlan[],
  token: Settled<FoundToken>,
  endpoints: readonly Settled<Reached>[],
): string | undefined {
  if (plans.length === 0)
    return 'no role is given; pass --role-arn (AWS_OIDC_ROLE_ARN) or --profiles-file'
  if (endpoints.some((one) => 'error' in one)) return 'STS cannot be reached'
  if (!needsToken(plans)) return undefined
  if ('error' in token) return 'there is no token'
  return token.value.expired ? 'the token has expired' : undefined
}

function poolOf(
  found: FoundToken | undefined,
  options: OptionsOf<'doctor'>,
  context: Context,
): TokenPool {
  const pool = tokenPool(options, context)
  const get: TokenPool['get'] = (audience) =>
    audience === undefined && found ? Promise.resolve(found.token) : pool.get(audience)
  return { get }
}
