import { asOidcError, type ErrorCode, EXIT, type OidcError } from '../errors.ts'
import { printableLine } from '../text.ts'
import type { PolicyFindingKind } from '../trust/check/findings.ts'

export interface Finding {
  /** What is wrong has a heading in `docs/errors/` or `docs/findings/`; what is fine or skipped has the check's name. */
  readonly id: FindingKind | ComparisonFindingKind | PolicyFindingKind | ErrorCode | Check
  readonly level: (typeof LEVELS)[number]
  /** One line, with the values. Never a secret. */
  readonly what: string
  readonly evidence?: string | undefined
  readonly fix?: string | undefined
  /** Exit code of the command when this is the worst; of errors only. */
  readonly exit: number
}

/** The groups of checks, causes before their effects. */
export const CHECKS = [
  'runtime',
  'clock',
  'token',
  'role',
  'trust-policy',
  'endpoint',
  'exchange',
  'files',
  'environment',
] as const

export type Check = (typeof CHECKS)[number]

/** Worst first. `skipped`: the check could not be made. */
export const LEVELS = ['error', 'warning', 'skipped', 'ok'] as const

/**
 * What can be wrong with a job, apart from the errors that a command ends with: as findings those keep
 * their codes. `docs/findings/doctor.md` has one heading per kind; that of `COMPARISON_FINDINGS` is in `trust-policy.md`.
 */
export const FINDINGS = {
  'node-too-old': {
    level: 'error',
    exit: EXIT.usage,
    title: 'This Node is too old',
    fix: 'Use an image with Node 20 or newer.',
  },
  'tls-unverified': {
    level: 'warning',
    title: 'Certificates are not checked',
    fix: 'Unset it. If a proxy needs its own CA, set AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS.',
  },
  'clock-skew': {
    level: 'error',
    exit: EXIT.refused,
    title: 'The clock of this machine is wrong',
    fix: 'Set the clock. AWS refuses requests that are more than 5 minutes off.',
  },
  'fork-without-token': {
    level: 'error',
    exit: EXIT.noToken,
    title: 'This is a pull request from a fork, and those get no token',
    fix: 'Use AWS only in builds of the repository itself. Passing secrets to forked builds trusts everyone who can open a pull request.',
  },
  'token-incomplete': {
    level: 'error',
    exit: EXIT.refused,
    title: 'The token lacks claims that AWS requires',
    fix: 'Use an ID token of an OpenID Connect issuer, not an access token.',
  },
  'token-expires-soon': {
    level: 'warning',
    title: 'The token is about to expire',
    fix: 'Assume the role earlier in the job, or where the CircleCI agent can mint a new token.',
  },
  'fork-token': {
    level: 'warning',
    title: "The token is from a fork's pull request",
    fix: 'Assume the role in builds of the repository itself: a trust policy limited to a branch rejects this token, as it should.',
  },
  'ssh-rerun': {
    level: 'warning',
    title: 'The job was rerun with SSH',
    fix: 'Anyone who logs in can use its token. Rerun it without SSH unless you intend that.',
  },
  'root-issuer': {
    level: 'warning',
    title: 'The token is from the root issuer, not from the organization',
    fix: 'Mint it without --root-issuer, or register that issuer in IAM.',
  },
  'token-of-another-job': {
    level: 'warning',
    title: 'The token is not from this project',
    fix: "Use the job's own token: leave out --token-env and --token-file.",
  },
  'misspelt-variable': {
    level: 'warning',
    title: 'A variable is ignored',
    fix: 'Correct its name, or remove it.',
  },
  'static-keys': {
    level: 'warning',
    title: 'Static keys in the environment override the profile',
    fix: 'Remove them from the context and the project, or name the profile in each command with --profile.',
  },
  'profile-variable': {
    level: 'warning',
    title: 'A variable makes AWS tools use another profile',
    fix: 'Unset it, or set it to the profile you want.',
  },
  'profile-missing': {
    level: 'warning',
    title: 'The profile is not in the shared files',
    fix: 'Assume the role in an earlier step of this job, with the same HOME, or correct the name.',
  },
  'web-identity-variables': {
    level: 'warning',
    title: 'Variables make the AWS CLI exchange a token by itself, before it looks at a profile',
    fix: 'Unset them, or name the profile in each command with --profile.',
  },
  'region-variables': {
    level: 'warning',
    title: 'AWS tools see different regions',
    fix: 'Set both to the same region: the AWS CLI reads AWS_DEFAULT_REGION, the SDK for JavaScript AWS_REGION.',
  },
  'nothing-exported': {
    level: 'warning',
    title: 'Later steps would get no profile',
    fix: 'Name the profile in each command, with --profile or AWS_PROFILE.',
  },
  'section-ignored': {
    level: 'warning',
    title: 'AWS tools do not read a section as a profile',
    fix: 'Write [profile NAME] in the config file, [NAME] in the credentials file, and [default] in both.',
  },
  'two-defaults': {
    level: 'warning',
    title: 'The file has both [default] and [profile default], and AWS tools read only one of them',
    fix: 'Keep [default] only.',
  },
  'read-differently': {
    level: 'warning',
    title: 'The AWS CLI and the SDK for JavaScript read a line differently',
    fix: 'Write "key = value", keys in lower case, comments on their own lines, names without spaces.',
  },
  'quoted-value': {
    level: 'warning',
    title: 'Quotation marks are part of a value',
    fix: 'Remove them; AWS tools do not.',
  },
  'process-cannot-run': {
    level: 'warning',
    title: 'AWS tools cannot run the credential_process of a profile',
    fix: 'If assume-role wrote the profile, run it again with --credentials refresh; otherwise correct the path, or run chmod +x on the program.',
  },
  'file-mode': {
    level: 'warning',
    title: 'Other users can access the credentials',
    fix: 'Run chmod 600 on it.',
  },
  'file-owner': {
    level: 'warning',
    title: 'A shared file belongs to another user',
    fix: 'Run all steps as the same user, or change its owner with chown.',
  },
} as const satisfies Record<string, FindingText>

