import { StsError } from './answer.ts'
import { listIndexes, type Query } from './request.ts'

/**
 * Throws AWS's `ValidationError`, which lists every fault of the request's parameters: what is missing, and what breaks
 * the constraints of the API model.
 */
export function validateParameters(query: Query, input: Structure): void {
  const faults = structureFaults(query, '', '', input)
  if (faults.length === 0) return
  const count = `${faults.length} validation error${faults.length > 1 ? 's' : ''} detected`
  throw new StsError('ValidationError', `${count}: ${faults.join('; ')}`)
}

export type Shape =
  | {
      readonly type: 'string'
      /** Characters, at least and at most; `undefined`: no limit in the model. */
      readonly length?: readonly [least: number, most: number | undefined]
      /** As AWS prints it; ASCII `\w` and `\d`. */
      readonly pattern?: string
      /** Never repeated in an answer. */
      readonly sensitive?: true
    }
  | { readonly type: 'integer'; readonly range: readonly [number, number] }
  | {
      readonly type: 'list'
      readonly count?: readonly [least: number, most: number]
      readonly member: Shape
    }
  | Structure

interface Structure {
  readonly type: 'structure'
  readonly required: readonly string[]
  readonly members: Readonly<Record<string, Shape>>
}

const text = (least: number, most?: number, pattern?: string) =>
  ({
    type: 'string',
    length: [least, most],
    ...(pattern === undefined ? {} : { pattern }),
  }) as const

const list = (member: Shape, count?: readonly [number, number]) =>
  ({ type: 'list', member, ...(count === undefined ? {} : { count }) }) as const

const structure = (required: readonly string[], members: Readonly<Record<string, Shape>>) =>
  ({ type: 'structure', required, members }) as const

const ARN = text(
  20,
  2048,
  '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+',
)
const NAME = '[\\w+=,.@-]*'
const POLICY = '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+'
const TAG = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]'
const TAG_KEY = text(1, 128, `${TAG}+`)
export const TAGS = list(
  structure(['Key', 'Value'], { Key: TAG_KEY, Value: text(0, 256, `${TAG}*`) }),
  [0, 50],
)
const POLICY_ARNS = list(structure([], { arn: ARN }))
const SERIAL_NUMBER = text(9, 256, '[\\w+=/:,.@-]*')
const TOKEN_CODE = text(6, 6, '[\\d]*')
const ROLE_DURATION = { type: 'integer', range: [900, 43_200] } as const
const USER_DURATION = { type: 'integer', range: [900, 129_600] } as const

/** The parameters of every operation served, as in the API model that AWS's SDKs are made from (version 2011-06-15). */
export const INPUTS = {
  AssumeRole: structure(['RoleArn', 'RoleSessionName'], {
    RoleArn: ARN,
    RoleSessionName: text(2, 64, NAME),
    PolicyArns: POLICY_ARNS,
    // Its 2,048 characters count together with the policy ARNs: see session-policy.ts.
    Policy: text(1, undefined, POLICY),
    DurationSeconds: ROLE_DURATION,
    Tags: TAGS,
    TransitiveTagKeys: list(TAG_KEY, [0, 50]),
    ExternalId: text(2, 1224, '[\\w+=,.@:\\/-]*'),
    SerialNumber: SERIAL_NUMBER,
    TokenCode: TOKEN_CODE,
    SourceIdentity: text(2, 64, NAME),
    ProvidedContexts: list(
      structure([], { ProviderArn: ARN, ContextAssertion: text(4, 2048) }),
      [1, 5],
    ),
  }),
  AssumeRoleWithWebIdentity: structure(['RoleArn', 'RoleSessionName', 'WebIdentityToken'], {
    RoleArn: ARN,
    RoleSessionName: text(2, 64, NAME),
    WebIdentityToken: { ...text(4, 20_000), sensitive: true },
    ProviderId: text(4, 2048),
    PolicyArns: POLICY_ARNS,
    Policy: text(1, 2048, POLICY),
    DurationSeconds: ROLE_DURATION,
  }),
  DecodeAuthorizationMessage: structure(['EncodedMessage'], { EncodedMessage: text(1, 10_240) }),
  GetAccessKeyInfo: structure(['AccessKeyId'], { AccessKeyId: text(16, 128, '[\\w]*') }),
  GetCallerIdentity: structure([], {}),
  GetFederationToken: structure(['Name'], {
    Name: text(2, 32, NAME),
    Policy: text(1, 2048, POLICY),
    PolicyArns: POLICY_ARNS,
    DurationSeconds: USER_DURATION,
    Tags: TAGS,
  }),
  GetSessionToken: structure([], {
    DurationSeconds: USER_DURATION,
    SerialNumber: SERIAL_NUMBER,
    TokenCode: TOKEN_CODE,
  }),
} as const satisfies Readonly<Record<string, Structure>>

