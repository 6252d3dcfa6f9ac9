const BLANK = /[ \t\r\n]/

/**
 * Splits like Python's `shlex.split`, which botocore applies to section headers.
 * Returns undefined for what Python refuses: an open quotation or a final backslash.
 */
export function splitShellWords(text: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i)
    if (char === '\\' && quote !== "'") {
      i += 1
      if (i >= text.length) return undefined
      const escaped = text.charAt(i)
      const keepsBackslash = quote === '"' && escaped !== '"' && escaped !== '\\'
      word = (word ?? '') + (keepsBackslash ? `\\${escaped}` : escaped)
    } else if (quote) {
      if (char === quote) quote = ''
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (BLANK.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + char
    }
  }
  if (quote) return undefined
  if (word !== undefined) words.push(word)
  return words
}
