import { nearest } from '../../text.ts'
import type { Condition } from './document.ts'
import { compareDates, operatorNames } from './operators.ts'
import type { Principal, TrustPolicy } from './policy.ts'

/** A part of a policy for which IAM would not store the whole of it. */
interface InvalidPart {
  /** Such as `Statement[0].Principal`. */
  readonly path: string
  /** What IAM does not accept. */
  readonly problem: string
  /** What to write instead. */
  readonly fix: string
}

/** Whatever keeps IAM from storing this policy as the trust policy of a role, beside its form. */
export function invalidParts({ statements, version }: TrustPolicy): InvalidPart[] {
  return statements.flatMap(({ principal, conditions }, index) => {
    const path = `Statement[${index}]`
    return [
      ...invalidPrincipal(principal, path),
      ...repeatedKeys(conditions, path),
      ...conditions.flatMap((one) => invalidCondition(one, version, `${path}.Condition`)),
    ]
  })
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function invalidPrincipal(principal: Principal | undefined, path: string): InvalidPart[] {
  if (principal === undefined) {
    // reference_policies_elements_notprincipal.html
    const problem = 'IAM does not accept NotPrincipal in a trust policy'
    return [{ path: `${path}.NotPrincipal`, problem, fix: 'Name who is allowed under Principal.' }]
  }
  const at = `${path}.Principal`
  if (principal.anyone) {
    // IAM answers `Invalid principal in policy: "STAR":"*"`: https://github.com/aws/aws-cdk/issues/5732
    const problem = 'IAM does not accept "*" as the Principal of a trust policy'
    return [{ path: at, problem, fix: "Name the provider's ARN under Federated." }]
  }
  // "You cannot use a wildcard to match part of a principal name or ARN."
  return principal.entries
    .filter(({ value }) => value !== '*' && /[*?]/.test(value))
    .map(({ kind, value }) => ({
      path: `${at}.${kind}`,
      problem: `IAM does not accept a wildcard within a principal: "${value}"`,
      fix: 'Write the ARN out, and put the wildcard into a condition.',
    }))
}

/** Names of condition keys are not case-sensitive: reference_policies_elements_condition.html */
function repeatedKeys(conditions: readonly Condition[], path: string): InvalidPart[] {
  const seen = new Map<string, string>()
  return conditions.flatMap(({ operator, key }) => {
    const name = `${operator} ${key.toLowerCase()}`
    const first = seen.get(name)
    seen.set(name, first ?? key)
    if (first === undefined) return []
    return [
      {
        path: `${path}.Condition.${operator}`,
        problem: `"${first}" and "${key}" are the same key, which IAM accepts only once per operator`,
        fix: 'Put the values in one list.',
      },
    ]
  })
}

const WHOLE = /^(?:(?:ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/

function invalidCondition(
  { operator, key, values }: Condition,
  version: TrustPolicy['version'],
  path: string,
): InvalidPart[] {
  const [, base = '', ifExists] = WHOLE.exec(operator) ?? []
  const known = operatorNames().includes(base) && !(base === 'Null' && ifExists)
  if (!known) {
    // Whether IAM takes other case is not documented.
    const inOtherCase = operatorNames().find((one) => one.toLowerCase() === base.toLowerCase())
    if (inOtherCase !== undefined && inOtherCase !== base) return []
    const meant = operatorMeant(operator)
    return [
      {
        path: `${path}.${operator}`,
        problem: `IAM knows no condition operator "${operator}"${meant ? `; you probably mean ${meant}` : ''}`,
        fix: meant === undefined ? "Use one of IAM's operators." : `Use ${meant}.`,
      },
    ]
  }
  const form = FORMS.find(([pattern]) => pattern.test(base))
  if (form === undefined) return []
  const [, fits, what, variables] = form
  const isVariable = (value: string) => version === '2012-10-17' && value.includes('${')
  return values
    .filter((value) => (isVariable(value) ? !variables : !fits(value)))
    .map((value) => ({
      path: `${path}.${operator}["${key}"]`,
      problem: isVariable(value)
        ? `${base} does not accept a policy variable: "${value}"`
        : `"${value}" is not ${what}`,
      fix: `Give ${what}.`,
    }))
}

const isBoolean = (value: string) => /^(true|false)$/i.test(value)
const isNumber = (value: string) => /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)
const isDate = (value: string) => compareDates(value, value) !== undefined

// reference_policies_elements_condition_operators.html: Numeric and Date operators take no policy variables.
const FORMS: readonly (readonly [
  base: RegExp,
  fits: (value: string) => boolean,
  what: string,
  variables: boolean,
])[] = [
  [/^Null$/, isBoolean, '"true" or "false"', false],
  [/^Bool$/, isBoolean, '"true" or "false"', true],
  [/^Numeric/, isNumber, 'a number', false],
  [/^Date/, isDate, 'a date such as 2030-01-31T00:00:00Z', false],
  [/IpAddress$/, isAddressRange, 'an address or a range such as 203.0.113.0/24', true],
]

function isAddressRange(value: string): boolean {
  const [address = '', prefix, more] = value.split('/')
  const six = address.includes(':')
  const longest = six ? 128 : 32
  const fits = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest)
  if (six) return fits && more === undefined && /^[\da-f:]+(:\d+(\.\d+){3})?$/i.test(address)
  const bytes = address.split('.')
  const isByte = (one: string) => /^\d{1,3}$/.test(one) && Number(one) <= 255
  return fits && more === undefined && bytes.length === 4 && bytes.every(isByte)
}

/** What other languages call it, or the nearest name. */
function operatorMeant(operator: string): string | undefined {
  const [, some, base = ''] = /^(?:For(Any|All)Values?:)?:*(.*)$/s.exec(operator) ?? []
  const quantifier = some === undefined ? '' : some === 'Any' ? 'ForAnyValue:' : 'ForAllValues:'
  if (/null/i.test(base)) return 'Null'
  const not = /not/i.test(base) ? 'Not' : ''
  if (/contain|match|regex|start|begin|end|prefix|suffix|glob|^like$/i.test(base)) {
    return `${quantifier}String${not}Like`
  }
  if (/^(not)?equals?$/i.test(base)) return `${quantifier}String${not}Equals`
  const word = nearest(base.trim(), [
    ...operatorNames(),
    ...operatorNames()
      .filter((one) => one !== 'Null')
      .map((one) => `${one}IfExists`),
  ])
  return word && `${quantifier}${word}`
}
