import { homedir } from 'node:os'
import type { AssumeRoleRequest } from '../sts/assume-role.ts'
import type { Exchanged } from '../sts/exchange.ts'
import { audiences, expiration } from '../token/claims.ts'
import type { Delivered, Delivery } from './assume-role-delivery.ts'

/** What was done, for the report. Holds secrets; the report shows none of them. */
export interface Outcome {
  readonly request: AssumeRoleRequest
  readonly exchanged: Exchanged
  /** Region whose STS was asked. */
  readonly region: string
  readonly delivery: Delivery
  readonly delivered: Delivered
}

/** The lines a person reads in the log of the job: label and text. */
export function reportLines(outcome: Outcome): [label: string, text: string][] {
  const { exchanged, region, delivery, delivered } = outcome
  const { claims, source } = exchanged.token
  const end = expiration(claims)
  return [
    [
      'Token',
      `${claims.sub ?? '(no subject)'} of ${claims.iss ?? '(no issuer)'}${end ? `, valid until ${clock(end)}` : ''} (${source})`,
    ],
    [
      'Role',
      `${exchanged.arn}, account ${exchanged.accountId}, region ${delivery.region ?? region}, until ${clock(exchanged.credentials.expiration)}`,
    ],
    ['Profile', `${delivery.profile} in ${filesText(delivery, delivered)}`],
    ...exportLines(delivery),
  ]
}

function filesText({ locations }: Delivery, { files }: Delivered): string {
  const paths = files.length > 0 ? files : Object.values(locations)
  return paths.map(fromHome).join(' and ')
}

function exportLines({ profile, bashEnv }: Delivery): [string, string][] {
  if (!bashEnv) return []
  const what = bashEnv.mode === 'keys' ? 'the keys' : `AWS_PROFILE=${profile}`
  const region = bashEnv.region ? ` and region ${bashEnv.region}` : ''
  return [['Export', `${what}${region} for later bash steps`]]
}

/** The report for machines. */
export function reportJson(outcome: Outcome): object {
  const { request, exchanged, region, delivery, delivered } = outcome
  const { claims, source } = exchanged.token
  return {
    profile: delivery.profile,
    roleArn: request.role.arn,
    assumedRoleArn: exchanged.arn,
    accountId: exchanged.accountId,
    roleSessionName: request.roleSessionName,
    region: delivery.region ?? region,
    expiration: seconds(exchanged.credentials.expiration),
    token: {
      source,
      issuer: claims.iss ?? null,
      audience: audiences(claims),
      subject: claims.sub ?? null,
      expiration: seconds(expiration(claims)),
    },
    files: delivered.files,
    bashEnv: delivery.bashEnv?.path ?? null,
  }
}

/** `2026-11-21 12:00:00 UTC` */
function clock(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function seconds(date: Date | undefined): string | null {
  return date ? date.toISOString().replace(/\.\d+Z$/, 'Z') : null
}

function fromHome(path: string): string {
  const home = homedir()
  return home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}
