import { createHash } from 'node:crypto'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { assertRegion } from '../role/region.ts'
import { type SessionCredentials, STATIC_KEY_VARIABLES } from '../role/request.ts'
import { shellWord } from '../text.ts'

/** What later steps of the job get in their environment. */
export type Exports =
  | (Exported & { readonly mode: 'profile'; readonly credentials: keyof typeof WEB_IDENTITY })
  | (Exported & { readonly mode: 'keys'; readonly credentials: SessionCredentials })
  /** There was no token, and that was said to be no failure. */
  | { readonly mode: 'skipped' }
  | { readonly mode: 'none' }

interface Exported {
  /** In mode `keys` the one whose keys they are, so that `cleanup` knows. */
  readonly profile: string
  readonly accountId: string
  /** Where none is given, the one that an earlier block exported stays. */
  readonly region?: string | undefined
}

/**
 * Lines for any POSIX shell. The first shell of a step takes them over; its children have the marker and what
 * the step set since. A variable is replaced where it is unset or as the job has it: what else it holds is the
 * step's own. `earlier` is the text of the block that this one replaces.
 * Throws `invalid-profile-name`, `invalid-region`, `invalid-usage`.
 */
export function exportLines(
  exports: Exclude<Exports, { mode: 'none' }>,
  env: Environment,
  earlier: string,
): string[] {
  if (exports.mode === 'skipped') return ['export AWS_OIDC_SKIPPED=1']
  const record = readRecord(earlier)
  const { profile, accountId, region = record.ours.AWS_REGION?.at(-1), mode, credentials } = exports
  assertProfileName(profile)
  if (region !== undefined) assertRegion(region)
  const values = { ...ourValues(exports, region), AWS_ACCOUNT_ID: accountId }
  const found: JobRecord = { job: jobValues(record, env), ours: added(record.ours, values) }
  const gone = (...names: Compared[]) => names.flatMap((name) => replacing(name, found))
  const own = mode === 'keys' ? keyLines(credentials) : [exportLine('AWS_PROFILE', profile)]
  const body = [
    ...keysGone(found),
    ...gone('AWS_DEFAULT_PROFILE', 'AWS_PROFILE'),
    ...gone(...WEB_IDENTITY[mode === 'keys' ? 'static' : credentials]),
    `if [ -z "${sourcesOfStep(env)}" ]; then`,
    ...[
      ...own,
      ...(region === undefined ? [] : [...gone(...REGIONS), ...regionLines(region)]),
      ...replacing('AWS_ACCOUNT_ID', { ...found, job: {} }),
      `[ -n "\${AWS_ACCOUNT_ID-}" ] || ${exportLine('AWS_ACCOUNT_ID', accountId)}`,
    ].map(indented),
    'fi',
    // The AWS CLI would wait in its pager for somebody to press a key.
    `[ -n "\${AWS_PAGER+x}\${PAGER+x}" ] || export AWS_PAGER=`,
  ]
  const id = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 12)
  return [
    ...(mode === 'keys' ? [KEYS_OF + profile] : []),
    RECORD + JSON.stringify(found),
    ...untraced(id, body),
  ]
}

/** What a step has by which AWS tools find credentials of its own. */
function sourcesOfStep({ AWS_CONTAINER_CREDENTIALS_FULL_URI: machine }: Environment): string {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE']
  // As `exec --credentials refresh` sets it; where the whole job has it, it is the machine's.
  const endpoint = machine ? [] : ['AWS_CONTAINER_CREDENTIALS_FULL_URI']
  const webIdentity = '${AWS_WEB_IDENTITY_TOKEN_FILE:+${AWS_ROLE_ARN-}}'
  return [...names, ...endpoint].map((name) => `\${${name}-}`).join('') + webIdentity
}

/** Whether a line exports this profile, or says that keys of it follow. */
export function exportsProfile(line: string, profile: string): boolean {
  return [exportLine('AWS_PROFILE', profile), KEYS_OF + profile].includes(line.trim())
}

const KEYS_OF = '# keys of the profile '

/**
 * Under `set -x` or `-v` the keys would appear in the log. The shell's flags are kept meanwhile in the marker;
 * a shell that reads ahead shows what belongs to one command before it runs any of it.
 */
function untraced(id: string, body: readonly string[]): string[] {
  return [
    `${MARKER}=\${${MARKER}-}/$-`,
    '{ set +xv; } 2>/dev/null',
    `if [ "\${${MARKER}%/*}" != ${id} ]; then`,
    ...body.map(indented),
    'fi',
    `export ${MARKER}=${id}/\${${MARKER}##*/}`,
    `case $${MARKER} in */*v*) set -v ;; esac`,
    `case $${MARKER} in */*x*) set -x ;; esac`,
    `${MARKER}=${id}`,
  ]
}

/** In the environment of a step: the block that its shell took over. */
const MARKER = 'AWS_OIDC_EXPORTED'

/** Variables whose value tells what the job has from what a step sets for itself. */
type Compared =
  | 'AWS_ACCESS_KEY_ID'
  | 'AWS_PROFILE'
  | 'AWS_DEFAULT_PROFILE'
  | 'AWS_WEB_IDENTITY_TOKEN_FILE'
  | 'AWS_ROLE_ARN'
  | 'AWS_ROLE_SESSION_NAME'
  | 'AWS_REGION'
  | 'AWS_DEFAULT_REGION'
  | 'AWS_ACCOUNT_ID'

/** The AWS CLI reads only the one variable, the SDK for JavaScript only the other. */
const REGIONS = ['AWS_REGION', 'AWS_DEFAULT_REGION'] as const

