import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { startForwardProxy } from './forward-proxy.ts'
import { ROLE, startJob } from './job.ts'
import { createAuthority, serveOverTls } from './tls-server.ts'

const authority = createAuthority('Test CA')

const ARGS = ['assume-role', '--role-arn', ROLE, '--max-attempts', '1', '--timeout-seconds', '30']
/** A job at an STS over TLS whose token is minted only once the STS has seen a connection. */
async function startJobOverTls(
  t: TestContext,
  onConnection: (socket: TLSSocket) => void = () => {},
) {
  const { job, sandbox } = await startJob(t)
  const connections: TLSSocket[] = []
  const url = await serveOverTls(t, sandbox.url, await authority, (socket) => {
    connections.push(socket)
    onConnection(socket)
    job.write('connected', 'yes')
  })
  job.env['AWS_ENDPOINT_URL_STS'] = url
  job.env['AWS_CA_BUNDLE'] = job.write('ca.pem', (await authority).pem)
  delete job.env['CIRCLE_OIDC_TOKEN_V2']
  job.write('minted', await sandbox.mint())
  job.program('circleci', 'until [ -e "$HOME/connected" ]; do sleep 0.05; done; cat "$HOME/minted"')
  return { job, sandbox, connections, url }
}

test('the connection is there before the token, and serves the request', async (t) => {
  const { job, sandbox, connections } = await startJobOverTls(t)
  await job.done(ARGS)
  assert.equal(sandbox.exchanges, 1)
  assert.equal(connections.length, 1)
})

test('so is a tunnel through a proxy', async (t) => {
  const { job, sandbox, connections, url } = await startJobOverTls(t)
  const proxy = await startForwardProxy(t, { login: 'ana:geheim' })
  const HTTPS_PROXY = proxy.url.replace('//', '//ana:geheim@')
  await job.done(ARGS, { env: { HTTPS_PROXY } })
  assert.deepEqual(proxy.asked, [`CONNECT ${new URL(url).host}`])
  assert.equal(sandbox.exchanges, 1)
  assert.equal(connections.length, 1)
})

test('a connection that STS has closed meanwhile is made anew, which is no failed attempt', async (t) => {
  let first = true
  const { job, sandbox, connections } = await startJobOverTls(t, (socket) => {
    if (first) socket.destroy()
    first = false
  })
  const { stderr } = await job.done(ARGS)
  assert.equal(stderr, '')
  assert.equal(sandbox.exchanges, 1)
  assert.equal(connections.length, 2)
})

test('where something in the options is wrong, nothing is connected', async (t) => {
  const { job, connections } = await startJobOverTls(t)
  await job.fails([...ARGS, '--duration-seconds', '60'], 'invalid-duration', /900/)
  assert.equal(connections.length, 0)
})

test('roles of one step share connections, a role and the one it serves have the same, in exec too', async (t) => {
  const { job, sandbox, connections } = await startJobOverTls(t)
  const hub = `[profile hub]\nrole_arn = ${ROLE}\n`
  const chained = `[profile chained]\nrole_arn = arn:aws:iam::222222222222:role/playground\nsource_profile = hub\n`
  const args = ['--max-attempts', '1', '--timeout-seconds', '60']
  const file = (text: string) => ['--profiles-file', job.write('profiles', text), ...args]
  await job.done(['assume-role', ...file(hub + chained)])
  assert.equal(connections.length, 1)
  await job.done(['exec', ...file(hub + chained), '--profile', 'chained', '--', 'true'])
  assert.equal(connections.length, 2)
  const many = Array.from({ length: 120 }, (_, i) => hub.replace('hub', `p${i}`)).join('')
  await job.done(['assume-role', ...file(many)])
  assert.equal(sandbox.exchanges, 122)
  const opened = connections.length - 2
  assert.ok(opened <= 50, `${opened} connections for 120 roles`)
})

test('so is one to a FIPS endpoint', async (t) => {
  const { job } = await startJob(t)
  const proxy = await startForwardProxy(t, { refuses: 503 })
  const env = { AWS_ENDPOINT_URL_STS: '', AWS_USE_FIPS_ENDPOINT: 'true', HTTPS_PROXY: proxy.url }
  // The proxy leads nowhere; what is asked of it while the token is minted shows where to.
  delete job.env['CIRCLE_OIDC_TOKEN_V2']
  job.program('circleci', 'sleep 1; exit 1')
  await job.run([...ARGS, '--region', 'us-east-1'], { env })
  assert.deepEqual(proxy.asked, ['CONNECT sts-fips.us-east-1.amazonaws.com:443'])
})
