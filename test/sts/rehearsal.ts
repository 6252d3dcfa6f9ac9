import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { startDeadline } from '../../src/deadline.ts'
import { OidcError } from '../../src/errors.ts'
import { parseRoleArn } from '../../src/role/arn.ts'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts'
import { startSandbox } from '../../src/sandbox/index.ts'
import { type Exchanged, exchangeToken } from '../../src/sts/assume-role.ts'
import { stsEndpoint } from '../../src/sts/endpoint.ts'
import { type WebIdentityToken, webIdentityToken } from '../../src/token/web-identity-token.ts'

export interface Rehearsal {
  readonly outcome: Exchanged | OidcError
  readonly notes: readonly string[]
  readonly debug: readonly string[]
  /** Every token used. */
  readonly tokens: readonly WebIdentityToken[]
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
  const tokens: WebIdentityToken[] = []
  const env = change.env ?? {}
  const deadline = startDeadline(change.timeoutSeconds ?? 30)
  const request = {
    role: parseRoleArn(change.role ?? 'arn:aws:iam::111111111111:role/circleci-oidc'),
    roleSessionName: 'circleci-42-website-deploy',
    durationSeconds: 3600,
    policyArns: [],
  }
  const token = change.token ?? webIdentityToken(await sandbox.mint(), 'CIRCLE_OIDC_TOKEN_V2')
  const outcome = await exchangeToken(request, token, {
    endpoint: stsEndpoint('us-east-1', change.endpoint ?? sandbox.url, {}),
    env,
    deadline,
    maxAttempts: change.maxAttempts ?? 3,
    note: (text) => notes.push(text),
    debug: (text) => debug.push(text),
    onToken: (used) => tokens.push(used),
  }).catch((error: unknown) => {
    if (error instanceof OidcError) return error
    throw error
  })
  deadline.clear()
  assertNoSecret([...notes, ...debug, ...told(outcome)].join('\n'), tokens, outcome)
  return { outcome, notes, debug, tokens }
}

/** What a person may see of an error, stack traces of `--debug` included. */
function told(outcome: Exchanged | OidcError): string[] {
  if (!(outcome instanceof OidcError)) return []
  const { message, why, likely, next, stack, cause } = outcome
  const behind = cause instanceof Error ? [cause.message, cause.stack] : []
  return [message, why, likely, next, stack, ...behind].filter((text) => text !== undefined)
}

function assertNoSecret(
  text: string,
  tokens: readonly WebIdentityToken[],
  outcome: Exchanged | OidcError,
): void {
  const signatures = tokens.map(({ value }) => value.slice(-40))
  const keys =
    outcome instanceof OidcError
      ? []
      : [outcome.credentials.secretAccessKey, outcome.credentials.sessionToken]
  for (const secret of [...tokens.map(({ value }) => value), ...signatures, ...keys]) {
    assert.ok(secret.length > 20 && !text.includes(secret), 'a secret is told')
  }
}
