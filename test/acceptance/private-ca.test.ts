import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ROLE, startJob } from './job.ts'
import { createAuthority, serveOverTls } from './tls-server.ts'

const authority = createAuthority('Test CA')
const otherAuthority = createAuthority('Other CA')

/** A job whose STS has a certificate of a private authority; nothing trusts it yet. */
async function startOverTls(t: TestContext) {
  const { job, sandbox } = await startJob(t)
  const url = await serveOverTls(t, sandbox.url, await authority)
  job.env['AWS_ENDPOINT_URL_STS'] = url
  const ca = job.write('ca.pem', (await authority).pem)
  const other = job.write('other.pem', (await otherAuthority).pem)
  return { job, sandbox, url, ca, other }
}

const ARGS = ['assume-role', '--role-arn', ROLE, '--max-attempts', '3']

test('AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, and each beside a bundle of others', async (t) => {
  const { job, sandbox, ca, other } = await startOverTls(t)
  for (const env of [
    { AWS_CA_BUNDLE: ca },
    { NODE_EXTRA_CA_CERTS: ca },
    { AWS_CA_BUNDLE: other, NODE_EXTRA_CA_CERTS: ca },
    { AWS_CA_BUNDLE: ca, NODE_EXTRA_CA_CERTS: other },
  ]) {
    const { stderr } = await job.done(ARGS, { env })
    assert.equal(stderr, '')
  }
  assert.equal(sandbox.exchanges, 4)
})

test('whoami trusts the same', async (t) => {
  const { job, ca } = await startOverTls(t)
  const env = { AWS_CA_BUNDLE: ca }
  await job.done(ARGS, { env })
  const { stdout } = await job.done(['whoami'], { env })
  assert.match(stdout, /^Account +111111111111$/m)
})

test('a certificate that nothing trusts: at once, with the way out; no token is sent', async (t) => {
  const { job, sandbox, other } = await startOverTls(t)
  for (const env of [{}, { AWS_CA_BUNDLE: other }, { NODE_EXTRA_CA_CERTS: other }]) {
    const { stderr } = await job.fails(
      ARGS,
      'aws-unreachable',
      /certificate of 127\.0\.0\.1:\d+ \(from \S+\) is not from a CA that this job trusts\.\n.*\w*(CERT|UNABLE_TO_)\w*: .*Next: .*AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS/s,
      { env },
    )
    assert.doesNotMatch(stderr, /^Attempt/m, 'another attempt would not help')
  }
  assert.equal(sandbox.requests.length, 0)
})

test('a certificate for another name', async (t) => {
  const { job, sandbox, url, ca } = await startOverTls(t)
  const args = [...ARGS, '--sts-endpoint', url.replace('127.0.0.1', 'localhost')]
  await job.fails(
    args,
    'aws-unreachable',
    /is for another host\..*ALTNAME_INVALID.*Next: .*--sts-endpoint/s,
    {
      env: { AWS_CA_BUNDLE: ca },
    },
  )
  assert.equal(sandbox.requests.length, 0)
})

test('a bundle that cannot be read, or holds no certificate', async (t) => {
  const { job } = await startOverTls(t)
  const missing = { AWS_CA_BUNDLE: '/no/such.pem' }
  await job.fails(ARGS, 'file-unreadable', /\/no\/such\.pem.*AWS_CA_BUNDLE.*ENOENT/, {
    env: missing,
  })
  const empty = { AWS_CA_BUNDLE: job.write('empty.pem', '') }
  await job.fails(ARGS, 'file-malformed', /contains no certificate in PEM format/, { env: empty })
})
