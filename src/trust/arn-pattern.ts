import { matchesSymbols } from './wildcard.ts'

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