type FindingKind = keyof typeof FINDINGS

/** What a comparison with the trust policy can show; apart, because the orb's copy has no evaluator. */
export const COMPARISON_FINDINGS = {
  'trust-policy-rejects': {
    level: 'error',
    exit: EXIT.refused,
    title: 'The trust policy rejects this token',
    fix: 'Correct this condition.',
  },
  'trust-policy-undecided': {
    level: 'warning',
    title: 'Whether the trust policy allows this token depends on what only AWS knows',
    fix: 'Check these conditions; trust check shows all of them.',
  },
  'refused-despite-policy': {
    level: 'error',
    exit: EXIT.refused,
    title: 'AWS refuses the role although this trust policy allows the token',
    fix: "Compare it with the role's current policy (aws iam get-role), check the role name's case, and look for a service control policy that denies it. Changes take a few minutes.",
  },
  'policy-of-another-role': {
    level: 'error',
    exit: EXIT.refused,
    title: 'The trust policy belongs to another role',
    fix: 'If this is the role you want, pass its ARN with --role-arn: name, path and case must match.',
  },
  'trust-policy-differs': {
    level: 'warning',
    title: 'AWS accepts the token although this trust policy does not allow it',
    fix: 'The role has another trust policy than the file: get it with aws iam get-role, and update the file.',
  },
} as const satisfies Record<string, FindingText>

export type ComparisonFindingKind = keyof typeof COMPARISON_FINDINGS

type FindingText = {
  /** What is wrong, in a few words; the values follow. */
  readonly title: string
  readonly fix: string
} & ({ readonly level: 'warning' } | { readonly level: 'error'; readonly exit: number })

/** Something wrong: `detail` follows the title of its kind. */
export function finding(kind: FindingKind, detail: string, more?: More): Finding {
  return findingOf(kind, FINDINGS[kind], detail, more)
}

export function findingOf(
  id: FindingKind | ComparisonFindingKind,
  text: FindingText,
  detail: string,
  more?: More,
): Finding {
  const { level, title, fix } = text
  const exit = text.level === 'error' ? text.exit : EXIT.done
  return { id, level, what: `${title}: ${printableLine(detail)}.`, fix, exit, ...more }
}

type More = Pick<Finding, 'evidence' | 'fix'>

/** The error that a command would end with, as a finding. */
export function errorFinding(error: OidcError): Finding {
  const { code: id, message, why, likely, next: fix, exitCode: exit } = error
  const reason = why !== undefined && TOLD_BY_REASON.includes(id)
  const lines = [why, ...(likely === undefined ? [] : [`Likely: ${likely}`])]
  const evidence = lines.filter((line) => line !== undefined).join('\n') || undefined
  return reason
    ? { id, level: 'error', what: `${message} ${why}`, fix, exit }
    : { id, level: 'error', what: message, evidence, fix, exit }
}

/** Errors that say only in their reason what to correct. */
const TOLD_BY_REASON = ['invalid-role-arn', 'token-malformed']

/** A warning that turns out to be the likely reason why AWS refuses the role. */
export function raise(doubt: Finding, { message, exitCode }: OidcError): Finding {
  const what = `Likely cause of AWS's refusal: ${doubt.what}`
  return { ...doubt, level: 'error', what, evidence: message, exit: exitCode }
}

export const fine = (id: Check, what: string): Finding => ({
  id,
  level: 'ok',
  what,
  exit: EXIT.done,
})

export const skipped = (id: Check, why: string): Finding => ({
  id,
  level: 'skipped',
  what: `${id}: ${why}`,
  exit: EXIT.done,
})

/** What came of something that may fail. */
export type Settled<Value> = { readonly value: Value } | { readonly error: OidcError }

export async function settle<Value>(work: () => Value | Promise<Value>): Promise<Settled<Value>> {
  try {
    return { value: await work() }
  } catch (error) {
    return { error: asOidcError(error) }
  }
}
