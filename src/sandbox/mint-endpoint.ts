import type { Issuer } from './issuer.ts'

/** Where the job's `circleci run oidc get` gets its token: the sandbox's own address plus this path. */
export const MINT_PATH = '/sandbox/mint'

/**
 * The token, or why CircleCI would not mint it. The body is JSON: what `circleci run oidc get` was given.
 * Of the claims only `aud` can be chosen: https://circleci.com/docs/oidc-tokens-with-custom-claims/
 */
export async function mintForJob(
  issuer: Issuer,
  body: string,
): Promise<{ token: string } | { problem: string }> {
  const { claims, rootIssuer } = JSON.parse(body) as { claims?: unknown; rootIssuer?: unknown }
  if (claims !== undefined && (typeof claims !== 'object' || claims === null)) {
    return { problem: 'claims must be a JSON object' }
  }
  const { aud, ...others } = (claims ?? {}) as Readonly<Record<string, unknown>>
  const stray = Object.keys(others)[0]
  if (stray !== undefined) return { problem: `the claim "${stray}" cannot be set, only "aud"` }
  const list = Array.isArray(aud) ? aud : aud === undefined ? [] : [aud]
  if (list.some((one) => typeof one !== 'string' || one === '')) {
    return { problem: 'the claim "aud" must be a string or a list of strings' }
  }
  const audience = Array.isArray(aud) ? list : list[0]
  const token = await issuer.mint({
    rootIssuer: rootIssuer === true,
    ...(audience === undefined ? {} : { audience }),
  })
  return { token }
}
