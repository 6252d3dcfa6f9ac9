import type { IniFile } from '../profiles/ini-lines.ts'
import { quote, quoteKey, type Report } from './problem.ts'
import { unreadableContinuations } from './setting.ts'

/** Reports what keeps AWS tools from reading the file at all or alike, in any section. */
export function reportUnreadable(file: IniFile, report: Report): void {
  const headers = new Map<string, number>()
  for (const { name, header, options } of file.sections) {
    reportTwin(headers, name, `the section ${quote(name)}`, header + 1, report)
    const keys = new Map<string, number>()
    for (const option of options) {
      reportTwin(keys, option.key, quoteKey(option.key), option.first + 1, report)
      for (const [index, why] of unreadableContinuations(file, option)) report(index + 1, why)
    }
  }
}

/** botocore reads nothing of a file with the same section, or the same key of a section, twice. */
function reportTwin(
  lines: Map<string, number>,
  name: string,
  shown: string,
  line: number,
  report: Report,
): void {
  const first = lines.get(name)
  if (first === undefined) lines.set(name, line)
  else report(line, `${shown} is on line ${first} already. Keep one of the two.`)
}
