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
