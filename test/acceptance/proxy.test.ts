import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type ForwardProxyOptions, startForwardProxy } from './forward-proxy.ts'
import { ROLE, startJob } from './job.ts'
import { createAuthority, serveOverTls } from './tls-server.ts'

const ARGS = ['assume-role', '--role-arn', ROLE, '--max-attempts', '1']

const authority = createAuthority('Test CA')

/** A job, a sandbox that speaks http and https, and a proxy that the job may be told of. */
async function startBehindProxy(t: TestContext, options: ForwardProxyOptions = {}) {
  const { job, sandbox } = await startJob(t)
  const https = await serveOverTls(t, sandbox.url, await authority)
  const ca = job.write('ca.pem', (await authority).pem)
  const proxy = await startForwardProxy(t, options)
  return { job, sandbox, https, ca, proxy }
}

for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']) {
  test(`${name}: an http endpoint is asked through the proxy`, async (t) => {
    const { job, sandbox, proxy } = await startBehindProxy(t)
    await job.done(ARGS, { env: { [name]: proxy.url, HTTPS_PROXY: 'http://127.0.0.1:9' } })
    assert.deepEqual(proxy.asked, [`POST ${sandbox.url}/`])
    assert.equal(sandbox.exchanges, 1)
  })
}

for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) {
  for (const trust of ['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']) {
    test(`${name}, ${trust}: a tunnel to an https endpoint`, async (t) => {
      const { job, sandbox, https, ca, proxy } = await startBehindProxy(t)
      const env = { [name]: proxy.url, HTTP_PROXY: 'http://127.0.0.1:9', [trust]: ca }
      await job.done([...ARGS, '--sts-endpoint', https], { env })
      assert.deepEqual(proxy.asked, [`CONNECT ${new URL(https).host}`])
      assert.equal(sandbox.exchanges, 1)
    })
  }
}

for (const name of ['NO_PROXY', 'no_proxy']) {
  for (const value of ['127.0.0.1', 'intranet.example, 127.0.0.1', '127.0.0.0/8', '*']) {
    test(`${name}=${value}: the proxy is left out`, async (t) => {
      const { job, sandbox, https, ca, proxy } = await startBehindProxy(t)
      const env = { HTTP_PROXY: proxy.url, https_proxy: proxy.url, [name]: value }
      await job.done(ARGS, { env })
      await job.done([...ARGS, '--sts-endpoint', https], { env: { ...env, AWS_CA_BUNDLE: ca } })
      assert.deepEqual(proxy.asked, [])
      assert.equal(sandbox.exchanges, 2)
    })
  }
}

test('the lower-case variable wins, as in curl', async (t) => {
  const { job, proxy } = await startBehindProxy(t)
  await job.done(ARGS, { env: { http_proxy: proxy.url, HTTP_PROXY: 'http://127.0.0.1:9' } })
  assert.equal(proxy.asked.length, 1)
})

test('a proxy with user name and password', async (t) => {
  const login = 'ana:s3cret-p%40ss'
  const { job, sandbox, https, ca, proxy } = await startBehindProxy(t, {
    login: decodeURIComponent(login),
  })
  const url = proxy.url.replace('//', `//${login}@`)
  const env = { HTTP_PROXY: url, HTTPS_PROXY: url, AWS_CA_BUNDLE: ca }
  await job.done(ARGS, { env })
  await job.done([...ARGS, '--sts-endpoint', https, '--debug'], { env })
  assert.equal(sandbox.exchanges, 2)

  const without = { ...env, HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }
  const asks = /\(HTTPS?_PROXY\) asks for a user and password: HTTP 407/
  await job.fails(ARGS, 'aws-unreachable', asks, { env: without })
  const tunnel = [...ARGS, '--sts-endpoint', https]
  await job.fails(tunnel, 'aws-unreachable', asks, { env: without })
})

