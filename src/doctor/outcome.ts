import { asOidcError } from '../error-text.ts'
import type { OidcError } from '../errors.ts'

/** What came of something that may fail. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: OidcError }

export async function outcomeOf<Value>(
  work: () => Value | Promise<Value>,
): Promise<Outcome<Value>> {
  try {
    return { value: await work() }
  } catch (error) {
    return { error: asOidcError(error) }
  }
}
