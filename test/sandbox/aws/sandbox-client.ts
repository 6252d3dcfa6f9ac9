import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { AwsCredentialIdentity } from '@smithy/types'
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/index.ts'
import { startSandbox } from '../../../src/sandbox/index.ts'

export const CIRCLECI_ROLE = 'arn:aws:iam::111111111111:role/circleci-oidc'
export const PLAYGROUND_ROLE = 'arn:aws:iam::222222222222:role/playground'

/** A sandbox for one test, with the lines it logged. */
export async function sandboxFor(t: TestContext, options: SandboxOptions = {}) {
  const lines: string[] = []
  const sandbox = await startSandbox({ log: (line) => lines.push(line), ...options })
  t.after(() => sandbox.close())
  return { sandbox, lines }
}

export function clientFor(sandbox: Sandbox, credentials?: AwsCredentialIdentity): STSClient {
  return new STSClient({
    endpoint: sandbox.url,
    region: 'eu-central-1',
    maxAttempts: 1,
    credentials: credentials ?? { accessKeyId: 'AKIDUNUSED', secretAccessKey: 'unused' },
  })
}

/** An AssumeRoleWithWebIdentity command for the default world's role; `change` replaces parameters. */
export async function exchangeCommand(sandbox: Sandbox, change: object = {}) {
  return new AssumeRoleWithWebIdentityCommand({
    RoleArn: CIRCLECI_ROLE,
    RoleSessionName: 'job-42',
    WebIdentityToken: await sandbox.mint(),
    ...change,
  })
}

export async function exchange(sandbox: Sandbox, change: object = {}) {
  return clientFor(sandbox).send(await exchangeCommand(sandbox, change))
}

/** Credentials of a session of the default world's role. */
export async function sessionCredentials(
  sandbox: Sandbox,
  change: object = {},
): Promise<AwsCredentialIdentity> {
  const { Credentials: credentials } = await exchange(sandbox, change)
  assert.ok(credentials?.AccessKeyId && credentials.SecretAccessKey && credentials.SessionToken)
  return {
    accessKeyId: credentials.AccessKeyId,
    secretAccessKey: credentials.SecretAccessKey,
    sessionToken: credentials.SessionToken,
  }
}

/** Asserts that STS refused: wire code, HTTP status and message. */
export async function refused(
  attempt: Promise<unknown>,
  code: string,
  status: number,
  message: string | RegExp,
): Promise<void> {
  await assert.rejects(attempt, (error: Error & Record<string, unknown>) => {
    const { httpStatusCode } = error['$metadata'] as { httpStatusCode?: number }
    assert.equal(error['Code'] ?? error.name, code, error.message)
    assert.equal(httpStatusCode, status)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  })
}

/** A raw STS request, for what an SDK would not send. */
export function post(
  sandbox: Sandbox,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(sandbox.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ Version: '2011-06-15', ...parameters }),
  })
}
