import { deflateRawSync } from 'node:zlib'
import { StsError } from './answer.ts'
import { listMembers, type Query } from './request.ts'

// AWS publishes no number of bytes for the packed limit, only that it applies to the compressed form.
const PACKED_LIMIT_BYTES = 2048

/**
 * Checks the session policies of a request (they are accepted, not enforced) and returns `PackedPolicySize` in percent,
 * `undefined` when the request packs nothing.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function packSessionPolicy(
  query: Query,
  tags: ReadonlyMap<string, string>,
): number | undefined {
  const policy = query.get('Policy')
  if (policy !== undefined) checkDocument(policy)
  const arns = listMembers(query, 'PolicyArns').map((member) => member.get('arn') ?? '')
  checkPolicyArns(arns)
  if (policy === undefined && arns.length === 0 && tags.size === 0) return undefined
  const packed = deflateRawSync(JSON.stringify([policy, arns, [...tags]])).length
  const percent = Math.ceil((100 * packed) / PACKED_LIMIT_BYTES)
  if (percent > 100) {
    throw new StsError(
      'PackedPolicyTooLarge',
      `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    )
  }
  return percent
}

function checkDocument(text: string): void {
  const malformed = (message: string, reason: string) =>
    new StsError('MalformedPolicyDocument', message, reason)
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw malformed('The policy is not in the valid JSON format.', 'the session policy is not JSON')
  }
  const syntax = (reason: string) => malformed('Syntax errors in policy.', reason)
  const statement =
    typeof document === 'object' && document !== null && 'Statement' in document
      ? document.Statement
      : undefined
  const statements = Array.isArray(statement) ? statement : [statement]
  for (const one of statements) {
    if (typeof one !== 'object' || one === null) throw syntax('a Statement is missing or no object')
    if (!['Allow', 'Deny'].includes(one.Effect)) throw syntax('a statement has no valid Effect')
    if (!('Action' in one || 'NotAction' in one)) throw syntax('a statement has no Action')
    if (!('Resource' in one || 'NotResource' in one)) throw syntax('a statement has no Resource')
    if ('Principal' in one || 'NotPrincipal' in one) {
      throw malformed('Policy document should not specify a principal.', 'it names a principal')
    }
  }
}

function checkPolicyArns(arns: readonly string[]): void {
  if (arns.length > 10) {
    throw new StsError(
      'ValidationError',
      "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10",
    )
  }
  const wrong = arns.find((arn) => !/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/.+$/.test(arn))
  if (wrong !== undefined) throw new StsError('ValidationError', `ARN ${wrong} is not valid.`)
}
