import { homedir } from 'node:os'
import { setImmediate as afterEvents, setTimeout as sleep } from 'node:timers/promises'
import type { Context, OptionsOf } from '../command-table.ts'
import { startDeadline } from '../deadline.ts'
import { type Export, keysToMask, staticKeysWarning } from '../delivery/export.ts'
import { type Delivery, planDelivery } from '../delivery/write-profiles.ts'
import { type AssumeRolePlan, readPlans } from '../plans/plans.ts'
import { assumeRoles, type PlannedRole } from '../sts/assume-roles.ts'
import { clockTime, isoSeconds, printable } from '../text.ts'
import { audiences, expiration } from '../token/claims.ts'
import { tokenPool } from '../token/source.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'

/** What was done, for the report. Holds secrets; the report shows none of them. */
export interface Outcome {
  readonly roles: readonly PlannedRole<AssumeRolePlan>[]
  readonly delivery: Delivery
  /** Shared files that changed. */
  readonly files: readonly string[]
}

type Line = [label: string, text: string]

/** The lines a person reads in the log of the job. */
export function reportLines({ roles, delivery, files }: Outcome): Line[] {
  const tokens = new Map(
    roles.flatMap(({ role }) => (role.token ? [[role.token.value, role.token]] : [])),
  )
  const paths = (files.length > 0 ? files : Object.values(delivery.locations)).map(fromHome)
  const names = roles.map(({ plan }) => plan.profile).join(', ')
  return [
    ...[...tokens.values()].map((token): Line => ['Token', tokenText(token)]),
    ...roles.map((role): Line => ['Role', roleText(role, roles.length > 1)]),
    [roles.length > 1 ? 'Profiles' : 'Profile', `${names} in ${paths.join(' and ')}`],
    ...exportLines(delivery),
  ]
}

function tokenText({ claims, source }: WebIdentityToken): string {
  const end = expiration(claims)
  const until = end ? `, valid until ${clockTime(end)}` : ''
  return printable(
    `${claims.sub ?? '(no subject)'} of ${claims.iss ?? '(no issuer)'}${until} (${source})`,
  )
}

function roleText({ plan, role }: PlannedRole<AssumeRolePlan>, oneOfMany: boolean): string {
  const region = plan.region === undefined ? 'no region' : `region ${plan.region}`
  const text = `${role.arn}, account ${role.accountId}, ${region}, until ${clockTime(role.credentials.expiration)}`
  return oneOfMany ? `${plan.profile}: ${text}` : text
}

function exportLines({ export: exported }: Delivery): Line[] {
  if (!exported) return []
  const { kind, path, mode, profile, region } = exported
  const what = mode === 'keys' ? 'the keys' : `AWS_PROFILE=${profile}`
  const where = {
    'bash-env': 'for later bash steps',
    'github-env': 'for later steps',
    dotenv: `in ${fromHome(path)}`,
  }
  return [['Export', `${what}${region ? ` and region ${region}` : ''} ${where[kind]}`]]
}

/** The report for machines. */
export function reportJson({ roles, delivery, files }: Outcome): object {
  return {
    profiles: roles.map(profileJson),
    files,
    export: delivery.export ? exportJson(delivery.export) : null,
  }
}

function exportJson({ kind, path, profile }: Export): object {
  const names = { 'bash-env': 'bashEnv', 'github-env': 'githubEnv', dotenv: 'file' }
  return { [names[kind]]: path, profile }
}

function profileJson({ plan, role }: PlannedRole<AssumeRolePlan>): object {
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

function fromHome(path: string): string {
  const home = homedir()
  return home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}

/** Milliseconds after which the request is made. */
const REQUEST_MADE = 3

export async function run(
  options: OptionsOf<'assume-role'>,
  { env, terminal }: Context,
): Promise<number> {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const plans = await deadline.race('reading the options', readPlans(options, env))
    const delivery = planDelivery(plans, options, env)

    const assuming = assumeRoles(plans, tokenPool(options, env, deadline), {
      env,
      deadline,
      maxAttempts: options['max-attempts'],
      allowedAccountIds: options['allowed-account-ids'],
      narration: terminal,
      conceal: terminal.conceal,
    })
    const preparing = whileAwsAnswers().then(async () => {
      const writing = await loadWriting()
      await writing.checkDelivery(delivery, plans, options, env)
      return writing
    })
    const [roles, { deliver }] = await Promise.all([assuming, preparing])

    for (const key of keysToMask(delivery.export, roles)) terminal.mask(key)
    const writing = deliver(delivery, roles, options, env)
    const files = await deadline.race('writing the profile', writing)
    const warning = staticKeysWarning(env, delivery.export)
    if (warning) terminal.note(terminal.paint('stderr', 'yellow', warning))

    const outcome = { roles, delivery, files }
    if (options.format === 'json') terminal.print(JSON.stringify(reportJson(outcome), null, 2))
    else {
      for (const [label, text] of reportLines(outcome)) {
        terminal.print(`${terminal.paint('stdout', 'bold', label.padEnd(8))} ${text}`)
      }
    }
    return 0
  } finally {
    deadline.clear()
  }
}

/** When what writes is to be loaded and the files to be checked: not before the request was sent. */
async function whileAwsAnswers(): Promise<void> {
  await sleep(REQUEST_MADE)
  await afterEvents()
}

async function loadWriting() {
  const { checkDelivery, deliver } = await import('../delivery/write-profiles.ts')
  return { checkDelivery, deliver }
}
