import { OidcError } from '../errors.ts'
import { type IniFile, parseIni, splitLines } from '../profiles/ini-lines.ts'
import type { Report } from './problem.ts'

/** Enough for anyone's patience, and an end for a file that is no configuration at all. */
const MOST = 20

/**
 * Reads the sections as botocore does, and reports every line at which it would give the file up, or split
 * the text otherwise than the SDKs. Past such a line the rest is only good for finding more of them.
 */
export function readLines(text: string, report: Report): IniFile {
  let rest = text
  for (let count = 0; count < MOST; count += 1) {
    try {
      const file = parseIni(rest, '')
      reportLoneCarriageReturn(file, report)
      return file
    } catch (error) {
      const [, line, why] = /line (\d+): (.*)\.$/s.exec((error as Error).message) ?? []
      if (!(error instanceof OidcError) || line === undefined) throw error
      report(Number(line), `${why}. ${FIX}`)
      rest = rest.startsWith('\ufeff') ? rest.slice(1) : withHeaderAt(rest, Number(line))
    }
  }
  return { lines: [], sections: [] }
}

const FIX = 'Write [profile NAME], key = value, or a comment; indent lines that go on with a value.'

/** A header in place of the bad line keeps what follows from being taken for more bad lines. */
function withHeaderAt(text: string, number: number): string {
  return splitLines(text)
    .map((line, index) => (index === number - 1 ? `[line ${number}]` : line.text) + line.end)
    .join('')
}

function reportLoneCarriageReturn({ lines }: IniFile, report: Report): void {
  const index = lines.findIndex(({ end }) => end === '\r')
  if (index < 0) return
  report(
    index + 1,
    'a lone carriage return ends the line for the AWS CLI, but not for the AWS SDK for JavaScript. End lines with LF or CRLF.',
  )
}
