import { OidcError } from '../errors.ts'
import { expandVariables, unsetVariable } from '../option-values.ts'
import type { Environment } from '../options.ts'
import type { Difference, DifferenceKind, SettingForm } from '../profiles/differences.ts'
import { isBlock } from '../profiles/ini.ts'
import { AWS_KEYS, keyKind, MULTI_LINE_KEYS, PROFILE_KEYS, type ProfileKey } from './keys.ts'
import { problemText, quoteKey, type Report } from './problem.ts'
import type { ProfileSection } from './sections.ts'

interface Setting {
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

/** Forms in which a profiles file may have a setting: those of its keys that no AWS tool reads, and of others' keys. */
export function isAccepted(form: SettingForm, name: string): boolean {
  const key = PROFILE_KEYS.find((one) => one === name)
  if (key === undefined) return true
  return form === 'continuation'
    ? MULTI_LINE_KEYS.includes(key)
    : form === 'comment' && key === 'policy'
}

/** The settings of one profile. Reports unknown keys, unset variables, and what AWS tools read differently. */
export function readSettings(
  section: ProfileSection,
  differences: ReadonlyMap<number, readonly Difference[]>,
  env: Environment,
  report: Report,
): ProfileSettings {
  const written = new Map<ProfileKey, Setting>()
  const otherCredentials: ProfileSettings['otherCredentials'][number][] = []
  for (const option of section.options) {
    const line = option.first + 1
    const found = keyKind(option.key, isBlock(option) || option.value === '')
    if (found.kind === 'unknown') report(line, unknownKey(option.key, found.nearest))
    if (found.kind === 'other credentials') {
      otherCredentials.push({ key: option.key, line, problem: found.problem })
    }
    if (found.kind !== 'known') continue
    const [why] = (differences.get(line) ?? []).flatMap(({ kind }) =>
      isForm(kind) ? FORMS[kind](found.key) : [],
    )
    if (why !== undefined) report(line, why)
    const value = why === undefined ? option.value : undefined
    written.set(found.key, { line, written: option.value, value })
  }
  reportOtherValues(section, differences, report)
  return { ...section, settings: expandAll(written, env, report), otherCredentials }
}

function unknownKey(key: string, meant: string | undefined): string {
  const next = meant
    ? `Did you mean "${meant}"?`
    : 'Remove it; settings for other tools belong in the shared config file.'
  return `${quoteKey(key)} is not a key of a profiles file. ${next}`
}

/** Why AWS tools cannot agree on what is written for a key of ours. */
const FORMS: Readonly<Record<SettingForm, (key: ProfileKey) => string>> = {
  capitals: (key) =>
    `the AWS SDK for JavaScript does not read keys with capital letters. Write ${key}.`,
  colon: (key) =>
    `the AWS SDK for JavaScript does not read ":" between key and value. Write "${key} = …".`,
  block: (key) => `${key} has no value. Start it on the same line: "${key} = …".`,
  empty: (key) => `${key} has no value. Give one, or remove the line.`,
  continuation: (key) =>
    `the indented line below belongs to the value of ${key} for the AWS CLI, but not for the AWS SDK for JavaScript. Remove the indentation.`,
  comment: (key) =>
    `"#" or ";" after a space is part of the value of ${key} for the AWS CLI, but a comment for the AWS SDK for JavaScript. Put the comment on a line of its own.`,
}

function isForm(kind: DifferenceKind): kind is SettingForm {
  return Object.hasOwn(FORMS, kind)
}

function reportOtherValues(
  { line, lastLine }: ProfileSection,
  differences: ReadonlyMap<number, readonly Difference[]>,
  report: Report,
): void {
  for (let number = line; number <= lastLine; number += 1) {
    for (const { kind, detail } of differences.get(number) ?? []) {
      if (kind !== 'other-value' || !AWS_KEYS.some((key) => key === detail)) continue
      report(
        number,
        `the AWS CLI and the AWS SDK for JavaScript read ${detail} differently here. Do not indent its line and the next ones.`,
      )
    }
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
