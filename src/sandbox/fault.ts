import { OidcError } from '../errors.ts'
import type { StsErrorCode } from './aws/answer.ts'

/** What a fault does to one STS request. `truncate` and `omit` spoil the real answer; `ACCOUNT` is that of the role. */
type FaultEffect =
  | { readonly kind: 'error'; readonly code: StsErrorCode; readonly message: string }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'body'; readonly status: number; readonly type: string; readonly body: string }
  | { readonly kind: 'truncate' }
  | { readonly kind: 'omit'; readonly element: string }

interface FaultEntry {
  readonly description: string
  readonly effect: FaultEffect
}

const HTML = '<!DOCTYPE html><html><body><h1>Sign in to continue</h1></body></html>\n'

// Messages as reported from real STS answers; codes from the actions' "Errors" in the STS API Reference.
const FAULTS = {
  throttling: {
    description: 'Throttling (400) "Rate exceeded"',
    effect: { kind: 'error', code: 'Throttling', message: 'Rate exceeded' },
  },
  'internal-failure': {
    description: 'InternalFailure (500)',
    effect: {
      kind: 'error',
      code: 'InternalFailure',
      message:
        'The request processing has failed because of an unknown error, exception or failure.',
    },
  },
  'service-unavailable': {
    description: 'ServiceUnavailable (503)',
    effect: {
      kind: 'error',
      code: 'ServiceUnavailable',
      message: 'The request has failed due to a temporary failure of the server.',
    },
  },
  'idp-communication-error': {
    description: 'IDPCommunicationError (400): AWS could not reach the issuer',
    effect: {
      kind: 'error',
      code: 'IDPCommunicationError',
      message:
        'The request could not be fulfilled because the identity provider could not be reached to verify the incoming identity token.',
    },
  },
  'verification-key': {
    description: 'InvalidIdentityToken (400) "Couldn\'t retrieve verification key…"',
    effect: {
      kind: 'error',
      code: 'InvalidIdentityToken',
      message:
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    },
  },
  'expired-token': {
    description: 'ExpiredTokenException (400): the web identity token has expired',
    effect: {
      kind: 'error',
      code: 'ExpiredTokenException',
      message:
        'Token expired: current date/time 1800000000 must be before the expiration date/time 1799996400',
    },
  },
  'rejected-claim': {
    description: 'IDPRejectedClaim (403)',
    effect: {
      kind: 'error',
      code: 'IDPRejectedClaim',
      message: 'The identity provider (IdP) reported that authentication failed.',
    },
  },
  'access-denied': {
    description: 'AccessDenied (403)',
    effect: {
      kind: 'error',
      code: 'AccessDenied',
      message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    },
  },
  'region-disabled': {
    description: 'RegionDisabledException (403)',
    effect: {
      kind: 'error',
      code: 'RegionDisabledException',
      message:
        'STS is not activated in this region for account:ACCOUNT. Your account administrator can activate STS in this region using the IAM Console.',
    },
  },
  'packed-policy': {
    description: 'PackedPolicyTooLarge (400): session policies and tags together',
    effect: {
      kind: 'error',
      code: 'PackedPolicyTooLarge',
      message: 'Packed policy consumes 112% of allotted space, please use smaller policy.',
    },
  },
  slow: { description: 'the answer comes 3 s later', effect: { kind: 'delay', ms: 3000 } },
  reset: { description: 'the connection is reset', effect: { kind: 'reset' } },
  html: {
    description: '200 with an HTML page, as from a captive proxy',
    effect: { kind: 'body', status: 200, type: 'text/html', body: HTML },
  },
  'html-502': {
    description: '502 with an HTML page, as from a gateway',
    effect: { kind: 'body', status: 502, type: 'text/html', body: HTML },
  },
  truncated: {
    description: 'the connection closes in the middle of the answer',
    effect: { kind: 'truncate' },
  },
  empty: {
    description: '200 with an empty body',
    effect: { kind: 'body', status: 200, type: 'text/xml', body: '' },
  },
  'missing-fields': {
    description: '200 without SecretAccessKey',
    effect: { kind: 'omit', element: 'SecretAccessKey' },
  },
} as const satisfies Record<string, FaultEntry>

export type FaultName = keyof typeof FAULTS

export interface Fault {
  readonly name: FaultName
  /** How many STS requests it spoils; `Infinity` for all. */
  readonly count: number
}

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]

export function describeFault(name: FaultName): string {
  return FAULTS[name].description
}

export function faultEffect(name: FaultName): FaultEffect {
  return FAULTS[name].effect
}

/** Reads `NAME[:COUNT]`. Throws `invalid-usage`. */
export function parseFault(text: string): Fault {
  const [, name, count] = /^([^:]*)(?::([1-9]\d*))?$/.exec(text) ?? []
  const known = FAULT_NAMES.find((one) => one === name)
  if (!known) {
    throw new OidcError('invalid-usage', {
      what: `"${text}" is not a fault.`,
      next: `Give NAME or NAME:COUNT (COUNT from 1), where NAME is one of ${FAULT_NAMES.join(', ')}.`,
    })
  }
  return { name: known, count: count === undefined ? Number.POSITIVE_INFINITY : Number(count) }
}

/** Hands out the faults of successive STS requests, in the order given, each as often as its count says. */
export function faultQueue(faults: readonly Fault[]): () => FaultName | undefined {
  const left = faults.map(({ name, count }) => ({ name, count }))
  return () => {
    const next = left.find(({ count }) => count > 0)
    if (next) next.count -= 1
    return next?.name
  }
}
