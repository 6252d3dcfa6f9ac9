import { checkCoordinate, policyLiteral } from './coordinate.ts'

/** A git ref as a policy value; a short name gets the prefix, `/*` at its end stays a wildcard. */
export function refName(option: string, name: string, prefix: string): string {
  const checked = checkCoordinate(option, name, 'ref')
  const whole = checked.startsWith('refs/') ? checked : `${prefix}${checked}`
  return whole.endsWith('/*') ? `${policyLiteral(whole.slice(0, -1))}*` : policyLiteral(whole)
}
