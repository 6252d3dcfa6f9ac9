import type { MintOptions } from '../../../src/sandbox/index.ts'
import type { Source } from './request-sources.ts'
import type { Signing } from './signed-request.ts'

/** A request, and AWS's answer to it. */
export interface Row {
  readonly operation: string
  readonly source: Source
  /** What differs from a good request; `undefined` takes a parameter away. */
  readonly change?: Readonly<Record<string, unknown>>
  /** The error code of the sandbox; `undefined`: it succeeds. */
  readonly code: string | undefined
  /** Where AWS answers otherwise, or does not document its answer: the line of docs/sandbox-aws.md that says so. */
  readonly deviation?: { readonly line: string; readonly aws: string }
  /** Of the role's trust policy. */
  readonly condition?: object
  /** What differs in the token that is exchanged. */
  readonly token?: () => MintOptions
  /** What becomes of the token on the way. */
  readonly spoil?: (token: string) => string
  /** What differs in the exchange that the caller's credentials come from. */
  readonly session?: Readonly<Record<string, unknown>>
  /** What no client does, so it is only sent raw. */
  readonly signing?: Signing
  readonly rawOnly?: true
}