/** `parameter` is the name in the request (`Tags.member.1`), `member` the one in AWS's messages (`tags.1.member`). */
function faultsOf(query: Query, parameter: string, member: string, shape: Shape): string[] {
  switch (shape.type) {
    case 'structure':
      return structureFaults(query, `${parameter}.`, `${member}.`, shape)
    case 'list': {
      const indexes = listIndexes(query, parameter)
      return [
        ...(shape.count ? sizeFaults(indexes.length, shape.count, 'length') : []).map((rule) =>
          fault(member, undefined, rule),
        ),
        ...indexes.flatMap((index, at) =>
          faultsOf(
            query,
            `${parameter}.member.${index}`,
            `${member}.${at + 1}.member`,
            shape.member,
          ),
        ),
      ]
    }
    case 'integer': {
      const value = query.get(parameter) ?? ''
      const faults = /^-?\d+$/.test(value)
        ? sizeFaults(Number(value), shape.range, 'value')
        : ['Member must be an integer']
      return faults.map((rule) => fault(member, value, rule))
    }
    case 'string': {
      const value = query.get(parameter) ?? ''
      const shown = shape.sensitive ? undefined : value
      return textFaults(value, shape).map((rule) => fault(member, shown, rule))
    }
  }
}

function structureFaults(
  query: Query,
  parameters: string,
  members: string,
  { required, members: shapes }: Structure,
): string[] {
  return Object.entries(shapes).flatMap(([name, shape]) => {
    const parameter = `${parameters}${name}`
    const member = `${members}${name.charAt(0).toLowerCase()}${name.slice(1)}`
    if (isPresent(query, parameter)) return faultsOf(query, parameter, member, shape)
    if (!required.includes(name)) return []
    return [`Value null at '${member}' failed to satisfy constraint: Member must not be null`]
  })
}

function isPresent(query: Query, parameter: string): boolean {
  return [...query.keys()].some((one) => one === parameter || one.startsWith(`${parameter}.`))
}

function fault(member: string, value: string | undefined, rule: string): string {
  const shown = value === undefined ? '' : ` '${value}'`
  return `Value${shown} at '${member}' failed to satisfy constraint: ${rule}`
}

function textFaults(value: string, { length, pattern }: Shape & { type: 'string' }): string[] {
  const faults = pattern && !new RegExp(`^(?:${pattern})$`, 'u').test(value)
  return [
    ...(faults ? [`Member must satisfy regular expression pattern: ${pattern}`] : []),
    // Lengths count Unicode characters, not UTF-16 units: https://smithy.io/2.0/spec/constraint-traits.html#length-trait
    ...(length ? sizeFaults([...value].length, length, 'length') : []),
  ]
}

function sizeFaults(
  size: number,
  [least, most]: readonly [number, number | undefined],
  what: 'length' | 'value',
): string[] {
  if (size < least) return [`Member must have ${what} greater than or equal to ${least}`]
  if (most !== undefined && size > most) {
    return [`Member must have ${what} less than or equal to ${most}`]
  }
  return []
}
