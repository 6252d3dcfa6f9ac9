import { pause } from '../deadline.ts'
import { OidcError } from '../errors.ts'
import { errorCode, unreadable } from '../files/failure.ts'
import { readLastingFile } from '../files/read.ts'
import type { Environment } from '../options.ts'
import { byLine, type Difference, differences } from '../profiles/differences.ts'
import { type IniFile, parseIni, splitLines } from '../profiles/ini.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { profileOf } from '../profiles/profile-name.ts'
import { quote } from '../text.ts'
import { type Problem, quoteKey, type Report, refuseProblems } from './problem.ts'
import { type ProfileDefaults, type ProfileRequest, readProfileRequest } from './profile-plan.ts'
import { profileSections } from './sections.ts'
import { isAccepted, readSettings } from './settings.ts'
import { readSources, sourcesFirst, sourcesOnly } from './sources.ts'

interface ProfilesFileContext {
  readonly env: Environment
  /** What to call the text in messages: a path, or the option it came from. */
  readonly source: string
  readonly defaults: ProfileDefaults
  /** Names of the profiles in the user's shared files. */
  readonly sharedProfiles: ReadonlySet<string>
  note(text: string): void
}

/**
 * Reads a profiles file, AWS config syntax with a few keys of ours, into what each profile asks for, sources
 * before those that need them. What AWS's own readers would not read, or not alike, is refused.
 * Throws `invalid-profiles-file` with all problems at once.
 */
export async function parseProfilesFile(
  text: string,
  { env, source, defaults, sharedProfiles, note }: ProfilesFileContext,
): Promise<ProfileRequest[]> {
  const problems: Problem[] = []
  const report: Report = (line, text) => {
    problems.push({ line, text })
    // It may be no profiles file, and very long.
    if (problems.length > 99) refuseProblems(problems, source, () => undefined)
  }

  const file = await readLines(text, report)
  const found = await differences(file, 'config', file.sections, isAccepted)
  const isLineEnd = ({ kind }: Difference) => kind === 'carriage-return'
  reportUnreadable(found.filter(isLineEnd), report)
  // Where the readers disagree on what a line is, there is no sense in what else they say of it.
  refuseProblems(problems, source, () => undefined)
  reportUnreadable(found, report)
  const lines = byLine(found)
  const sections = profileSections(file, lines, report)
  const profiles = sections.map((section) => readSettings(section, lines, env, report))
  const borrowed = sourcesOnly(profiles, sharedProfiles)
  const roles = profiles.filter(({ profile }) => !borrowed.has(profile))
  const passedOver = profiles.find(({ profile }) => profile === 'default' && borrowed.has(profile))
  if (
    passedOver &&
    !roles.some(({ settings }) => settings.get('source_profile')?.value === 'default')
  ) {
    note(
      `${source}, line ${passedOver.line}: [default] has no role_arn, so it is ignored; other profiles do not inherit its settings.`,
    )
  }
  if (roles.length === 0 && problems.length === 0) {
    report(1, 'there is no profile with a role. Write [profile NAME] and below it role_arn = ….')
  }
  const sources = readSources(roles, sharedProfiles, report)
  const requests: ProfileRequest[] = []
  for (const role of roles) {
    await pause()
    const request = await readProfileRequest(
      role,
      sources.get(role.profile),
      defaults,
      report,
      note,
    )
    if (request) requests.push(request)
  }
  const profileAt = (line: number) =>
    sections.find((one) => one.line <= line && line <= one.lastLine)?.profile
  refuseProblems(problems, source, profileAt)
  return sourcesFirst(requests)
}

/** Names of the profiles that the user's shared files have. Throws `file-malformed`, `file-unreadable`. */
export async function sharedProfileNames(env: Environment): Promise<Set<string>> {
  const { config, credentials } = sharedFileLocations(env)
  const names = [
    ...(await sectionNames(config)).map((name) => profileOf(name, 'config')),
    ...(await sectionNames(credentials)),
  ]
  return new Set(names.filter((name) => name !== undefined))
}

async function sectionNames(path: string): Promise<string[]> {
  return (await readSharedFile(path)).sections.map(({ name }) => name)
}

/** A shared file; one that is not there is empty. Throws `file-malformed`, `file-unreadable`. */
export async function readSharedFile(path: string): Promise<IniFile> {
  const content = await readLastingFile(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return ''
    throw unreadable(path, error)
  })
  return parseIni(content.toString(), path)
}

/** Enough for anyone's patience, and an end for a file that is no configuration at all. */
const MOST = 20

/**
 * Reads the sections as botocore does, and reports every line at which it would give the file up. Past such
 * a line the rest is only good for finding more of them.
 */
async function readLines(text: string, report: Report): Promise<IniFile> {
  let rest = text
  for (let count = 0; count < MOST; count += 1) {
    try {
      return await parseIni(rest, '')
    } catch (error) {
      const [, line, why] = /line (\d+): (.*)\.$/s.exec((error as Error).message) ?? []
      if (!(error instanceof OidcError) || line === undefined) throw error
      report(Number(line), `${why}. ${FIX}`)
      rest = rest.startsWith('\ufeff') ? rest.slice(1) : withHeaderAt(rest, Number(line))
    }
  }
  return { lines: [], sections: [] }
}

const FIX = 'Write [profile NAME], key = value, or a comment; indent lines that continue a value.'

/** A header in place of the bad line keeps what follows from being taken for more bad lines. */
function withHeaderAt(text: string, number: number): string {
  return splitLines(text)
    .map((line, index) => (index === number - 1 ? `[line ${number}]` : line.text) + line.end)
    .join('')
}

/** Reports what keeps AWS tools from reading the file at all or alike, in any section. */
function reportUnreadable(found: readonly Difference[], report: Report): void {
  for (const difference of found) {
    const why = whyUnreadable(difference)
    if (why !== undefined) report(difference.line, why)
  }
}

function whyUnreadable({ kind, detail, first }: Difference): string | undefined {
  switch (kind) {
    case 'carriage-return':
      return 'a lone carriage return ends the line for the AWS CLI, but not for the AWS SDK for JavaScript. End lines with LF or CRLF.'
    case 'section-twice':
      return `the section ${quote(detail)} is on line ${first} already. Keep one of the two.`
    case 'key-twice':
      return `${quoteKey(detail)} is on line ${first} already. Keep one of the two.`
    case 'indented-header':
      return 'the AWS SDK for JavaScript treats this indented line as a section header. Join it with the line above.'
    case 'block-line':
      return 'the AWS CLI needs key = value in an indented block. Start a longer value on the line of its key.'
    default:
      return undefined
  }
}
