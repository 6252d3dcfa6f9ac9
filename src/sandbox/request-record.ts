import type { FaultName } from './fault.ts'
import type { Query } from './query.ts'

/** One STS request in the sandbox's log. */
export interface RequestRecord {
  readonly action: string
  /** As sent, `WebIdentityToken` replaced by `***`. */
  readonly parameters: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number
  /** HTTP status of the answer; `undefined` while there is none. */
  status: number | undefined
  /** AWS's error code, when refused. */
  code: string | undefined
  fault: FaultName | undefined
  /** The client was sent a whole, unspoilt answer without an error. */
  succeeded: boolean
}

export function recordRequest(query: Query): RequestRecord {
  const parameters = Object.fromEntries(query)
  if ('WebIdentityToken' in parameters) parameters['WebIdentityToken'] = '***'
  return {
    action: query.get('Action') ?? '',
    parameters,
    arrivedAt: Date.now(),
    status: undefined,
    code: undefined,
    fault: undefined,
    succeeded: false,
  }
}
