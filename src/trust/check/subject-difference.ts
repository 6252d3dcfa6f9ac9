import { circleciSubject } from '../../token/claims.ts'
import { matchesWildcard } from '../policy/wildcard.ts'

/** Where a subject and what the policy wants of it part. */
interface SubjectDifference {
  /** In a few words: `"refs/heads/" is missing in vcs-ref`. */
  readonly title: string
  readonly policy: string
  readonly token: string
}

/** The first segment of a CircleCI subject that the pattern does not match; undefined for subjects of others. */
export function subjectDifference(pattern: string, subject: string): SubjectDifference | undefined {
  const found = circleciSubject({ sub: subject })
  if (found === undefined) return undefined
  const whole = { policy: pattern, token: subject }
  if (pattern !== pattern.trim()) return { title: 'a space is part of the subject', ...whole }
  const foreign = FOREIGN.find(([start]) => pattern.startsWith(start))
  if (foreign) return { title: `the subject has the form of ${foreign[1]}`, ...whole }
  const wanted = PATTERN.exec(pattern)?.slice(1)
  if (wanted === undefined) return otherForm(pattern, subject)
  const values = [found.organization, found.project, found.user, found.origin, found.ref]
  for (const [index, name] of NAMES.entries()) {
    const want = wanted[index]
    const value = values[index]
    // A star at the end stands for whatever follows.
    if (want === undefined) {
      if (value === undefined || /\*$/.test(pattern)) continue
      return { title: 'it has the subject of a V1 token, but the job sends a V2 token', ...whole }
    }
    if (value === undefined) {
      return { title: 'it has the subject of a V2 token, but the job sends a V1 token', ...whole }
    }
    if (matchesWildcard(value, want)) continue
    return { title: slip(name, want, value), policy: `${name}/${want}`, token: `${name}/${value}` }
  }
  return undefined
}

const NAMES = ['org', 'project', 'user', 'vcs-origin', 'vcs-ref'] as const

const PATTERN =
  /^org\/([^/]+)\/project\/([^/]+)\/user\/(.+?)(?:\/vcs-origin\/(.+?)\/vcs-ref\/(.*))?$/s

const FOREIGN = [
  ['repo:', 'GitHub Actions'],
  ['project_path:', 'GitLab'],
  ['organization:', 'Buildkite'],
] as const

function otherForm(pattern: string, subject: string): SubjectDifference {
  const whole = { policy: pattern, token: subject }
  if (subject.startsWith(`${pattern.replace(/\/$/, '')}/`)) {
    const next = subject.slice(pattern.replace(/\/$/, '').length).split('/')[1] ?? ''
    return { title: `"/${next}/*" is missing at the end of the subject`, ...whole }
  }
  const words = pattern.split('/')
  const wrong = subject.split('/').findIndex((word, index) => {
    const other = words[index] ?? ''
    return word !== other && !/[*?]/.test(other)
  })
  const name = words[wrong]
  return name !== undefined && wrong % 2 === 0
    ? { title: `"${name}/" should be "${subject.split('/')[wrong]}/" in the subject`, ...whole }
    : { title: 'the subject has another form', ...whole }
}

/** What is wrong with the value of one segment, in a few words. */
function slip(name: (typeof NAMES)[number], wanted: string, found: string): string {
  const fits = (text: string) => text !== wanted && matchesWildcard(found, text)
  if (matchesWildcard(found.toLowerCase(), wanted.toLowerCase())) {
    return `the case differs in ${name}`
  }
  if (fits(wanted.replace(/\/$/, ''))) return `${name} ends with a slash`
  switch (name) {
    case 'vcs-ref':
      if (fits(`refs/heads/${wanted}`)) return '"refs/heads/" is missing in vcs-ref'
      if (fits(`refs/${wanted}`)) return '"refs/" is missing in vcs-ref'
      return /^refs\/tags\//.test(wanted) && !/^refs\/tags\//.test(found)
        ? 'it requires a tag, but the job runs on a branch'
        : `it requires another ${/^refs\/tags\//.test(found) ? 'tag' : 'branch'}`
    case 'vcs-origin':
      if (fits(wanted.replace(/^https?:\/\//, ''))) return 'vcs-origin must not have "https://"'
      if (fits(wanted.replace(/\.git$/, ''))) return 'vcs-origin must not have ".git"'
      if (fits(`${found.split('/')[0]}/${wanted}`)) {
        return `"${found.split('/')[0]}/" is missing in vcs-origin`
      }
      return 'it requires another repository'
    case 'user':
      return 'it requires another user'
    default:
      return isUuid(found) && !isUuid(wanted) && !/[*?]/.test(wanted)
        ? `${name} has a name where the id belongs`
        : `it requires another ${name === 'org' ? 'organization' : 'project'}`
  }
}

const isUuid = (text: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)
