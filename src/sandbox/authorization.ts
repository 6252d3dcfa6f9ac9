import type { ContextKeys } from '../trust/context-keys.ts'
import { evaluate } from '../trust/evaluate.ts'
import { explainEvaluation } from '../trust/explain.ts'
import type { Caller } from '../trust/principal.ts'
import { describeCaller } from '../trust/principal.ts'
import type { RequestedRole } from './parameters.ts'
import { StsError } from './sts-error.ts'
import type { Role, World } from './world.ts'

export interface AuthorizationRequest {
  readonly requested: RequestedRole
  readonly caller: Caller
  /** All must be admitted: the operation itself, `sts:TagSession` with tags, `sts:SetSourceIdentity` with a source identity. */
  readonly actions: readonly string[]
  readonly keys: ContextKeys
}

/** The role, when its trust policy admits the caller; else AWS's `AccessDenied`, the same for a role that does not exist. */
export function authorize(world: World, request: AuthorizationRequest): Role {
  const { requested, caller, actions, keys } = request
  const role = findRole(world, requested)
  if (!role) {
    throw denied(request, actions[0] ?? '', `there is no role ${requested.arn} in this world`)
  }
  for (const action of actions) {
    const evaluation = evaluate(role.trustPolicy, { action, caller, keys })
    if (evaluation.verdict === 'admits') continue
    const lead =
      evaluation.verdict === 'undecided'
        ? "the trust policy can't be evaluated here, so the sandbox refuses"
        : `the trust policy does not admit ${action} by ${describeCaller(caller)}`
    throw denied(request, action, `${lead}: ${explainEvaluation(evaluation).join(' | ')}`)
  }
  return role
}

function findRole(world: World, { account, partition, resource }: RequestedRole) {
  return world.accounts
    .find((one) => one.id === account && one.partition === partition)
    ?.roles.find(({ path, name }) => `${path}${name}` === `/${resource}`)
}

function denied({ caller, requested }: AuthorizationRequest, action: string, reason: string) {
  const message =
    caller.kind === 'federated'
      ? `Not authorized to perform ${action}`
      : `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${requested.arn}`
  return new StsError('AccessDenied', message, reason)
}