// RFC 9110 §9.3.6: any 2xx means that the tunnel is open.
test('a proxy that opens its tunnel with another 2xx than 200', async (t) => {
  const { job, sandbox, https, ca, proxy } = await startBehindProxy(t, { opens: 201 })
  const env = { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: ca }
  await job.done([...ARGS, '--sts-endpoint', https], { env })
  assert.equal(sandbox.exchanges, 1)
  const { port } = new URL(https)
  const thumbprint = ['trust', 'thumbprint', '--issuer', `https://127.0.0.1:${port}`]
  const { stderr } = await job.run(thumbprint, { env })
  assert.doesNotMatch(stderr, /the proxy answered/)
  assert.equal(proxy.asked.filter((one) => one === `CONNECT 127.0.0.1:${port}`).length, 2)
})

test('a proxy that forbids the endpoint', async (t) => {
  const { job, https, ca, proxy } = await startBehindProxy(t, { refuses: 403 })
  const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: ca }
  const message =
    /\(HTTPS?_PROXY\) does not let this job connect to .*: HTTP 403.*Next: .*NO_PROXY/s
  await job.fails(ARGS, 'unexpected-answer', message, { env })
  await job.fails([...ARGS, '--sts-endpoint', https], 'unexpected-answer', message, { env })
  for (const endpoint of [[], ['--sts-endpoint', https]]) {
    const { stdout, code } = await job.run(['doctor', ...ARGS.slice(1), ...endpoint], { env })
    assert.equal(code, 5, stdout)
    assert.match(stdout, /^✗ The proxy .* does not let this job connect to .*: HTTP 403\.$/m)
    assert.doesNotMatch(stdout, /^✓ http/m, 'no word of an STS that answered')
  }
})

test('a proxy that is not there is named, without its password', async (t) => {
  const { job, https, ca } = await startBehindProxy(t)
  const env = {
    HTTP_PROXY: 'http://ana:s3cret-pass@127.0.0.1:9',
    HTTPS_PROXY: 'http://ana:s3cret-pass@127.0.0.1:9',
    AWS_CA_BUNDLE: ca,
  }
  const message =
    /\(HTTPS?_PROXY\) can't be reached: .*ECONNREFUSED 127\.0\.0\.1:9.*Next: .*HTTPS?_PROXY.*NO_PROXY/s
  await job.fails(ARGS, 'aws-unreachable', message, { env })
  await job.fails([...ARGS, '--sts-endpoint', https], 'aws-unreachable', message, { env })
})

test('a proxy that is no URL', async (t) => {
  const { job } = await startJob(t)
  const env = { HTTP_PROXY: 'socks5://ana:s3cret-pass@127.0.0.1:9' }
  await job.fails(ARGS, 'invalid-usage', /proxy in HTTP_PROXY is not an http:\/\/ or https:/, {
    env,
  })
})

test('a proxy password with a "%" that encodes nothing', async (t) => {
  const { job } = await startJob(t)
  const args = [...ARGS, '--sts-endpoint', 'https://sts.test']
  const env = { HTTPS_PROXY: 'http://ana:s3%cretpw@127.0.0.1:9' }
  const message = /Next: {3}Percent-encode user and password in HTTPS_PROXY/
  const { stderr } = await job.fails(args, 'invalid-usage', message, { env })
  assert.doesNotMatch(stderr, /cretpw/)
})

test('a proxy that drops the connection before it answers CONNECT: asked again', async (t) => {
  const { job } = await startJob(t)
  const server = createServer((socket) => socket.once('data', () => socket.end()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const env = { HTTPS_PROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  const args = ['assume-role', '--role-arn', ROLE, '--max-attempts', '2']
  const remote = [...args, '--sts-endpoint', 'https://sts.test']
  const message = /^Attempt 1 of 2 failed \(Proxy connection ended.*after 2 attempts/s
  await job.fails(remote, 'aws-unreachable', message, { env })
})
