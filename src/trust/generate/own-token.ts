import { OidcError } from '../../errors.ts'
import type { Claims } from '../../token/claims.ts'
import { contextKeys, tokenContextKeys } from '../policy/context-keys.ts'
import { evaluate, explainEvaluation } from '../policy/evaluate.ts'
import { parseTrustPolicy } from '../policy/policy.ts'
import {
  EXCHANGE,
  sessionClaims,
  tagConditionKeys,
  tokenActions,
} from '../policy/session-claims.ts'
import { trustPolicyDocument } from '../roles/policy-document.ts'
import { providerArn, type RoleSetup } from '../roles/setup.ts'

/**
 * Puts the token that a role was made from before its trust policy. What to know where that rejects it: a role
 * may be narrowed down to another branch. Throws `invalid-usage` where it was not.
 */
export function ownTokenNotes(setup: RoleSetup, claims: Claims, isNarrowed: boolean): string[] {
  const { party } = setup
  // Whatever the account is, provider and role are both in it.
  const complete = { ...setup, accountId: setup.accountId ?? '123456789012' }
  const parsed = parseTrustPolicy(trustPolicyDocument(complete))
  if (party.kind !== 'tokens' || !('policy' in parsed)) return []
  const session = sessionClaims(claims)
  const keys = new Map([...tokenContextKeys(claims), ...contextKeys(tagConditionKeys(session))])
  const caller = { kind: 'federated', providerArn: providerArn(party, complete) } as const
  const failed = tokenActions(session)
    .map((action) => evaluate(parsed.policy, { action, caller, keys }))
    .filter(({ verdict }) => verdict !== 'allows')
  return failed.map((evaluation) => {
    if (evaluation.action !== EXCHANGE) {
      return `The token also needs ${evaluation.action}: add it to the Action of the trust policy.`
    }
    const reasons = explainEvaluation(evaluation).join('; ')
    if (isNarrowed) return `This job's own token is not allowed: ${reasons}.`
    throw new OidcError('invalid-usage', {
      what: 'The trust policy would reject the very token it is made from, so it is not printed.',
      why: `${reasons}.`,
      next: 'Give --issuer, --audience and --subject instead of --from-token.',
    })
  })
}
