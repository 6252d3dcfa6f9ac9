import type { ContextKeys } from '../../trust/policy/context-keys.ts'
import {
  type Caller,
  describeCaller,
  evaluate,
  explainEvaluation,
} from '../../trust/policy/evaluate.ts'
import type { Role } from './account.ts'
import { StsError } from './answer.ts'
import type { RequestedRole, StsRequest } from './request.ts'
import type { Session } from './session.ts'
import type { World } from './world.ts'

interface AuthorizationRequest {
  readonly requested: RequestedRole
  readonly caller: Caller
  /** All must be allowed: the operation itself, `sts:TagSession` with tags, `sts:SetSourceIdentity` with a source identity. */
  readonly actions: readonly [string, ...string[]]
  readonly keys: ContextKeys
}

/** The role, when its trust policy allows the caller; else AWS's `AccessDenied`, the same for a role that does not exist. */
export function authorize(world: World, request: AuthorizationRequest): Role {
  const { requested, caller, actions, keys } = request
  const role = findRole(world, requested)
  if (!role) {
    throw denied(request, actions[0], `there is no role ${requested.arn} in this world`)
  }
  for (const action of actions) {
    const evaluation = evaluate(role.trustPolicy, { action, caller, keys })
    if (evaluation.verdict === 'allows') continue
    const lead =
      evaluation.verdict === 'undecided'
        ? "the trust policy can't be evaluated here, so the sandbox refuses"
        : `the trust policy does not allow ${action} by ${describeCaller(caller)}`
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

type KeyEntry = readonly [string, string | readonly string[] | undefined]

/** A key that is certainly absent, so that the evaluator need not leave the answer to AWS. */
const ABSENT: readonly string[] = []

/** What every request carries: reference_policies_condition-keys.html, "Properties of the request" and "of the resource". */
export function requestKeys(
  { headers }: StsRequest,
  { account }: RequestedRole,
  region: string,
): readonly KeyEntry[] {
  const now = new Date()
  return [
    ['aws:CurrentTime', now.toISOString()],
    ['aws:EpochTime', String(Math.floor(now.getTime() / 1000))],
    // The sandbox speaks plain HTTP where AWS takes HTTPS only.
    ['aws:SecureTransport', 'true'],
    ['aws:RequestedRegion', region],
    ['aws:ResourceAccount', account],
    ['aws:UserAgent', headers['user-agent'] ?? ABSENT],
    ['aws:Referer', headers['referer'] ?? ABSENT],
    ['aws:ViaAWSService', 'false'],
    ['aws:CalledVia', ABSENT],
    ['aws:CalledViaFirst', ABSENT],
    ['aws:CalledViaLast', ABSENT],
    ['aws:PrincipalIsAWSService', 'false'],
    ['aws:PrincipalServiceName', ABSENT],
    ['aws:PrincipalServiceNamesList', ABSENT],
    ['aws:SourceArn', ABSENT],
    ['aws:SourceAccount', ABSENT],
    // Of IAM users only, and there are none in the world.
    ['aws:username', ABSENT],
  ]
}

/** "Properties of the principal", same page. A request with a web identity token is not signed: it has none of them. */
export function principalKeys(session: Session | undefined): readonly KeyEntry[] {
  if (session === undefined) {
    return [
      'userid',
      'PrincipalType',
      'TokenIssueTime',
      'MultiFactorAuthPresent',
      'MultiFactorAuthAge',
    ].map((name) => [`aws:${name}`, ABSENT])
  }
  return [
    ['aws:PrincipalArn', session.roleArn],
    ['aws:PrincipalAccount', session.account],
    ['aws:PrincipalType', 'AssumedRole'],
    ['aws:userid', session.userId],
    ['aws:SourceIdentity', session.sourceIdentity],
    ['aws:FederatedProvider', session.providerArn ?? ABSENT],
    ['aws:TokenIssueTime', session.issuedAt.toISOString()],
    ['aws:MultiFactorAuthPresent', 'false'],
    ['aws:MultiFactorAuthAge', ABSENT],
    ...[...session.tags].map(([key, value]) => [`aws:PrincipalTag/${key}`, value] as const),
  ]
}
