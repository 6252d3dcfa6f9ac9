/**
 * Whether `text` matches an IAM pattern: `*` is any run of characters, `?` exactly one; all else is literal.
 * Case-sensitive. Runs in O(pattern × text) whatever the pattern, so a hostile policy cannot stall us.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_String
 */
export function matchesWildcard(text: string, pattern: string): boolean {
  return matchesSymbols(text, [...pattern])
}

/**
 * "Each of the six colon-delimited components of the ARN is checked separately"; `undefined` where one has not six.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export function arnMatches(arn: string, pattern: readonly string[]): boolean | undefined {
  const parts = components([...arn])
  const patterns = components(pattern)
  if (parts.length !== 6 || patterns.length !== 6) return undefined
  return parts.every((part, index) => matchesSymbols(part.join(''), patterns[index] ?? []))
}

/** The sixth component takes whatever colons are left: `arn:aws:sns:region:account:topic:subscription`. */
function components(symbols: readonly string[]): readonly string[][] {
  const parts: string[][] = [[]]
  for (const symbol of symbols) {
    if (symbol === ':' && parts.length < 6) parts.push([])
    else parts.at(-1)?.push(symbol)
  }
  return parts
}

/** The same for a pattern in symbols: single characters, or `${*}` and `${?}` for a literal `*` and `?`. */
export function matchesSymbols(text: string, symbols: readonly string[]): boolean {
  const characters = [...text]
  let at = 0
  let symbol = 0
  let starAt = -1
  let retryFrom = 0
  while (at < characters.length) {
    const wanted = symbols[symbol]
    if (wanted === '*') {
      starAt = symbol
      retryFrom = at
      symbol += 1
    } else if (wanted === '?' || (wanted !== undefined && literal(wanted) === characters[at])) {
      at += 1
      symbol += 1
    } else if (starAt >= 0) {
      retryFrom += 1
      at = retryFrom
      symbol = starAt + 1
    } else {
      return false
    }
  }
  return symbols.slice(symbol).every((rest) => rest === '*')
}

/** The character a symbol stands for: `${*}` for `*`, any other character for itself. */
export function literal(symbol: string): string {
  return symbol.length === 4 ? symbol.charAt(2) : symbol
}
