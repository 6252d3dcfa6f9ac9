import assert from 'node:assert/strict'
import { readSessionPolicy } from '../../src/role/session-policy.ts'
import { parseWorld } from '../../src/sandbox/aws/world.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { decodeClaims } from '../../src/token/claims.ts'
import { issuerHostPath, tokenContextKeys } from '../../src/trust/policy/context-keys.ts'
import { evaluate } from '../../src/trust/policy/evaluate.ts'
import { parseTrustPolicy } from '../../src/trust/policy/policy.ts'

/** Checks a block by what it is: a trust policy, a session policy, or a world of the sandbox. */
export async function checkJson(text: string, admits = 'v1, v2'): Promise<void> {
  const value: unknown = JSON.parse(text)
  assert.ok(typeof value === 'object' && value !== null, 'a JSON object is expected')
  if (!('Statement' in value)) parseWorld(text)
  else if (text.includes('"Resource"')) await readSessionPolicy(text)
  else await checkTrustPolicy(value, admits)
}

/** Asks the evaluator about the tokens of a job of the default world. */
async function checkTrustPolicy(document: unknown, admits: string): Promise<void> {
  const parsed = parseTrustPolicy(document)
  assert.ok('policy' in parsed, `not a trust policy: ${JSON.stringify(parsed)}`)
  const sandbox = await startSandbox()
  try {
    for (const version of ['v1', 'v2'] as const) {
      const claims = decodeClaims(await sandbox.mint({ version }), version)
      const issuer = issuerHostPath(claims.iss ?? '')
      const { verdict } = evaluate(parsed.policy, {
        action: 'sts:AssumeRoleWithWebIdentity',
        caller: {
          kind: 'federated',
          providerArn: `arn:aws:iam::111111111111:oidc-provider/${issuer}`,
        },
        keys: tokenContextKeys(claims),
      })
      const expected = admits.includes(version) ? 'allows' : 'rejects'
      assert.equal(verdict, expected, `the ${version} token of the default world`)
    }
  } finally {
    await sandbox.close()
  }
}
