import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Context, withinTime } from '../../src/context.ts'
import { OidcError } from '../../src/errors.ts'
import { parseRoleArn } from '../../src/role/arn.ts'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts'
import { startSandbox } from '../../src/sandbox/index.ts'
import {
  type AssumedRole,
  assumeRole,
  type RolePlan,
  type Sources,
} from '../../src/sts/assume-role.ts'
import { stsEndpoint } from '../../src/sts/endpoint.ts'
import { type WebIdentityToken, webIdentityToken } from '../../src/token/web-identity-token.ts'

export interface Rehearsal {
  readonly outcome: AssumedRole | OidcError
  readonly notes: readonly string[]
  readonly debug: readonly string[]
  /** Every secret that was concealed, in that order. */
  readonly concealed: readonly string[]
}

interface Change {
  readonly role?: string
  readonly token?: WebIdentityToken
  readonly maxAttempts?: number
  readonly timeoutSeconds?: number
  readonly endpoint?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A sandbox for one test. Retries come at once in it: full jitter may be nothing. */
export async function sandboxFor(t: TestContext, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options)
  t.after(() => sandbox.close())
  t.mock.method(Math, 'random', () => 0)
  return sandbox
}

/** One exchange at the sandbox; asserts that nothing it told holds a token or a key. */
export async function rehearse(sandbox: Sandbox, change: Change = {}): Promise<Rehearsal> {
  const notes: string[] = []
  const debug: string[] = []
  const concealed: string[] = []
  const terminal = {
    note: (text: string) => notes.push(text),
    debug: (text: string) => debug.push(text),
    conceal: (secret: string) => concealed.push(secret),
  } as unknown as Context['terminal']
  const plan: RolePlan = {
    profile: 'default',
    role: parseRoleArn(change.role ?? 'arn:aws:iam::111111111111:role/circleci-oidc'),
    source: { kind: 'token' },
    roleSessionName: 'circleci-42-website-deploy',
    durationSeconds: 3600,
    policyArns: [],
    sessionTags: [],
    transitiveTagKeys: [],
    allowedAccountIds: [],
    endpoint: stsEndpoint('us-east-1', change.endpoint ?? sandbox.url, {}),
  }
  const token = change.token ?? webIdentityToken(await sandbox.mint(), 'CIRCLE_OIDC_TOKEN_V2')
  const sources: Sources = {
    token: async () => token,
    credentials: () => Promise.reject(new Error('no profile is its source')),
  }
  const given = { env: change.env ?? {}, terminal, maxAttempts: change.maxAttempts ?? 3 }
  const outcome = await withinTime(change.timeoutSeconds ?? 30, given, (context) =>
    assumeRole(plan, sources, context),
  ).catch((error: unknown) => {
    if (error instanceof OidcError) return error
    throw error
  })
  assertNoSecret([...notes, ...debug, ...told(outcome)].join('\n'), [token.value, ...concealed])
  return { outcome, notes, debug, concealed }
}

/** What a person may see of an error, stack traces of `--debug` included. */
function told(outcome: AssumedRole | OidcError): string[] {
  if (!(outcome instanceof OidcError)) return []
  const { message, why, likely, next, stack, cause } = outcome
  const behind = cause instanceof Error ? [cause.message, cause.stack] : []
  return [message, why, likely, next, stack, ...behind].filter((text) => text !== undefined)
}

function assertNoSecret(text: string, secrets: readonly string[]): void {
  const parts = secrets.map((secret) => secret.slice(-40))
  for (const secret of [...secrets, ...parts]) {
    assert.ok(secret.length > 20 && !text.includes(secret), 'a secret is told')
  }
}
