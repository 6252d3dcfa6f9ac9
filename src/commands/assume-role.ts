import { setImmediate as afterEvents } from 'node:timers/promises'
import type { CommandContext, OptionsOf } from '../command-table.ts'
import { type Context, withinTime } from '../context.ts'
import { asOidcError } from '../errors.ts'
import { connectAhead } from '../network/agents.ts'
import type { Environment, OptionValues } from '../options.ts'
import { type Export, exportFile, staticKeysWarning } from '../plans/export.ts'
import { type Plan, readPlan } from '../plans/plans.ts'
import type { ProfilePlan } from '../plans/profile-plan.ts'
import type { PlannedRole } from '../sts/assume-roles.ts'
import { endpointUrl } from '../sts/endpoint.ts'
import type { Terminal } from '../terminal.ts'
import { clockTime, isoSeconds, printable, tableLines } from '../text.ts'
import { audiences, expiration, holderOf } from '../token/claims.ts'
import { saysTokenMissing, type TokenPool, tokenPool } from '../token/source.ts'
import { TOKEN_OPTIONS, type WebIdentityToken } from '../token/web-identity-token.ts'

export async function run(
  options: OptionsOf<'assume-role'>,
  { env, terminal }: CommandContext,
): Promise<number> {
  const given = { env, terminal, maxAttempts: options['max-attempts'] }
  return withinTime(options['timeout-seconds'], given, async (context) => {
    const { deadline } = context
    const plan = await deadline.race('reading the options', readPlan(options, context))
    await deadline.race('opening the connection', connect(plan, context))
    const { assumeRoles, requestMade } = await import('../sts/assume-roles.ts')
    const tokens = tokenPool(plan.renewal.token, context)
    const assuming = assumeRoles(plan.profiles, tokens, context)
    const prepared = requestMade.then(({ connected }) => prepareWriting(plan, context, connected))
    const [roles, write] = await Promise.all([assuming, prepared])
    const files = await deadline.race('writing the profile', write(plan, roles, context))
    report({ plan, roles, files }, options.format, context)
    return 0
  })
}

/** Before what makes the request is loaded: that takes about as long as the way to AWS. */
async function connect({ profiles }: Plan, { env }: Pick<Context, 'env'>): Promise<void> {
  const [first] = profiles
  if (!first) return
  await connectAhead(endpointUrl(first.endpoint), env)
  // The address is looked up, or the connection asked for, before the thread is busy again.
  await afterEvents()
}

/** The options that say what becomes of a job without a token. */
export const SKIP_OPTIONS = [
  ...TOKEN_OPTIONS,
  'missing-token',
  'export',
  'export-file',
  'timeout-seconds',
  'format',
] as const

type SkipOptions = OptionValues<(typeof SKIP_OPTIONS)[number]>

/**
 * What becomes of a run that failed: with `--missing-token skip` it is done where there is no token. Whatever
 * else a fork lacks, as the variables of a context, is no matter then. Throws the error otherwise.
 */
export async function runWithoutToken(
  error: unknown,
  options: SkipOptions,
  { env, terminal }: CommandContext,
): Promise<number> {
  if (options['missing-token'] !== 'skip') throw error
  const isMissing =
    asOidcError(error).code === 'token-not-found' ||
    (await withinTime(options['timeout-seconds'], { env }, (context) =>
      isTokenMissing(tokenPool(options, context), env),
    ))
  if (!isMissing) throw error
  const file = options.export === 'none' ? undefined : exportFile(options, env)
  if (file) await (await import('../delivery/export.ts')).exportSkip(file, env)
  if (options.format === 'json') {
    const nothing = { skipped: true, profiles: [], files: [], export: null }
    terminal.print(JSON.stringify(nothing, null, 2))
  } else {
    const later = file ? '; later steps have AWS_OIDC_SKIPPED=1' : ''
    printLine(['Skipped', `this job has no OIDC token, so no role is assumed${later}`], terminal)
  }
  return 0
}

async function isTokenMissing(tokens: TokenPool, env: Environment): Promise<boolean> {
  const why = await tokens.get().then(
    () => undefined,
    (error: unknown) => asOidcError(error),
  )
  return why !== undefined && saysTokenMissing(why, env)
}

/** While AWS answers: loads what writes, and checks that it can. Earlier it would hold up the request. */
async function prepareWriting(plan: Plan, context: Context, connected: Promise<unknown>) {
  await afterEvents()
  const { checkWritable, writeProfiles } = await import('../delivery/write-profiles.ts')
  await connected
  await context.deadline.race('checking the files', checkWritable(plan, context))
  return writeProfiles
}

function report(
  done: Report,
  format: 'text' | 'json',
  { env, terminal }: Pick<Context, 'env' | 'terminal'>,
): void {
  const warning = staticKeysWarning(env, done.plan.export)
  if (warning) terminal.note(terminal.paint('stderr', 'yellow', warning))
  if (format === 'json') terminal.print(JSON.stringify(reportJson(done), null, 2))
  else for (const line of reportLines(done, env)) printLine(line, terminal)
  for (const { claims } of tokensOf(done.roles)) {
    terminal.debug(
      `token of ${claims.iss}, audience ${audiences(claims).join(', ')}, subject ${claims.sub}`,
    )
  }
}

