import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { ROLE, startJob } from './job.ts'
import { assertConceals, secretsIn, watchArguments } from './secrets.ts'

const TOKEN = `eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.${'c2ln'.repeat(20)}`

test('tokens and keys are found in environments, shared files and exports', () => {
  const texts = [
    `CIRCLE_OIDC_TOKEN_V2=${TOKEN}`,
    'aws_secret_access_key = secret/key+of/40=\naws_session_token=session/token==',
    "export AWS_SESSION_TOKEN='exported/token=='",
    'AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE',
  ]
  assert.deepEqual(texts.map(secretsIn), [
    [TOKEN],
    ['secret/key+of/40=', 'session/token=='],
    ['exported/token=='],
    [],
  ])
})

test('a secret shown is noticed: whole, its signature, URL-encoded, in base64', () => {
  const secret = 'secret/key+of/40='
  for (const text of [
    `x${TOKEN}x`,
    TOKEN.slice(-80),
    `a=${encodeURIComponent(secret)}`,
    Buffer.from(secret).toString('base64'),
  ]) {
    assert.throws(() => assertConceals(text, [TOKEN, secret], 'it'), /^AssertionError.*it shows/)
  }
  assertConceals('eyJhbGciOiJSUzI1NiJ9 secret/key', [TOKEN, secret], 'it')
})

test('a secret on the command line of a child of a child is noticed', async () => {
  const script = 'sh -c "sleep 0.2; exit" sh "$TOKEN"; exit'
  const child = spawn('sh', ['-c', script], { env: { PATH: '/usr/bin:/bin', TOKEN } })
  const stop = watchArguments(child.pid ?? 0)
  await once(child, 'close')
  assert.throws(() => assertConceals(stop(), [TOKEN], 'a command line'), /shows/)
})

test('a static key of the job is not shown where it is given in the place of something else', async (t) => {
  const { job } = await startJob(t)
  const keys = {
    AWS_SECRET_ACCESS_KEY: 'made/up+for/this/test',
    AWS_SESSION_TOKEN: 'made-up-session==',
  }
  for (const secret of Object.values(keys)) {
    for (const option of ['REGION', 'PROFILE', 'DURATION_SECONDS', 'STS_ENDPOINT', 'POLICY']) {
      const env = { ...keys, [`AWS_OIDC_${option}`]: secret }
      const { stdout, stderr } = await job.run(['assume-role', '--role-arn', ROLE], { env })
      assertConceals(stdout + stderr, [secret], option)
    }
  }
})
