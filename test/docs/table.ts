/** The rows of every Markdown table in a text, each a list of its cells; header rows are left out. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const isRow = /^\|.*\|$/.test(line) && !/^\|[-|]+\|$/.test(line)
    if (!isRow || /^\|[-|]+\|$/.test(lines[index + 1] ?? '')) return []
    // An escaped bar is part of a cell.
    const cells = line.slice(1, -1).split(/(?<!\\)\|/)
    return [cells.map((cell) => cell.trim())]
  })
}

/** The text under a heading, up to the next one of its level or above. */
export function section(text: string, heading: string): string {
  const lines = text.split('\n')
  const start = lines.indexOf(heading)
  if (start < 0) throw new Error(`There is no heading "${heading}"`)
  const level = heading.split(' ')[0]?.length ?? 1
  const end = lines.findIndex((line, at) => at > start && isHeadingUpTo(line, level))
  return lines.slice(start, end < 0 ? undefined : end).join('\n')
}

function isHeadingUpTo(line: string, level: number): boolean {
  const ticks = /^(#+) /.exec(line)?.[1]
  return ticks !== undefined && ticks.length <= level
}

/** What stands between backticks. */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}
