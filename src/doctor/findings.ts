import { asOidcError, type ErrorCode, EXIT, type OidcError } from '../errors.ts'
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
    fix: 'Unset it; give the CA of a proxy with AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS.',
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
    fix: 'Use AWS in builds of the repository itself only. To pass secrets to forked builds trusts everyone who can open a pull request.',
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
    title: "The token is that of a fork's pull request",
    fix: 'A trust policy limited to a branch rejects it, and should.',
  },
  'ssh-rerun': {
    level: 'warning',
    title: 'The job was rerun with SSH',
    fix: 'Whoever logs in can use its token. Rerun it without SSH if that is not meant.',
  },
  'root-issuer': {
    level: 'warning',
    title: 'The token is of the root issuer, not of the organization',
    fix: 'Mint it without --root-issuer, or register that issuer in IAM.',
  },
  'token-of-another-job': {
    level: 'warning',
    title: 'The token is not of this project',
    fix: "Use the job's own token: leave out --token-env and --token-file.",
  },
  'misspelt-variable': {
    level: 'warning',
    title: 'A variable is not read',
    fix: 'Correct its name, or remove it.',
  },
  'static-keys': {
    level: 'warning',
    title: 'Static keys in the environment win over the profile',
    fix: 'Remove them from context and project, or name the profile in each command with --profile.',
  },
  'profile-variable': {
    level: 'warning',
    title: 'A variable makes AWS tools use another profile',
    fix: 'Unset it, or set it to the profile that is meant.',
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
    title: 'AWS tools do not take a section for a profile',
    fix: 'Write [profile NAME] in the config file, [NAME] in the credentials file, and [default] in both.',
  },
  'two-defaults': {
    level: 'warning',
    title: '[default] and [profile default] are both there, and the second replaces the first',
    fix: 'Keep [default] only.',
  },
  'read-differently': {
    level: 'warning',
    title: 'The AWS CLI and the SDK for JavaScript read a line differently',
    fix: 'Write "key = value", keys in small letters, comments on lines of their own, names without blanks.',
  },
  'quoted-value': {
    level: 'warning',
    title: 'Quotation marks are part of a value',
    fix: 'Remove them; AWS tools take them as they stand.',
  },
  'process-cannot-run': {
    level: 'warning',
    title: 'AWS tools cannot run the credential_process of a profile',
    fix: 'Run assume-role with --credentials refresh again, if it wrote the profile; else correct the path, or chmod +x the program.',
  },
  'file-mode': {
    level: 'warning',
    title: 'Others can get at the credentials',
    fix: 'chmod 600 it.',
  },
  'file-owner': {
    level: 'warning',
    title: 'A shared file belongs to another user',
    fix: 'Run all steps as one user, or chown it.',
  },
} as const satisfies Record<string, FindingText>

type FindingKind = keyof typeof FINDINGS

/** What a comparison with the trust policy can show; apart, because the orb's copy has no evaluator. */
export const COMPARISON_FINDINGS = {
  'trust-policy-rejects': {
    level: 'error',
    exit: EXIT.refused,
    title: 'The trust policy rejects this token',
    fix: 'Correct the condition named.',
  },
  'trust-policy-undecided': {
    level: 'warning',
    title: 'Whether the trust policy allows this token depends on what only AWS knows',
    fix: 'Look at the conditions named; "trust check" shows all of them.',
  },
  'refused-despite-policy': {
    level: 'error',
    exit: EXIT.refused,
    title: 'AWS refuses the role although this trust policy allows the token',
    fix: "Compare with the role's own policy (aws iam get-role), its name with regard to case, and the service control policies. Changes take a few minutes.",
  },
  'policy-of-another-role': {
    level: 'error',
    exit: EXIT.refused,
    title: 'The trust policy is that of another role',
    fix: 'Give this ARN with --role-arn, if it is the one that is meant: name, path and case must be the same.',
  },
  'trust-policy-differs': {
    level: 'warning',
    title: 'AWS accepts the token although this trust policy does not allow it',
    fix: "The role has another trust policy: bring the file and the role's own (aws iam get-role) together.",
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
  return { id, level, what: `${title}: ${detail}.`, fix, exit, ...more }
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
  const what = `Likely why AWS refuses the role: ${doubt.what}`
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
