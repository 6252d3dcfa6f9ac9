import { createServer } from 'node:net'
import type { FaultName } from '../../../src/sandbox/index.ts'
import { startForwardProxy } from '../forward-proxy.ts'
import { createAuthority, serveOverTls } from '../tls-server.ts'
import { aws, BY_ROLE, HEALTHY_SET_UP, type Refusal, type Scene } from './set-up.ts'

type Env = Readonly<Record<string, string | undefined>>

/** A variable that spoils the way to STS. */
function way(
  name: string,
  cause: string,
  env: Env | ((scene: Scene) => Env | Promise<Env>),
  says: readonly RegExp[],
  fix: readonly RegExp[],
  code = 5,
  args: readonly string[] = ['--max-attempts', '2'],
): Refusal {
  return {
    name,
    cause,
    call: async (scene) => ({
      args: [...BY_ROLE, ...args],
      env: typeof env === 'function' ? await env(scene) : env,
    }),
    says,
    code,
    fix,
    mended: HEALTHY_SET_UP,
  }
}

const fault = (
  name: FaultName,
  cause: string,
  code: number,
  says: readonly RegExp[],
  fix: readonly RegExp[],
): Refusal => ({
  name: `STS answers ${name}`,
  cause,
  sandbox: { ...aws(), faults: [{ name, count: Number.POSITIVE_INFINITY }] },
  call: () => ({ args: [...BY_ROLE, '--max-attempts', '2'] }),
  says,
  code,
  fix,
  mended: HEALTHY_SET_UP,
})

/** A server that says this to whoever connects; undefined: nothing, for ever. */
async function speaks({ t }: Scene, answer: string | undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      if (answer !== undefined) socket.end(answer)
    })
    t.after(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as { port: number }).port
}

const NO_DNS = `const dns = require('node:dns')
const fail = (host, options, done) => (done ?? options)(Object.assign(
  new Error('getaddrinfo EAI_AGAIN ' + host), { code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: host }))
dns.lookup = fail`

const direct = { AWS_ENDPOINT_URL_STS: undefined }

