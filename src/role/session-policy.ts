import { OidcError } from '../errors.ts'
import { readTextFile } from '../files/read.ts'
import { partitionOfPolicy } from './arn.ts'

// STS API Reference, AssumeRoleWithWebIdentity: Policy, PolicyArns.
const MAXIMUM_POLICY_LENGTH = 2048
const MAXIMUM_POLICY_ARNS = 10

/** The inline session policy as compact JSON, from JSON text or `file://PATH`. */
export async function readSessionPolicy(given: string): Promise<string> {
  const text = given.startsWith('file://')
    ? await readTextFile(given.slice(7), { what: 'The session policy file' })
    : given
  let policy: unknown
  try {
    policy = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw invalid(
      `The session policy is not JSON: ${(error as Error).message}.`,
      'Give JSON, or file://PATH of a file that holds it.',
    )
  }
  if (typeof policy !== 'object' || policy === null || !('Statement' in policy)) {
    throw invalid('The session policy has no "Statement".', 'Give a whole policy document.')
  }
  // STS takes no characters above U+00FF; escaped they mean the same.
  const compact = JSON.stringify(policy).replace(
    /[^\x20-\xff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  if (compact.length <= MAXIMUM_POLICY_LENGTH) return compact
  throw invalid(
    `The session policy has ${compact.length} characters without blanks; AWS takes at most ${MAXIMUM_POLICY_LENGTH}.`,
    'Shorten it, or put it into a managed policy and pass that with --policy-arns.',
  )
}

/** Refuses managed session policies that AWS would refuse. */
export function checkPolicyArns(arns: readonly string[]): void {
  if (arns.length > MAXIMUM_POLICY_ARNS) {
    throw invalid(
      `There are ${arns.length} session policy ARNs; AWS takes at most ${MAXIMUM_POLICY_ARNS}.`,
      'Leave some out, or merge policies.',
    )
  }
  for (const arn of arns) {
    if (partitionOfPolicy(arn) === undefined) {
      throw invalid(
        `"${arn.slice(0, 200)}" is not the ARN of a managed policy.`,
        'Give arn:aws:iam::ACCOUNT:policy/NAME, or arn:aws:iam::aws:policy/NAME for one of AWS.',
      )
    }
  }
}

function invalid(what: string, next: string): OidcError {
  return new OidcError('invalid-session-policy', { what, next })
}
