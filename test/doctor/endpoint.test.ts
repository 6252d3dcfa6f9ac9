import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { startDeadline } from '../../src/deadline.ts'
import { checkEndpoint, reachEndpoint } from '../../src/doctor/endpoint.ts'
import { type ErrorCode, OidcError } from '../../src/errors.ts'
import type { Environment } from '../../src/options.ts'
import type { Terminal } from '../../src/terminal.ts'

const terminal = { note: () => {}, progress: () => {}, debug: () => {} } as unknown as Terminal

/** What a server that answers like this is found to be, asked directly or as a proxy. */
async function reach(answer: RequestListener, asProxy = false) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.host}`)
    answer(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const host = `127.0.0.1:${port}`
  const deadline = startDeadline(9)
  const env = asProxy ? { HTTP_PROXY: `http://${host}` } : {}
  const url = new URL(asProxy ? `http://sts-${port}.example` : `http://${host}/sts`)
  const endpoint = { region: 'us-east-1', url, useFips: false, useDualstack: false }
  try {
    const context = { env, terminal, deadline, maxAttempts: 1 }
    return { asked, host, port, ...(await reachEndpoint(endpoint, context)) }
  } finally {
    deadline.clear()
    server.closeAllConnections()
    server.close()
  }
}

const DATE = 'Sat, 21 Nov 2026 12:00:00 GMT'
/** STS tells its request id whatever it is asked. */
const AWS = { 'x-amzn-requestid': 'id' }

describe('whether STS can be reached', () => {
  test('it answers, with its time', async () => {
    const { asked, host, url, proxy, clock } = await reach((_, response) =>
      response.writeHead(403, { ...AWS, date: DATE }).end(),
    )
    assert.deepEqual(asked, [`GET /sts ${host}`])
    assert.deepEqual([url.host, proxy], [host, undefined])
    assert.equal(clock?.there.toISOString(), '2026-11-21T12:00:00.000Z')
    assert.ok(Math.abs((clock?.here.getTime() ?? 0) - Date.now()) < 9_000)
  })

  test('it does not tell the time, or not as HTTP does', async () => {
    const silent = await reach((_, response) => {
      response.sendDate = false
      response.writeHead(200).end()
    })
    const odd = await reach((_, response) => response.writeHead(200, { date: 'noon' }).end())
    assert.deepEqual([silent.clock, odd.clock], [undefined, undefined])
  })

  test('through a proxy that passes on what STS says', async () => {
    for (const [status, headers] of [
      [403, AWS],
      [302, {}],
    ] as const) {
      const found = await reach((_, response) => response.writeHead(status, headers).end(), true)
      assert.equal(found.proxy, found.host)
      const sts = `sts-${found.port}.example`
      assert.deepEqual(found.asked, [`GET http://${sts}/ ${sts}`])
    }
  })

  test('a proxy refuses', async () => {
    await assert.rejects(
      reach((_, response) => response.writeHead(400).end(), true),
      /^OidcError: The proxy 127\.0\.0\.1:\d+ \(HTTP_PROXY\) does not let this job connect to sts-\d+\.example.*: HTTP 400/,
    )
    await assert.rejects(
      reach((_, response) => response.writeHead(407).end(), true),
      /asks for a user and password/,
    )
  })
})

describe('what is said of it', () => {
  const failed = (code: ErrorCode, why?: string) =>
    new OidcError(code, { what: 'No.', ...(why === undefined ? {} : { why }) })
  const cases: [error: OidcError, env: Environment, evidence: string | undefined][] = [
    [failed('aws-unreachable'), {}, 'No proxy is set.'],
    [failed('aws-unreachable', 'ECONNREFUSED'), {}, 'ECONNREFUSED'],
    [failed('invalid-usage'), { HTTPS_PROXY: 'x' }, undefined],
    [failed('invalid-usage', 'It is none.'), { HTTPS_PROXY: 'x' }, 'It is none.'],
    ...['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].map(
      (name): [OidcError, Environment, string] => [
        failed('aws-unreachable'),
        { [name]: 'http://ana:s3cret@proxy' },
        `Set here: ${name}.`,
      ],
    ),
    [
      failed('aws-unreachable'),
      { ALL_PROXY: 'x', https_proxy: 'x', HTTP_PROXY: '' },
      'Set here: https_proxy, ALL_PROXY.',
    ],
  ]
  for (const [error, env, evidence] of cases) {
    test(`${error.code} ${error.why ?? ''} ${Object.keys(env)}`, () => {
      const [found, ...others] = checkEndpoint({ error }, env)
      assert.deepEqual(others, [])
      assert.deepEqual([found?.id, found?.level, found?.evidence], [error.code, 'error', evidence])
    })
  }

  test('how long it took, and through which proxy', () => {
    const reached = { url: new URL('https://sts.example/x'), milliseconds: 12, clock: undefined }
    const said = (proxy?: string) => checkEndpoint({ value: { ...reached, proxy } }, {})[0]?.what
    assert.equal(said(), 'https://sts.example answered in 12 ms')
    assert.equal(said('p:8080'), 'https://sts.example answered in 12 ms, through the proxy p:8080')
  })
})
