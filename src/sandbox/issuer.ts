import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { JobFacts, World } from './aws/world.ts'

/** V1 and V2 tokens differ in their subject: V2 adds the repository and the branch. */
export interface MintOptions {
  readonly version?: 'v1' | 'v2'
  /** Default: the organization id, as in a CircleCI job. */
  readonly audience?: string | string[]
  /** Seconds from now; negative for an expired token. Default: the world's `tokenLifetimeSeconds`. */
  readonly expiresIn?: number
  /** Claims to add or replace; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** `iss` is the issuer's origin, as with `circleci run oidc get --root-issuer`. */
  readonly rootIssuer?: boolean
}

export interface Issuer {
  readonly mint: (options?: MintOptions) => Promise<string>
  /** The issuers whose tokens are signed with our key: the organization's and the root. */
  readonly names: readonly string[]
  /** Whether `circleci run oidc get` answers in the job. */
  readonly mintsForJob: boolean
  readonly jwks: { readonly keys: readonly object[] }
  readonly findKey: ReturnType<typeof createLocalJWKSet>
}

const ALGORITHM = 'RS256'

/** An OIDC issuer with an RSA key of 2048 bits, like CircleCI's, that no other process has. */
export async function createIssuer(world: World): Promise<Issuer> {
  keyPair ??= generateKeyPair(ALGORITHM)
  const { privateKey, publicKey } = await keyPair
  const kid = crypto.randomUUID()
  const key = { ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: 'sig' }
  const root = new URL(world.issuer).origin
  return {
    names: [world.issuer, root],
    mintsForJob: hasTokens(world),
    jwks: { keys: [key] },
    findKey: createLocalJWKSet({ keys: [key] }),
    mint: (options = {}) => {
      const now = Math.floor(Date.now() / 1000)
      const lifetime = options.expiresIn ?? world.tokenLifetimeSeconds
      // An expired token was issued a normal lifetime before it expired.
      const issuedAt = Math.min(now, now + lifetime - 1)
      const payload = {
        ...circleciClaims(world, options.version ?? 'v2'),
        iss: options.rootIssuer ? root : world.issuer,
        aud: options.audience ?? world.organization,
        iat: issuedAt,
        exp: now + lifetime,
        ...options.claims,
      } as JWTPayload
      return new SignJWT(payload)
        .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
        .sign(privateKey)
    },
  }
}

/** Making it takes longer than all else of a sandbox's start. */
let keyPair: ReturnType<typeof generateKeyPair> | undefined

/** CircleCI's id for the one who starts scheduled pipelines: kelvintaywl/terraform-provider-circleci */
const SCHEDULER = 'd9b3fcaa-6032-405a-8c75-40079ce33c3e'

/** Whether the job gets tokens: https://circleci.com/docs/openid-connect-tokens/#oidc-in-open-source-projects */
export function hasTokens({ job: { fork } }: World): boolean {
  return fork === undefined || fork.passSecrets
}

/** https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token */
function circleciClaims(world: World, version: 'v1' | 'v2') {
  const { job } = world
  const user = job.trigger === 'schedule' ? SCHEDULER : job.userId
  const subject = `org/${world.organization}/project/${world.project}/user/${user}`
  const change = sourceOfChange(job)
  return {
    sub:
      version === 'v1' || !change
        ? subject
        : `${subject}/vcs-origin/${change.origin}/vcs-ref/${change.ref}`,
    'oidc.circleci.com/context-ids': job.contextIds,
    'oidc.circleci.com/job-id': job.jobId,
    'oidc.circleci.com/org-id': world.organization,
    'oidc.circleci.com/pipeline-definition-id': job.pipelineDefinitionId,
    'oidc.circleci.com/pipeline-id': job.pipelineId,
    'oidc.circleci.com/project-id': world.project,
    'oidc.circleci.com/ssh-rerun': false,
    ...(change && {
      'oidc.circleci.com/vcs-origin': change.origin,
      'oidc.circleci.com/vcs-ref': change.ref,
    }),
    'oidc.circleci.com/workflow-id': job.workflowId,
  }
}

/** Repository and ref; a custom webhook has none, so its V2 subject is that of V1 (same page, `sub`). */
function sourceOfChange({ trigger, fork, tag, branch, repository }: JobFacts) {
  if (trigger === 'webhook') return undefined
  if (fork) return { origin: fork.repository, ref: `refs/heads/pull/${fork.pullRequest}` }
  return {
    origin: repository,
    ref: tag === undefined ? `refs/heads/${branch}` : `refs/tags/${tag}`,
  }
}

/** The answer at one of the issuer's local paths, or `undefined`. `url` is the sandbox's own address. */
export function discover(issuer: Issuer, path: string, url: string): object | undefined {
  for (const name of issuer.names) {
    const base = new URL(name).pathname.replace(/\/$/, '')
    const jwksPath = `${base}/.well-known/jwks-pub.json`
    if (path === jwksPath) return issuer.jwks
    if (path === `${base}/.well-known/openid-configuration`) {
      return {
        issuer: name,
        jwks_uri: `${url}${jwksPath}`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public', 'pairwise'],
        id_token_signing_alg_values_supported: [ALGORITHM],
        scopes_supported: ['openid'],
      }
    }
  }
  return undefined
}

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
  if (!issuer.mintsForJob) return { problem: 'builds of this fork get no secrets, so no token' }
  const { claims, rootIssuer, version } = JSON.parse(body) as Readonly<Record<string, unknown>>
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
    version: version === 'v1' ? 'v1' : 'v2',
    ...(audience === undefined ? {} : { audience }),
  })
  return { token }
}
