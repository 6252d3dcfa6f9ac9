import { OidcError } from '../errors.ts'
import { printable } from '../printable.ts'
import { readJsonFile } from './json-file.ts'
import { parseTrustPolicy, type TrustPolicy } from './policy.ts'

export interface PolicyFile {
  readonly policy: TrustPolicy
  /** Characters without blanks between them, as IAM counts. */
  readonly length: number
}

/** A trust policy from a file or stdin (`-`): the document alone, or as `aws iam get-role` prints it. */
export async function readPolicyFile(path: string, signal?: AbortSignal): Promise<PolicyFile> {
  const document = unwrap(await readJsonFile(path, 'The trust policy', signal))
  const parsed = parseTrustPolicy(document)
  if ('policy' in parsed) return { policy: parsed.policy, length: JSON.stringify(document).length }
  throw new OidcError('file-malformed', {
    what: `The trust policy in ${path === '-' ? 'stdin' : path} is malformed: ${printable(`${parsed.path || 'the document'} ${parsed.problem}`)}.`,
    next: 'Correct it; IAM would not take it either.',
  })
}

function unwrap(json: unknown): unknown {
  const role = property(json, 'Role') ?? json
  return property(role, 'AssumeRolePolicyDocument') ?? json
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined
}
