import { OidcError } from '../errors.ts'

export interface Problem {
  /** From 1. */
  readonly line: number
  /** What is wrong, and what to do about it. */
  readonly text: string
}

/** Notes a problem, so that one run shows all of them. */
export type Report = (line: number, text: string) => void

/** Throws `invalid-profiles-file` with one line for each problem, if there is any. */
export function refuseProblems(
  problems: readonly Problem[],
  source: string,
  profileAt: (line: number) => string | undefined,
): void {
  if (problems.length === 0) return
  const lines = [...problems]
    .sort((one, other) => one.line - other.line)
    .map(({ line, text }) => {
      const profile = profileAt(line)
      const where = profile === undefined ? `line ${line}` : `line ${line}, profile ${profile}`
      return `  ${where}: ${text}`
    })
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  throw new OidcError('invalid-profiles-file', {
    what: [`${source} has ${count}:`, ...lines],
    why: 'The whole file is checked before anything is exchanged or written.',
    next: `Correct ${problems.length === 1 && problems[0] ? place(problems[0]) : 'these lines'} and run again.`,
  })
}

/** Its line, with the key if its text begins with one. */
function place({ line, text }: Problem): string {
  const [key] = /^[a-z]+(_[a-z]+)+/.exec(text) ?? []
  return `line ${line}${key === undefined ? '' : ` (${key})`}`
}

/** An error of a value's own checks as the text of a problem. */
export function problemText({ message, why, next }: OidcError): string {
  return [message, why, next].filter((part) => part !== undefined).join(' ')
}

/** A key in quotes; what looks like none may be a secret in the wrong place. */
export function quoteKey(key: string): string {
  return /^[\w.-]{1,36}$/.test(key) ? `"${key}"` : 'the key (not shown)'
}
