import { OidcError } from '../errors.ts'

export interface RoleArn {
  readonly arn: string
  /** `aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, `aws-iso`… */
  readonly partition: string
  /** Twelve digits. */
  readonly accountId: string
  /** `/` or `/team/ci/`. */
  readonly path: string
  readonly name: string
}

/** Takes a role ARN apart. What is not one is refused with the slip that was made; `where` names what gave it. */
export function parseRoleArn(text: string, where?: string): RoleArn {
  const match = ROLE_ARN.exec(text)
  if (match && isRoleArn(text)) {
    const [, partition = '', accountId = '', path = '', name = ''] = match
    return { arn: text, partition, accountId, path, name }
  }
  throw new OidcError('invalid-role-arn', {
    // A wrong variable name may have put a secret here, so only what looks like an ARN is shown.
    what: /^\s*["']?arn:/i.test(text)
      ? `The role ARN "${shorten(text)}"${where ? ` (from ${where})` : ''} is not valid.`
      : `The role ARN (${where ? `from ${where}, ` : ''}${text.length} characters, not shown) is not valid.`,
    why: slip(text),
    next: `Give the ARN as the IAM console shows it at the top of the role's page: ${EXAMPLE}.`,
  })
}

const ROLE_ARN = /^arn:(aws[a-z-]*):iam::(\d{12}):role(\/(?:[\x21-\x7e]+\/)?)([\w+=,.@-]{1,64})$/

const EXAMPLE = 'arn:aws:iam::123456789012:role/NAME'

// IAM API Reference, CreatePolicy: Path, PolicyName. Policies of AWS have "aws" for the account.
const POLICY_ARN =
  /^arn:(aws[a-z-]*):iam::(?:\d{12}|aws):policy\/(?:[\x21-\x7e]+\/)?[\w+=,.@-]{1,128}$/

/** The partition of a managed policy, by its ARN; undefined for what is none. */
export function partitionOfPolicy(arn: string): string | undefined {
  return POLICY_ARN.exec(arn)?.[1]
}

export function isRoleArn(text: string): boolean {
  return ROLE_ARN.test(text) && text.length <= 2048
}

/** What is wrong with it, the commonest slips first. Resource ARN shapes: IAM User Guide, "IAM ARNs". */
function slip(text: string): string {
  if (text !== text.trim()) return 'It begins or ends with a space or a line break.'
  if (/^(["']).*\1$/.test(text)) return 'The quotation marks are part of the value.'
  if (/\s/.test(text)) return 'It contains a space.'
  if (!text.startsWith('arn:'))
    return 'It does not begin with "arn:": the name of a role is not enough.'
  const [, partition = '', service = '', region = '', account = '', ...rest] = text.split(':')
  const resource = rest.join(':')
  if (!/^aws[a-z-]*$/.test(partition))
    return `"${partition}" is not a partition such as aws, aws-cn or aws-us-gov.`
  if (service === 'sts')
    return 'It is the ARN of a session; the role has an ARN of its own, with "iam".'
  if (service !== 'iam') return `It belongs to the service "${service}"; a role belongs to "iam".`
  if (/^\d{12}$/.test(region))
    return 'A colon is missing: there are two between "iam" and the account id.'
  if (region !== '') return `IAM ARNs have no region, but "${region}" stands there.`
  if (/^\d+$/.test(account) && account.length !== 12) {
    return `The account id "${account}" has ${account.length} digits instead of 12.`
  }
  if (!/^\d{12}$/.test(account)) return `"${account}" is not an account id of 12 digits.`
  const kind = resource.split('/')[0] ?? ''
  if (kind !== 'role') return wrongKind(kind)
  if (text.length > 2048) return `It has ${text.length} characters; the limit is 2048.`
  if (/^role\/*$/.test(resource)) return 'The name of the role is missing.'
  const name = resource.split('/').at(-1) ?? ''
  if (name === '') return 'It ends with "/"; the name of the role comes last.'
  if (name.length > 64) return `The role name has ${name.length} characters; the limit is 64.`
  if (/^[\w+=,.@-]+$/.test(name)) return 'The path before the name of the role is not valid.'
  return `The role name "${shorten(name)}" has characters other than letters, digits and _+=,.@-`
}

function wrongKind(kind: string): string {
  if (kind === 'user') return 'It is the ARN of a user; a token is exchanged for a role.'
  if (kind === 'instance-profile')
    return 'It is the ARN of an instance profile; the role inside it has its own.'
  if (kind === 'oidc-provider')
    return 'It is the ARN of the identity provider; the role has its own.'
  if (kind === 'policy') return 'It is the ARN of a policy, not of a role.'
  return `It names "${shorten(kind)}", not "role/NAME".`
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
