import type { Exchange } from './exchange.ts'
import { blame, errorFinding, type Finding, finding, fine, skipped } from './finding.ts'

/** The CircleCI token of the other version, which AWS accepted where it refused the one in use. */
export interface OtherVersion {
  readonly refused: string
  readonly accepted: string
}

/** How AWS answered; where it refused, what the reason may be. */
export function checkExchange(
  { plan, outcome }: Exchange,
  suspects: readonly Finding[],
  other: OtherVersion | undefined,
): Finding[] {
  if (!outcome) return [skipped('exchange', `${plan.profile}: the profile it builds on failed`)]
  if ('value' in outcome) {
    const { arn, credentials } = outcome.value
    return [fine('exchange', `AWS gives ${arn}, until ${credentials.expiration.toISOString()}`)]
  }
  const { error } = outcome
  const found = errorFinding(error)
  if (plan.source.kind !== 'token') return [found]
  if (error.code === 'provider-not-found') {
    const issuers = suspects.filter(
      ({ id }) => id === 'root-issuer' || id === 'token-of-another-job',
    )
    return [...issuers.map((one) => blame(one, error)), found]
  }
  if (error.code !== 'access-denied') return [found]
  if (other) {
    const detail = `AWS accepts ${other.accepted} and refuses ${other.refused}`
    return [finding('token-version-refused', detail), found]
  }
  // Rerunning with SSH changes nothing that a trust policy can see.
  const likely = suspects.filter(({ id }) => id !== 'ssh-rerun')
  return [...likely.map((one) => blame(one, error)), found]
}
