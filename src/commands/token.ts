import type { CommandContext, OptionsOf } from '../command-table.ts'
import { withinTime } from '../context.ts'
import { replaceFiles } from '../files/replace.ts'
import { clockTime, isoSeconds, printable } from '../text.ts'
import { audiences, type Claims, circleciSubject, expiration } from '../token/claims.ts'
import { readToken } from '../token/source.ts'
import {
  refuseExpired,
  type WebIdentityToken,
  type WhenExpired,
} from '../token/web-identity-token.ts'

export async function run(
  options: OptionsOf<'token'>,
  { env, terminal }: CommandContext,
): Promise<number> {
  const { write } = options
  // An expired token is what one wants to see when something is wrong, but no one can use it.
  const showExpired: WhenExpired = (token, error) => {
    terminal.note(terminal.paint('stderr', 'yellow', `Warning: ${error.message}`))
    return token
  }
  const whenExpired = write === undefined ? showExpired : refuseExpired
  const token = await withinTime(options['timeout-seconds'], { terminal }, ({ deadline }) => {
    const reading = readToken(options, env, deadline.signal, whenExpired)
    return deadline.race('reading the web identity token', reading)
  })
  terminal.conceal(token.value)
  if (write !== undefined) {
    await replaceFiles([{ path: write, edit: () => Buffer.from(token.value), secret: true }])
  }

  const now = new Date()
  if (options.format === 'json') {
    // Without a file, there is none in JSON.
    terminal.print(JSON.stringify({ ...tokenJson(token, now), file: write }, null, 2))
    return 0
  }
  const written: [string, string][] = write === undefined ? [] : [['Written', write]]
  for (const lines of [[...tokenLines(token, now), ...written], otherClaims(token)]) {
    const width = Math.max(...lines.map(([label]) => label.length)) + 2
    for (const [label, text] of lines) {
      terminal.print(`${terminal.paint('stdout', 'bold', label.padEnd(width))}${text}`)
    }
  }
  return 0
}

const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** `in 43 minutes`, `expired 5 minutes ago`: in the largest unit of which there are two, rounded down. */
export function expiryInWords(end: Date, now: Date): string {
  const seconds = (end.getTime() - now.getTime()) / 1000
  const distance = Math.floor(Math.abs(seconds))
  const [unit, length] = UNITS.find(([, size]) => distance >= 2 * size) ?? ['second', 1]
  const count = Math.floor(distance / length)
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`
  return seconds > 0 ? `in ${words}` : `expired ${words} ago`
}

/** Claims with a line of their own. */
const NAMED = ['iss', 'aud', 'sub', 'exp']
const TIMES = ['iat', 'nbf', 'auth_time']

/** What a person reads of a token: label and text. */
export function tokenLines({ claims, source }: WebIdentityToken, now: Date): [string, string][] {
  const end = expiration(claims)
  const kind = tokenKind(claims)
  return [
    ['Source', source],
    ...(kind ? [['Kind', KINDS[kind]] satisfies [string, string]] : []),
    ['Issuer', printable(claims.iss ?? '(none)')],
    ['Audience', printable(audiences(claims).join(', ') || '(none)')],
    ['Subject', printable(claims.sub ?? '(none)')],
    ['Expires', end ? `${clockTime(end)}, ${expiryInWords(end, now)}` : '(it does not say when)'],
  ]
}

/** The claims that `tokenLines` leaves: name and text. */
export function otherClaims({ claims }: WebIdentityToken): [string, string][] {
  return Object.entries(claims)
    .filter(([name]) => !NAMED.includes(name))
    .map(([name, value]) => [printable(name), claimText(name, value)])
}

/** The same for machines. */
export function tokenJson({ claims, source }: WebIdentityToken, now: Date): object {
  const end = expiration(claims)
  return {
    source,
    kind: tokenKind(claims) ?? null,
    issuer: claims.iss ?? null,
    audience: audiences(claims),
    subject: claims.sub ?? null,
    expiration: end ? isoSeconds(end) : null,
    expired: end ? end <= now : null,
    claims,
  }
}

const KINDS = {
  'circleci-v1': 'CircleCI V1, whose subject does not name repository and branch',
  'circleci-v2': 'CircleCI V2, whose subject names repository and branch',
} as const

function tokenKind(claims: Claims): keyof typeof KINDS | undefined {
  const subject = circleciSubject(claims)
  return subject && `circleci-${subject.version}`
}

function claimText(name: string, value: unknown): string {
  if (typeof value === 'number' && TIMES.includes(name)) {
    const date = new Date(value * 1000)
    if (!Number.isNaN(date.getTime())) return clockTime(date)
  }
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}
