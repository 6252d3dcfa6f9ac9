import { OidcError } from '../errors.ts'
import { expandVariables, unsetVariable } from '../expansion.ts'
import type { Environment } from '../options.ts'
import type { IniFile } from '../profiles/ini-lines.ts'
import { readAsJavaScript } from '../profiles/javascript-reading.ts'
import { problemText, quoteKey, type Report } from './problem.ts'
import { AWS_KEYS, keyKind, type ProfileKey } from './profile-keys.ts'
import type { ProfileSection } from './profile-section.ts'
import { whyAmbiguous, writtenSetting } from './setting.ts'

export interface Setting {
  readonly line: number
  /** As written, to be shown: an expanded value may hold a secret that was put there by mistake. */
  readonly written: string
  /** With variables expanded; undefined where that failed and is reported. */
  readonly value: string | undefined
}

export interface ProfileSettings extends ProfileSection {
  readonly settings: ReadonlyMap<ProfileKey, Setting>
  /** Keys of other kinds of credentials. Not reported: whether they may stay is for the caller to say. */
  readonly otherCredentials: readonly {
    readonly key: string
    readonly line: number
    readonly problem: string
  }[]
}

/** The settings of one profile. Reports unknown keys, unset variables, and what AWS tools read differently. */
export function readSettings(
  file: IniFile,
  section: ProfileSection,
  env: Environment,
  report: Report,
): ProfileSettings {
  const written = new Map<ProfileKey, Setting>()
  const otherCredentials: ProfileSettings['otherCredentials'][number][] = []
  let ambiguous = false
  for (const option of section.options) {
    const line = option.first + 1
    const setting = writtenSetting(file, option)
    const found = keyKind(option.key, setting.nested || setting.value === '')
    if (found.kind === 'unknown') report(line, unknownKey(option.key, found.nearest))
    if (found.kind === 'other credentials') {
      otherCredentials.push({ key: option.key, line, problem: found.problem })
    }
    if (found.kind !== 'known') continue
    const why = whyAmbiguous(found.key, setting)
    if (why !== undefined) {
      ambiguous = true
      report(line, why)
    }
    const value = why === undefined ? setting.value : undefined
    written.set(found.key, { line, written: setting.value, value })
  }
  if (!ambiguous) reportDifferences(file, section, written, report)
  return { ...section, settings: expandAll(written, env, report), otherCredentials }
}

function unknownKey(key: string, meant: string | undefined): string {
  const next = meant
    ? `Did you mean "${meant}"?`
    : 'Remove it; settings for other tools belong in the shared config file.'
  return `${quoteKey(key)} is not a key of a profiles file. ${next}`
}

/** Whatever else the AWS SDK for JavaScript reads differently: indentation, odd blanks. */
function reportDifferences(
  file: IniFile,
  section: ProfileSection,
  written: ReadonlyMap<ProfileKey, Setting>,
  report: Report,
): void {
  const lines = file.lines.slice(section.header, section.lastLine)
  const text = lines.map((line) => line.text + line.end).join('')
  const seen = readAsJavaScript(text, 'config', section.profile)
  for (const key of AWS_KEYS) {
    const ours = written.get(key)
    const theirs = seen.get(key)
    if (ours?.value === theirs?.value) continue
    const line = ours?.line ?? section.header + (theirs?.line ?? 1)
    report(
      line,
      `the AWS CLI and the AWS SDK for JavaScript read ${key} differently here. Begin its line and the next ones without blanks.`,
    )
  }
}

/** A value that is empty once expanded counts as left out: `region = ${REGION:-}`. */
function expandAll(
  written: ReadonlyMap<ProfileKey, Setting>,
  env: Environment,
  report: Report,
): Map<ProfileKey, Setting> {
  const settings = new Map<ProfileKey, Setting>()
  for (const [key, setting] of written) {
    const value = setting.value === undefined ? undefined : expand(key, setting, env, report)
    if (value !== '') settings.set(key, { ...setting, value })
  }
  return settings
}

function expand(
  key: ProfileKey,
  { written, line }: Setting,
  env: Environment,
  report: Report,
): string | undefined {
  // As in --role-arn, the bare name of a variable is as good as a reference to it.
  const isName = key === 'role_arn' && /^[A-Za-z_]\w*$/.test(written)
  try {
    return isName ? variable(written, env, key) : expandVariables(written, env, key).trim()
  } catch (error) {
    if (!(error instanceof OidcError)) throw error
    report(line, problemText(error))
    return undefined
  }
}

function variable(name: string, env: Environment, where: string): string {
  const value = env[name]
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  throw unsetVariable(name, where)
}
