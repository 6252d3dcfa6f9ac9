/** The `Principal` element: `"*"`, or who is named under `AWS`, `Federated`, `Service`. */
export interface Principal {
  readonly anyone: boolean
  readonly entries: readonly { readonly kind: string; readonly value: string }[]
}

/** Who makes the request, as STS sees it. */
export type Caller =
  | { readonly kind: 'federated'; readonly providerArn: string }
  | {
      readonly kind: 'aws'
      /** A user ARN, or `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`. */
      readonly arn: string
      readonly account: string
      /** For an assumed-role session: the ARN of the role, with its path. */
      readonly roleArn: string | undefined
    }

export interface PrincipalResult {
  readonly outcome: 'matched' | 'unmatched' | 'undecided'
  readonly reason: string
}

/**
 * Whether the statement names this caller.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function matchPrincipal(principal: Principal | undefined, caller: Caller): PrincipalResult {
  if (principal === undefined) {
    return { outcome: 'undecided', reason: 'NotPrincipal is not evaluated here' }
  }
  if (principal.anyone) return { outcome: 'matched', reason: '"*" is everyone' }
  const match = principal.entries.find((entry) => admits(entry, caller))
  if (match) return { outcome: 'matched', reason: `${match.kind} ${match.value}` }
  if (
    caller.kind === 'federated' &&
    principal.entries.some(({ kind, value }) => kind === 'Federated' && value === '*')
  ) {
    return {
      outcome: 'undecided',
      reason: 'what AWS makes of "*" under Federated is not documented',
    }
  }
  const named = principal.entries.map(({ kind, value }) => `${kind} ${value}`).join(', ')
  return { outcome: 'unmatched', reason: `names ${named}; the caller is ${describeCaller(caller)}` }
}

export function describeCaller(caller: Caller): string {
  return caller.kind === 'federated' ? `Federated ${caller.providerArn}` : `AWS ${caller.arn}`
}

function admits(entry: { kind: string; value: string }, caller: Caller): boolean {
  // {"AWS": "*"} is equivalent to "*": "All principals" on the page above.
  if (entry.kind === 'AWS' && entry.value === '*') return true
  if (caller.kind === 'federated') {
    return entry.kind === 'Federated' && entry.value === caller.providerArn
  }
  if (entry.kind !== 'AWS') return false
  // An account, bare or as its root, stands for every principal in it ("AWS account principals").
  const account = /^arn:[\w-]+:iam::(\d{12}):root$/.exec(entry.value)?.[1] ?? entry.value
  return account === caller.account || [caller.arn, caller.roleArn].includes(entry.value)
}
