import { OidcError } from '../errors.ts'
import { readStdin, readTextFile } from '../files/read.ts'
import { isRoleArn, parseRoleArn, type RoleArn } from '../role/arn.ts'
import { printable } from '../text.ts'
import { type Claims, wrongClaim } from '../token/claims.ts'
import { parseJson } from './policy/json.ts'
import { parseTrustPolicy, type TrustPolicy } from './policy/policy.ts'

/** A trust policy from a file or stdin (`-`): the document alone, or as `aws iam get-role` prints it. */
export async function readPolicyFile(path: string, signal?: AbortSignal): Promise<PolicyFile> {
  const json = await readJsonFile(path, 'The trust policy', signal, MAXIMUM_BYTES)
  const document = policyIn(json)
  const parsed = parseTrustPolicy(document)
  if ('policy' in parsed) {
    const length = JSON.stringify(document).length
    return { policy: parsed.policy, length, role: roleIn(json) }
  }
  throw new OidcError('file-malformed', {
    what: `The trust policy in ${placeOf(path)} is malformed: ${printable(`${parsed.path || 'the document'} ${parsed.problem}`)}.`,
    next: 'Correct it; IAM would not accept it either.',
  })
}

// API_CreateRole.html, AssumeRolePolicyDocument: 131,072 characters at most. Files are indented, and hold the role, too.
const MAXIMUM_BYTES = 250_000

export interface PolicyFile {
  readonly policy: TrustPolicy
  /** Characters without blanks between them, as IAM counts. */
  readonly length: number
  /** The role, where the file is what `aws iam get-role` prints. */
  readonly role: RoleArn | undefined
}

function roleIn(json: unknown): RoleArn | undefined {
  const answer = isObject(json) ? json : {}
  const { Arn } = isObject(answer['Role']) ? answer['Role'] : answer
  return typeof Arn === 'string' && isRoleArn(Arn) ? parseRoleArn(Arn) : undefined
}

function policyIn(json: unknown): unknown {
  const answer = isObject(json) ? json : {}
  const role = isObject(answer['Role']) ? answer['Role'] : answer
  return role['AssumeRolePolicyDocument'] ?? json
}

/** The claims of a token from a file or stdin (`-`): alone, or as `token --format json` prints them. */
export async function readClaimsFile(path: string, signal?: AbortSignal): Promise<Claims> {
  const claims = claimsIn(await readJsonFile(path, 'The claims', signal))
  const place = placeOf(path)
  if (!isObject(claims)) throw malformed(`The claims in ${place} are not a JSON object.`)
  const wrong = wrongClaim(claims)
  if (wrong) throw malformed(`The claims in ${place} are not the claims of a token.`, wrong)
  return claims
}

/** A claim may be called "claims" too, but there is no ID token without an issuer. */
function claimsIn(json: unknown): unknown {
  return isObject(json) && !('iss' in json) ? (json['claims'] ?? json) : json
}

function malformed(what: string, why?: string): OidcError {
  return new OidcError('file-malformed', {
    what,
    ...(why === undefined ? {} : { why }),
    next: 'Give what `token --format json` prints, or the claims alone.',
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Reads JSON from a path (`file://` may stand before it) or, for `-`, from stdin; `what` names it in errors.
 * `signal` ends the wait for a pipe.
 */
async function readJsonFile(
  path: string,
  what: string,
  signal?: AbortSignal,
  maximumBytes?: number,
): Promise<unknown> {
  const parsed = parseJson(await readText(path, what, signal, maximumBytes))
  if ('value' in parsed) return parsed.value
  throw new OidcError('file-malformed', {
    what: `${what} can't be read: ${placeOf(path)} ${parsed.problem}.`,
    next: 'Correct it there, or give another file.',
  })
}

/** The text of a file or, for `-`, of stdin. */
export function readText(
  path: string,
  what: string,
  signal?: AbortSignal,
  maximumBytes?: number,
): Promise<string> {
  const reading = { what, signal, maximumBytes }
  return path === '-' ? readStdin(reading) : readTextFile(placeOf(path), reading)
}

function placeOf(path: string): string {
  return path === '-' ? 'stdin' : path.replace(/^file:\/\//, '')
}

// IAM quotas: inline policies of a role, 10,240 characters without white space.
const MAXIMUM_LENGTH = 10_240

/** The policy that is put into a role, from a file. */
export async function readPermissionPolicy(path: string | undefined): Promise<object | undefined> {
  if (path === undefined) return undefined
  const policy = await readJsonFile(path, 'The permission policy')
  const length = JSON.stringify(policy).length
  if (!isObject(policy) || !('Statement' in policy)) {
    throw noPermissionPolicy(`The permission policy ${path} has no "Statement".`)
  }
  if (length > MAXIMUM_LENGTH) {
    throw noPermissionPolicy(
      `The permission policy ${path} has ${length} characters; IAM accepts at most ${MAXIMUM_LENGTH}.`,
    )
  }
  return policy
}

function noPermissionPolicy(what: string): OidcError {
  return new OidcError('file-malformed', {
    what,
    next: 'Give a whole policy document, or a managed policy with --policy-arns.',
  })
}
