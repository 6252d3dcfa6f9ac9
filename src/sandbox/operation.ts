import type { Element } from './answer.ts'
import type { Query } from './query.ts'
import type { Sessions } from './session.ts'
import type { TokenVerification } from './token-verification.ts'
import type { World } from './world.ts'

/** One HTTP request to STS, body read. */
export interface StsRequest {
  readonly method: string
  /** Path and query string as sent. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly query: Query
}

/** What the operations work on. */
export interface Sts {
  readonly world: World
  readonly tokens: TokenVerification
  readonly sessions: Sessions
}

/** An STS action: answers with its result element or throws `StsError`. */
export type Operation = (sts: Sts, request: StsRequest) => Promise<Element>