/** In botocore these come before the credentials of a profile chosen by AWS_PROFILE. */
const WEB_IDENTITY = {
  // The role alone does no harm, and a later step may name its role by it.
  static: ['AWS_WEB_IDENTITY_TOKEN_FILE'],
  refresh: ['AWS_WEB_IDENTITY_TOKEN_FILE'],
  'token-file': ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME'],
} as const satisfies Record<string, readonly Compared[]>

type Values = { readonly [Name in Compared]?: readonly string[] }

/** What a block tells the one that replaces it. Of an access key id it has the end alone. */
interface JobRecord {
  /** Values that variables have in the job without us. */
  readonly job: Values
  /** Values that blocks of this job exported. */
  readonly ours: Values
}

const RECORD = '# replaces '

function readRecord(earlier: string): JobRecord {
  const line = earlier.split('\n').find((one) => one.startsWith(RECORD))
  try {
    const { job, ours } = JSON.parse(line?.slice(RECORD.length) ?? '{}') as Partial<JobRecord>
    return { job: added({}, job ?? {}), ours: added({}, ours ?? {}) }
  } catch {
    return { job: {}, ours: {} }
  }
}

function jobValues({ job, ours }: JobRecord, env: Environment): Values {
  const isOurs = (name: Compared, value: string) =>
    Boolean(env[MARKER]) && ours[name]?.includes(value) === true
  const found = COMPARED.flatMap((name) => {
    const value = comparable(name, env[name] ?? '')
    return value === '' || isOurs(name, value) ? [] : [[name, value]]
  })
  return added(job, Object.fromEntries(found))
}

const COMPARED = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  ...WEB_IDENTITY['token-file'],
  ...REGIONS,
] as const

/** What no line of a shell can hold is of no use to AWS tools either. */
function comparable(name: Compared, value: string): string {
  if (/[^ -~]/.test(value)) return ''
  return name === 'AWS_ACCESS_KEY_ID' ? value.slice(-4) : value
}

function ourValues(exports: Extract<Exports, Exported>, region: string | undefined): Values {
  const own =
    exports.mode === 'keys'
      ? { AWS_ACCESS_KEY_ID: [comparable('AWS_ACCESS_KEY_ID', exports.credentials.accessKeyId)] }
      : { AWS_PROFILE: [exports.profile] }
  return {
    ...own,
    ...(region === undefined ? {} : { AWS_REGION: [region], AWS_DEFAULT_REGION: [region] }),
  }
}

/** The latest value comes last. */
function added(
  values: Values,
  more: { readonly [Name in Compared]?: string | readonly string[] },
): Values {
  const entries = Object.entries(more).map(([name, list]) => {
    const latest = [list].flat().filter((one) => typeof one === 'string')
    const before = values[name as Compared] ?? []
    return [name, [...before.filter((one) => !latest.includes(one)), ...latest]]
  })
  return { ...values, ...Object.fromEntries(entries) }
}

/** Static keys belong together, and to AWS tools there are none without an id. */
function keysGone(found: JobRecord): string[] {
  const patterns = patternsOf('AWS_ACCESS_KEY_ID', found)
  const names = [...STATIC_KEY_VARIABLES, 'AWS_CREDENTIAL_EXPIRATION'].join(' ')
  return caseLines('AWS_ACCESS_KEY_ID', [':', '[!:]*:', ...patterns], names)
}

/** Unsets a variable that has a value of the job, or, where a block of ours was taken over, one of ours. */
function replacing(name: Compared, found: JobRecord): string[] {
  const patterns = patternsOf(name, found)
  return patterns.length === 0 ? [] : caseLines(name, patterns, name)
}

function patternsOf(name: Compared, { job, ours }: JobRecord): string[] {
  const any = name === 'AWS_ACCESS_KEY_ID' ? '*' : ''
  const [ofJob, ofUs] = [job[name] ?? [], ours[name] ?? []]
  return [
    ...ofJob.map((value) => `:${any}${quoted(value, name)}`),
    ...[...new Set([...ofJob, ...ofUs])].map((value) => `[!:]*:${any}${quoted(value, name)}`),
  ]
}

function caseLines(name: Compared, patterns: readonly string[], names: string): string[] {
  return [`case \${${MARKER}%/*}:\${${name}-} in ${patterns.join(' | ')}) unset ${names} ;; esac`]
}

function keyLines({ accessKeyId, secretAccessKey, sessionToken }: SessionCredentials): string[] {
  return [
    exportLine('AWS_ACCESS_KEY_ID', accessKeyId),
    exportLine('AWS_SECRET_ACCESS_KEY', secretAccessKey),
    exportLine('AWS_SESSION_TOKEN', sessionToken),
  ]
}

/** A step that sets one of the two means that region, and no other for half of the tools. */
function regionLines(region: string): string[] {
  const both = REGIONS.map((name) => `${name}='${region}'`).join(' ')
  return [`[ -n "\${AWS_REGION-}\${AWS_DEFAULT_REGION-}" ] || export ${both}`]
}

function exportLine(name: string, value: string): string {
  return `export ${name}=${quoted(value, name)}`
}

/** A word that any POSIX shell reads as exactly this value. */
function quoted(value: string, variable: string): string {
  assertOneLine(value, variable)
  return shellWord(value)
}

/**
 * Throws `invalid-usage` for what is not printable ASCII, and so could begin another line; the message
 * names the variable, never the value.
 */
export function assertOneLine(value: string, variable: string): void {
  if (/[^ -~]/.test(value)) {
    throw new OidcError('invalid-usage', {
      what: `The value for ${variable} contains a line break or a character outside printable ASCII.`,
      next: `Pass another value for ${variable}.`,
    })
  }
}

const indented = (line: string) => `  ${line}`
