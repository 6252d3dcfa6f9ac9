import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { COMMANDS, type CommandContext, type OptionsOf } from '../command-table.ts'
import { withinTime } from '../context.ts'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { checkRenewable } from '../plans/kinds.ts'
import { readRolePlan, renewalOf } from '../plans/plans.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { type CachedCredentials, isFresh, readCachedCredentials } from '../refresh/cache.ts'
import { requestFiles } from '../refresh/data-directory.ts'
import type { Recipe } from '../refresh/recipe.ts'
import { roleSessionName } from '../role/session-name.ts'

/** Prints what the `credential_process` of a profile must print, and nothing else on stdout. */
export async function run(
  options: OptionsOf<'credential-process'>,
  context: CommandContext,
): Promise<number> {
  const { config } = sharedFileLocations(context.env)
  const { text } = asksForRole(options, context)
    ? await credentialsOfRole(options, config, context)
    : await (await loadRenewal()).renewCredentials(options.profile ?? 'default', config, context)
  context.terminal.handOver(text.trimEnd())
  return 0
}

const loadRenewal = () => import('../refresh/renewal.ts')

/** A profile that the command line names wins over a role that the job's variables name for other commands. */
function asksForRole(
  options: OptionsOf<'credential-process'>,
  { typed }: Pick<CommandContext, 'typed'>,
): boolean {
  if (!typed.has('profile')) return options['role-arn'] !== undefined
  const others = [...typed].filter((name) => !OF_PROFILE.includes(name))
  if (others.length === 0) return false
  throw new OidcError('invalid-usage', {
    what: `--${others[0]} and --profile cannot be combined.`,
    why: 'A profile that assume-role set up already has its role and settings.',
    next: `Leave --profile out, or --${others.join(' and --')}.`,
  })
}

const OF_PROFILE: readonly string[] = COMMANDS['credential-process'].optionsOfProfile

/** Kept and locked as for a profile of ours, by what was asked and by which job. */
async function credentialsOfRole(
  options: OptionsOf<'credential-process'>,
  config: string,
  context: CommandContext,
): Promise<CachedCredentials> {
  const { env } = context
  checkRenewable(options)
  const plan = await withinTime(
    options['timeout-seconds'],
    { env, terminal: context.terminal },
    (limited) => limited.deadline.race('reading the options', readRolePlan(options, limited)),
  )
  const recipe = { plan, ...renewalOf(options) }
  const files = requestFiles(config, keyOf(recipe, env), env)
  const cached = readCachedCredentials(files.cache)
  if (cached && isFresh(cached)) return cached
  const { requestedCredentials } = await loadRenewal()
  return requestedCredentials(recipe, files, config, context)
}

/**
 * Where several jobs share a home, none may get what the token of another earned: the tokens that a job has
 * in its environment, or in the file given, and its number are part of what is asked.
 */
export function keyOf({ plan, token }: Recipe, env: Environment): string {
  const file = token['token-file'] === undefined ? undefined : resolve(token['token-file'])
  const tokens = Object.values(env).filter((value) => TOKEN.test(value ?? ''))
  const job = [roleSessionName(undefined, env, () => {}), env['BUILDKITE_JOB_ID'], ...tokens.sort()]
  const asked = [plan, { ...token, 'token-file': file }, file && contentOf(file), job]
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex')
}

/** RFC 7519: the header of a JSON Web Token is the base64url of a JSON object, `{"…`. */
const TOKEN = /^eyJ[\w-]+\.[\w-]+\./

function contentOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  // Reading a FIFO would take from the one who reads the token; what is longer than a token is none.
  return stats?.isFile() && stats.size < 100_000 ? readFileSync(path, 'latin1') : ''
}
