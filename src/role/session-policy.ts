import { OidcError } from '../errors.ts'
import { readTextFile } from '../files/read.ts'
import { partitionOfPolicy, type RoleArn } from './arn.ts'

/** The inline session policy as compact JSON, from JSON text or `file://PATH`. */
export async function readSessionPolicy(given: string): Promise<string> {
  const text = given.startsWith('file://')
    ? await readTextFile(given.slice(7), { what: 'The session policy file' })
    : given
  const malformed = await findProblem(text)
  if (malformed) {
    throw invalid(
      malformed,
      'Give a policy document as JSON, or file://PATH of a file that contains it.',
    )
  }
  const policy: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
  // STS takes no characters above U+00FF; escaped they mean the same.
  const compact = JSON.stringify(policy).replace(
    /[^\x20-\xff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  if (compact.length <= MAXIMUM_POLICY_LENGTH) return compact
  throw invalid(
    `The session policy has ${compact.length} characters without spaces; AWS accepts at most ${MAXIMUM_POLICY_LENGTH}.`,
    'Shorten it, or put it in a managed policy and pass that with --policy-arns.',
  )
}

async function findProblem(text: string): Promise<string | undefined> {
  const grammar = await import('../trust/policy/session-policy.ts').catch(() => undefined)
  if (!grammar) return isJson(text) ? undefined : 'The session policy is not JSON.'
  const malformed = grammar.sessionPolicyProblem(text)
  if (!malformed) return undefined
  const at = malformed.path === '' ? 'The' : `${malformed.path} of the`
  return `${at} session policy ${malformed.problem}.`
}

/** All that the orb's copy asks: it has no room for IAM's grammar, and leaves the rest to AWS. */
function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text.replace(/^\uFEFF/, '')) === 'object'
  } catch {
    return false
  }
}

/** Refuses session policies that AWS would refuse for this role: too long together, or of another account. */
export function checkSessionPolicies(
  role: RoleArn,
  policy: string | undefined,
  policyArns: readonly string[],
): void {
  const stray = policyArns.find((arn) => {
    const [, partition, , , owner = ''] = arn.split(':')
    return partition !== role.partition || !['aws', role.accountId].includes(owner)
  })
  if (stray !== undefined) {
    throw invalid(
      `The session policy ${stray} is not in the role's account ${role.accountId} (${role.partition}).`,
      `Give a managed policy of that account, or an AWS managed policy: arn:${role.partition}:iam::aws:policy/NAME.`,
    )
  }
  const length = (policy ?? '').length + policyArns.join('').length
  if (length <= MAXIMUM_POLICY_LENGTH) return
  throw invalid(
    `The session policy and the policy ARNs have ${length} characters in total; AWS accepts at most ${MAXIMUM_POLICY_LENGTH}.`,
    'Shorten the policy, or give fewer ARNs.',
  )
}

/** Refuses managed session policies that AWS would refuse. */
export function checkPolicyArns(arns: readonly string[]): void {
  if (arns.length > MAXIMUM_POLICY_ARNS) {
    throw invalid(
      `There are ${arns.length} session policy ARNs; AWS accepts at most ${MAXIMUM_POLICY_ARNS}.`,
      'Leave some out, or merge policies.',
    )
  }
  for (const arn of arns) {
    if (partitionOfPolicy(arn) === undefined) {
      throw invalid(
        `"${arn.slice(0, 200)}" is not the ARN of a managed policy.`,
        'Give arn:aws:iam::ACCOUNT:policy/NAME, or arn:aws:iam::aws:policy/NAME for an AWS managed policy.',
      )
    }
  }
}

// STS API Reference, AssumeRoleWithWebIdentity: Policy, PolicyArns.
const MAXIMUM_POLICY_LENGTH = 2048
const MAXIMUM_POLICY_ARNS = 10

function invalid(what: string, next: string): OidcError {
  return new OidcError('invalid-session-policy', { what, next })
}