export const NETWORK: readonly Refusal[] = [
  way(
    'an endpoint that does not resolve, in AWS_ENDPOINT_URL_STS',
    'AWS_ENDPOINT_URL_STS names a host that does not exist.',
    { AWS_ENDPOINT_URL_STS: 'https://sts.invalid' },
    [/sts\.invalid/, /AWS_ENDPOINT_URL_STS/],
    [/AWS_ENDPOINT_URL_STS/],
  ),
  way(
    'an endpoint that does not resolve, in AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL names a host that does not exist.',
    { ...direct, AWS_ENDPOINT_URL: 'https://sts.invalid' },
    [/sts\.invalid/, /AWS_ENDPOINT_URL\b(?!_)/],
    [/AWS_ENDPOINT_URL/],
  ),
  way(
    'nobody listens at the endpoint of the flag',
    '--sts-endpoint names a port where nobody listens.',
    {},
    [/127\.0\.0\.1:9\b/, /--sts-endpoint/, /refused/i],
    [/--sts-endpoint/],
    5,
    ['--sts-endpoint', 'http://127.0.0.1:9', '--max-attempts', '1'],
  ),
  way(
    'nobody listens at the endpoint of AWS_OIDC_STS_ENDPOINT',
    'AWS_OIDC_STS_ENDPOINT names a port where nobody listens.',
    { AWS_OIDC_STS_ENDPOINT: 'http://127.0.0.1:9' },
    [/127\.0\.0\.1:9\b/, /AWS_OIDC_STS_ENDPOINT/, /refused/i],
    [/AWS_OIDC_STS_ENDPOINT/],
  ),
  way(
    'an endpoint without https://',
    'AWS_ENDPOINT_URL_STS has no scheme.',
    { AWS_ENDPOINT_URL_STS: 'sts.eu-west-1.amazonaws.com' },
    [/AWS_ENDPOINT_URL_STS/, /https:\/\//],
    [/https:\/\//],
    2,
  ),
  way(
    'a letter too few in the region',
    'eu-cental-1 is no region.',
    { AWS_REGION: 'eu-cental-1' },
    [/eu-cental-1/, /eu-central-1/, /AWS_REGION/],
    [/eu-central-1/],
    2,
  ),
  way(
    'a letter too few in the region of the flag',
    'us-eat-1 is no region.',
    {},
    [/us-eat-1/, /us-east-1/, /--region/],
    [/us-east-1/],
    2,
    ['--region', 'us-eat-1'],
  ),
  way(
    'an availability zone',
    'eu-central-1a is an availability zone.',
    { AWS_DEFAULT_REGION: 'eu-central-1a' },
    [/eu-central-1a/, /availability zone/i, /AWS_DEFAULT_REGION/],
    [/eu-central-1\b(?!a)/],
    2,
  ),
  way(
    'the display name of a region',
    'Frankfurt is no region code.',
    { AWS_REGION: 'Frankfurt' },
    [/Frankfurt/, /AWS_REGION/, /region/],
    [/eu-central-1|region/],
    2,
  ),
  way(
    'a region of another partition',
    'us-gov-west-1 is not in the partition of the role.',
    {},
    [/us-gov-west-1/, /aws-us-gov/, /partition/],
    [/region/],
    2,
    ['--region', 'us-gov-west-1'],
  ),
  way(
    'a proxy that is not there',
    'HTTP_PROXY names a port where nobody listens.',
    { HTTP_PROXY: 'http://ana:s3cret-pass@127.0.0.1:9' },
    [/proxy/i, /127\.0\.0\.1:9\b/, /HTTP_PROXY/, /refused/i],
    [/HTTP_PROXY/],
  ),
  way(
    'a proxy that does not resolve',
    'HTTP_PROXY names a host that does not exist.',
    { HTTP_PROXY: 'http://proxy.invalid:3128' },
    [/proxy/i, /proxy\.invalid/, /HTTP_PROXY/],
    [/HTTP_PROXY/],
  ),
  way(
    'a proxy that forbids STS',
    'The proxy answers 403 to CONNECT.',
    async ({ sandbox, t }) => ({
      AWS_ENDPOINT_URL_STS: await serveOverTls(t, sandbox.url, await createAuthority('CA')),
      HTTPS_PROXY: (await startForwardProxy(t, { refuses: 403 })).url,
    }),
    [/proxy/i, /403/, /HTTPS_PROXY/],
    [/allow/],
  ),
  way(
    'a proxy that wants a password',
    'The proxy answers 407 to CONNECT.',
    async ({ sandbox, t }) => ({
      AWS_ENDPOINT_URL_STS: await serveOverTls(t, sandbox.url, await createAuthority('CA')),
      HTTPS_PROXY: (await startForwardProxy(t, { login: 'ana:s3cret-pass' })).url,
    }),
    [/proxy/i, /407/, /HTTPS_PROXY/, /password|credentials|user/],
    [/USER:PASSWORD|user.*password/i],
  ),
  way(
    'a proxy for http that forbids',
    'The proxy answers 403 with a page.',
    async ({ t }) => ({ HTTP_PROXY: (await startForwardProxy(t, { refuses: 403 })).url }),
    [/proxy/i, /403/, /HTTP_PROXY/],
    [/allow|HTTP_PROXY/],
  ),
  way(
    'a SOCKS proxy',
    'HTTP_PROXY is a socks5:// URL.',
    { HTTP_PROXY: 'socks5://127.0.0.1:1080' },
    [/HTTP_PROXY/, /socks5/],
    [/http:\/\//],
    2,
  ),
  way(
    'no DNS in the job',
    'The resolver of the job answers nothing.',
    ({ job }) => ({
      AWS_ENDPOINT_URL_STS: undefined,
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      NODE_OPTIONS: `--require ${job.write('dns.cjs', NO_DNS)}`,
    }),
    [/DNS|resolver/, /sts\.eu-west-1\.amazonaws\.com/, /EAI_AGAIN/],
    [/DNS|resolv/],
  ),
  way(
    'a server that never answers',
    'Whoever is at the endpoint takes the connection and says nothing.',
    async (scene) => ({
      AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${await speaks(scene, undefined)}`,
    }),
    [/AWS_ENDPOINT_URL_STS/, /no answer|not answer|timed? out|not done after/i],
    [/AWS_ENDPOINT_URL_STS|--timeout-seconds/],
    5,
    ['--max-attempts', '1', '--timeout-seconds', '4'],
  ),
  way(
    'https:// to a server that speaks http',
    'The endpoint has https://, the server speaks plain http.',
    ({ sandbox }) => ({ AWS_ENDPOINT_URL_STS: sandbox.url.replace('http:', 'https:') }),
    [/AWS_ENDPOINT_URL_STS/, /TLS|https/, /http:\/\/|plain/],
    [/http:\/\//],
  ),
  way(
    'the certificate of a private CA',
    'The certificate is of a CA that the job does not trust.',
    async ({ sandbox, t }) => ({
      AWS_ENDPOINT_URL_STS: await serveOverTls(t, sandbox.url, await createAuthority('CA')),
    }),
    [/certificate/, /CA\b/, /AWS_ENDPOINT_URL_STS/],
    [/AWS_CA_BUNDLE|NODE_EXTRA_CA_CERTS/],
  ),
  way(
    'a certificate of another host',
    'The certificate is for 127.0.0.1, the URL says localhost.',
    async ({ job, sandbox, t }) => {
      const authority = await createAuthority('CA')
      const url = await serveOverTls(t, sandbox.url, authority)
      return {
        AWS_ENDPOINT_URL_STS: url.replace('127.0.0.1', 'localhost'),
        AWS_CA_BUNDLE: job.write('ca.pem', authority.pem),
      }
    },
    [/certificate/, /localhost/, /AWS_ENDPOINT_URL_STS/],
    [/host|name|AWS_ENDPOINT_URL_STS/],
  ),
  way(
    'a CA bundle that is not there',
    'AWS_CA_BUNDLE names a file that does not exist.',
    ({ job }) => ({
      AWS_ENDPOINT_URL_STS: 'https://127.0.0.1:9',
      AWS_CA_BUNDLE: `${job.home}/none.pem`,
    }),
    [/none\.pem/, /AWS_CA_BUNDLE/],
    [/AWS_CA_BUNDLE/],
    6,
  ),
  way(
    'a CA bundle without a certificate',
    'The file of AWS_CA_BUNDLE has no certificate in it.',
    ({ job }) => ({
      AWS_ENDPOINT_URL_STS: 'https://127.0.0.1:9',
      AWS_CA_BUNDLE: job.write('ca.pem', 'not a certificate\n'),
    }),
    [/ca\.pem/, /AWS_CA_BUNDLE/, /no certificate|certificate/],
    [/AWS_CA_BUNDLE|PEM/],
    6,
  ),
  way(
    'an endpoint of another service',
    'S3, not STS, answers at AWS_ENDPOINT_URL.',
    async (scene) => ({
      AWS_ENDPOINT_URL_STS: undefined,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${await speaks(
        scene,
        'HTTP/1.1 405 Method Not Allowed\r\nserver: AmazonS3\r\ncontent-type: application/xml\r\nconnection: close\r\n\r\n<?xml version="1.0"?><Error><Code>MethodNotAllowed</Code><Message>The specified method is not allowed against this resource.</Message></Error>',
      )}`,
    }),
    [/AWS_ENDPOINT_URL\b(?!_)/, /MethodNotAllowed/],
    [/AWS_ENDPOINT_URL/],
  ),
  fault(
    'html',
    'A captive portal answers in the place of STS.',
    5,
    [/not AWS STS/, /HTML|portal|proxy/, /AWS_ENDPOINT_URL_STS/],
    [/proxy|portal|AWS_ENDPOINT_URL_STS/],
  ),
  fault(
    'html-502',
    'A gateway answers 502 with a page.',
    5,
    [/502/],
    [/later|again|gateway|proxy/],
  ),
  fault(
    'empty',
    'The answer is empty.',
    5,
    [/empty/, /AWS_ENDPOINT_URL_STS/],
    [/AWS_ENDPOINT_URL_STS|proxy/],
  ),
  fault(
    'missing-fields',
    'The answer lacks the secret key.',
    5,
    [/SecretAccessKey|incomplete|lacks/],
    [/\S/],
  ),
  fault(
    'truncated',
    'The connection ends in the middle of the answer.',
    5,
    [/broke off|cut|closed|ended|aborted|hang up/],
    [/\S/],
  ),
  fault('reset', 'The connection is reset.', 5, [/reset|ECONNRESET/], [/\S/]),
  fault(
    'throttling',
    'AWS throttles.',
    5,
    [/Throttling|throttl/i, /Rate exceeded/],
    [/--max-attempts|later|fewer/],
  ),
  fault(
    'service-unavailable',
    'STS is not available.',
    5,
    [/503|ServiceUnavailable/],
    [/later|again/],
  ),
  fault(
    'region-disabled',
    'STS is off in the region.',
    4,
    [/not activ|deactivat|turned off/i, /region/],
    [/region/],
  ),
  fault(
    'idp-communication-error',
    'AWS can not reach the issuer.',
    5,
    [/AWS/, /issuer/, /reach/],
    [/issuer|later|again/],
  ),
  fault(
    'verification-key',
    "AWS can not get the issuer's keys.",
    5,
    [/key/, /issuer/],
    [/issuer|later|again/],
  ),
  fault(
    'rejected-claim',
    'AWS rejects a claim of the token.',
    4,
    [/IDPRejectedClaim|claim/],
    [/token/],
  ),
  fault(
    'expired-token',
    'AWS says that the token has expired; the clock of the job says not.',
    3,
    [/expired/],
    [/token|clock/],
  ),
]
