import { deflateRawSync } from 'node:zlib'
import { sessionPolicyProblem } from '../../trust/policy/session-policy.ts'
import { StsError } from './answer.ts'
import { listMembers, type Query, type RequestedRole } from './request.ts'

/**
 * Checks the session policies of a request (they are accepted, not enforced) and returns `PackedPolicySize` in percent,
 * `undefined` when the request packs nothing.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function packSessionPolicy(
  query: Query,
  role: RequestedRole,
  tags: ReadonlyMap<string, string>,
): number | undefined {
  const policy = query.get('Policy')
  const arns = listMembers(query, 'PolicyArns').map((member) => member.get('arn') ?? '')
  checkPolicyArns(arns, role)
  if (policy !== undefined) checkDocument(policy)
  checkPlaintext(policy, arns)
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

// AWS publishes no number of bytes for the packed limit, only that it applies to the compressed form.
const PACKED_LIMIT_BYTES = 2048
const MAXIMUM_POLICY_ARNS = 10

/** "The plaintext that you use for both inline and managed session policies can't exceed 2,048 characters." */
const MAXIMUM_PLAINTEXT = 2048

function checkPlaintext(policy: string | undefined, arns: readonly string[]): void {
  const length = [...(policy ?? ''), ...arns.join('')].length
  if (length <= MAXIMUM_PLAINTEXT) return
  throw new StsError(
    'ValidationError',
    "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048",
    `policy and policy ARNs have ${length} characters together`,
  )
}

function checkDocument(text: string): void {
  const malformed = sessionPolicyProblem(text)
  if (malformed === undefined) return
  const { path, problem } = malformed
  throw new StsError(
    'MalformedPolicyDocument',
    /JSON/.test(problem) && path === ''
      ? 'The policy is not in the valid JSON format.'
      : /Principal$/.test(path)
        ? 'Policy document should not specify a principal.'
        : 'Syntax errors in policy.',
    `the session policy${path === '' ? '' : ` at ${path}`} ${problem}`,
  )
}

/** "The policies must exist in the same account as the role" (same page), and any account has AWS's own. */
function checkPolicyArns(arns: readonly string[], { account, partition }: RequestedRole): void {
  if (arns.length > MAXIMUM_POLICY_ARNS) {
    throw new StsError(
      'ValidationError',
      "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10",
    )
  }
  for (const arn of arns) {
    const [, ofPartition, owner] = /^arn:(aws[a-z-]*):iam::(\d{12}|aws):policy\/.+$/.exec(arn) ?? []
    if (owner === undefined) throw new StsError('ValidationError', `ARN ${arn} is not valid.`)
    if (ofPartition !== partition || ![account, 'aws'].includes(owner)) {
      throw new StsError(
        'ValidationError',
        `ARN ${arn} is not valid.`,
        `a session policy of the role must be of its account ${account}, or AWS's own, in ${partition}`,
      )
    }
  }
}