function printLine([label, text]: Line, { paint, print }: Terminal): void {
  print(`${paint('stdout', 'bold', label.padEnd(8))} ${text}`)
}

/** What was done. Holds secrets; none of them is shown. */
interface Report {
  readonly plan: Plan
  readonly roles: readonly Role[]
  /** Shared files that changed. */
  readonly files: readonly string[]
}

type Role = PlannedRole<ProfilePlan>

type Line = readonly [label: string, text: string]

/** The lines a person reads in the log of the job. */
export function reportLines({ plan, roles, files }: Report, env: Environment): Line[] {
  const paths = (files.length > 0 ? files : Object.values(plan.locations)).map((path) =>
    fromHome(path, env),
  )
  const where = paths.join(' and ')
  const [only, ...others] = roles
  return [
    ...tokensOf(roles).map((token): Line => ['Token', tokenText(token)]),
    ...(only && others.length === 0
      ? [
          ['Role', roleText(only, plan)] as const,
          ['Profile', `${only.plan.profile} in ${where}`] as const,
        ]
      : [['Profiles', `${roles.length} in ${where}\n${roleTable(roles)}`] as const]),
    ...exportLines(plan, env),
  ]
}

/** Each token once. */
function tokensOf(roles: readonly Role[]): WebIdentityToken[] {
  const tokens = roles.flatMap(({ role }) => role.token ?? [])
  return [...new Map(tokens.map((token) => [token.value, token])).values()]
}

/** Of the columns of a wide terminal, those that are left beside the label. */
const TOKEN_WIDTH = 120 - 'Profiles '.length

function tokenText({ claims, source }: WebIdentityToken): string {
  const end = expiration(claims)
  const until = end ? `, until ${clockTime(end)}` : ''
  const from = source.length > 35 ? `…${source.slice(-34)}` : source
  const rest = printable(`${until} (${from})`)
  const room = TOKEN_WIDTH - rest.length
  const holder = printable(holderOf(claims))
  return `${holder.length > room ? `${holder.slice(0, room - 1)}…` : holder}${rest}`
}

function roleText({ plan: { region }, role }: Role, { export: exported }: Plan): string {
  // The job's own stands with what is exported.
  const none = exported?.region ? [] : ['no region']
  const parts = [
    role.arn,
    `account ${role.accountId}`,
    ...(region ? [`region ${region}`] : none),
    `until ${clockTime(role.credentials.expiration)}`,
  ]
  return parts.join(', ')
}

function roleTable(roles: readonly Role[]): string {
  const rows = roles.map(({ plan, role }) => [
    plan.profile,
    role.accountId,
    plan.role.arn.replace(/^.*:role\//, ''),
    plan.region ?? '-',
    clockTime(role.credentials.expiration),
  ])
  const lines = tableLines([['PROFILE', 'ACCOUNT', 'ROLE', 'REGION', 'UNTIL'], ...rows])
  return lines.map((line) => `  ${line}`).join('\n')
}

function exportLines({ export: exported, notExported }: Plan, env: Environment): Line[] {
  if (!exported) {
    const { why, next } = notExported ?? {}
    return why === undefined ? [] : [['Note', `nothing is exported: ${why}. ${next}`]]
  }
  const { kind, path, mode, profile, region } = exported
  const what = mode === 'keys' ? 'the keys' : `AWS_PROFILE=${profile}`
  const where = {
    'bash-env': 'for later bash steps',
    'github-env': 'for later steps',
    dotenv: `in ${fromHome(path, env)}`,
  }
  return [['Export', `${what}${region ? ` and region ${region}` : ''} ${where[kind]}`]]
}

/** The report for machines. */
export function reportJson({ plan, roles, files }: Report): object {
  return {
    profiles: roles.map(profileJson),
    files,
    export: plan.export ? exportJson(plan.export) : null,
  }
}

function exportJson({ kind, path, profile }: Export): object {
  const names = { 'bash-env': 'bashEnv', 'github-env': 'githubEnv', dotenv: 'file' }
  return { [names[kind]]: path, profile }
}

function profileJson({ plan, role }: Role): object {
  return {
    profile: plan.profile,
    credentials: plan.credentials,
    roleArn: plan.role.arn,
    assumedRoleArn: role.arn,
    accountId: role.accountId,
    roleSessionName: plan.roleSessionName,
    region: plan.region ?? null,
    expiration: seconds(role.credentials.expiration),
    sourceProfile: plan.source.kind === 'token' ? null : plan.source.name,
    token: role.token ? tokenJson(role.token) : null,
  }
}

function tokenJson({ claims, source }: WebIdentityToken): object {
  return {
    source,
    issuer: claims.iss ?? null,
    audience: audiences(claims),
    subject: claims.sub ?? null,
    expiration: seconds(expiration(claims)),
  }
}

function seconds(date: Date | undefined): string | null {
  return date ? isoSeconds(date) : null
}

/** Where HOME is not set, a shell may know no `~`. */
function fromHome(path: string, { HOME: home }: Environment): string {
  return home && home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}
