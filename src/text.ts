/** The word that was probably meant: the nearest by edit distance, unless all are far away. */
export function nearest(text: string, words: Iterable<string>): string | undefined {
  if (text.length > 64) return undefined
  let best: string | undefined
  let least = Math.max(2, Math.floor(text.length / 3)) + 1
  for (const word of words) {
    const distance = editDistance(text, word)
    if (distance >= least || distance >= word.length) continue
    best = word
    least = distance
  }
  return best
}

/** Levenshtein distance: insertions, deletions and replacements. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be shown
const CONTROL = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Shows control characters, line breaks and what changes the direction of writing by their codes: with them, whoever chose a
 * claim or wrote a policy could write elsewhere on a terminal.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same as a line that is not too long to read: some values have millions of characters. */
export function printableLine(text: string): string {
  return printable(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)
}

const LONGEST = 4000

/** The same, but for the line breaks and tabs of a whole text, and for its colours where they are ours. */
export function printableLines(text: string, isPainted: boolean): string {
  return text
    .split(isPainted ? PAINTED : /([\n\t])/)
    .map((part, index) => (index % 2 === 0 ? printable(part) : part))
    .join('')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours begin with
const PAINTED = /(\x1b\[\d\d?m|[\n\t])/

/** Rows as the lines of a table. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** `2026-11-21T12:00:00Z`, as AWS writes it: for programs. */
export function isoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

/** `2026-11-21 12:00:00 UTC`: for people, wherever a time is told. */
export function clockTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

// In base64url a token begins with `{"`, which is "eyJ" or "eyI", or `{ `, which is "eyA" or "eyB".
// The dots and what follows them belong to it as far as they are there.
const TOKEN = /(?:\bey[ABI]|eyJ)[\w-]{7,}(?:\.[\w-]*)*/g

/** Hides whatever in the text could be a token, whole or cut. */
export function withoutTokens(text: string, shown = '[token]'): string {
  return text.replace(TOKEN, shown)
}

/** One word for a POSIX shell, whatever it holds. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Text of the file in quotes, as far as it can be shown: cut, and without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
