import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isSuccess, proxyFor } from '../../src/network/proxy.ts'

const STS = new URL('https://sts.eu-west-1.amazonaws.com/')
const SANDBOX = new URL('http://127.0.0.1:4566/')

function proxyOf(url: URL, env: Record<string, string>): string | undefined {
  return proxyFor(url, env)?.href
}

describe('which variable', () => {
  const cases: [url: URL, env: Record<string, string>, proxy: string | undefined][] = [
    [STS, {}, undefined],
    [STS, { HTTPS_PROXY: 'http://up.test:3128' }, 'http://up.test:3128/'],
    [STS, { https_proxy: 'http://low.test:3128' }, 'http://low.test:3128/'],
    [STS, { https_proxy: 'http://low.test', HTTPS_PROXY: 'http://up.test' }, 'http://low.test/'],
    [STS, { https_proxy: '', HTTPS_PROXY: 'http://up.test' }, 'http://up.test/'],
    [STS, { HTTP_PROXY: 'http://plain.test' }, undefined],
    [STS, { ALL_PROXY: 'http://all.test' }, 'http://all.test/'],
    [STS, { ALL_PROXY: 'http://all.test', HTTPS_PROXY: 'http://up.test' }, 'http://up.test/'],
    [STS, { HTTPS_PROXY: 'https://tls.test' }, 'https://tls.test/'],
    [STS, { HTTPS_PROXY: 'bare.test:3128' }, 'http://bare.test:3128/'],
    [STS, { HTTPS_PROXY: ' bare.test:3128 ' }, 'http://bare.test:3128/'],
    [STS, { https_proxy: ' ', HTTPS_PROXY: 'http://up.test' }, 'http://up.test/'],
    [STS, { HTTPS_PROXY: 'http://up.test', no_proxy: ' ', NO_PROXY: ' *' }, undefined],
    [STS, { HTTPS_PROXY: 'http://ana:pw@up.test' }, 'http://ana:pw@up.test/'],
    [SANDBOX, { HTTP_PROXY: 'http://plain.test' }, 'http://plain.test/'],
    [SANDBOX, { http_proxy: 'http://plain.test' }, 'http://plain.test/'],
    [SANDBOX, { HTTPS_PROXY: 'http://up.test' }, undefined],
  ]
  for (const [url, env, proxy] of cases) {
    test(`${url.protocol} with ${JSON.stringify(env)}: ${proxy ?? 'none'}`, () => {
      assert.equal(proxyOf(url, env), proxy)
    })
  }
})

// https://curl.se/docs/manpage.html (--noproxy, NO_PROXY): domains match their hosts and themselves, "local.com"
// matches local.com, local.com:80 and www.local.com, but not www.notlocal.com; "*" matches all; addresses may be
// given as CIDR; separators are commas, and blanks in addition. A port is botocore's addition.
describe('NO_PROXY', () => {
  const cases: [list: string, host: string, bypassed: boolean][] = [
    ['local.com', 'local.com', true],
    ['local.com', 'local.com:80', true],
    ['local.com', 'www.local.com', true],
    ['local.com', 'www.notlocal.com', false],
    ['local.com', 'local.com.evil.test', false],
    ['.local.com', 'www.local.com', true],
    ['.local.com', 'local.com', true],
    ['*.local.com', 'www.local.com', true],
    ['LOCAL.com', 'www.Local.COM', true],
    ['local.com.', 'local.com', true],
    ['local.com', 'local.com.', true],
    ['*', 'anything.test', true],
    ['a.test,local.com', 'local.com', true],
    ['a.test, local.com ,b.test', 'local.com', true],
    ['a.test local.com', 'local.com', true],
    [',', 'local.com', false],
    ['.', 'local.com', false],
    ['amazonaws.com', 'sts.eu-west-1.amazonaws.com', true],
    ['local.com:8443', 'local.com:8443', true],
    ['local.com:8443', 'local.com', false],
    ['local.com:443', 'local.com', true],
    ['127.0.0.1', '127.0.0.1:4566', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['192.168.0.0/16', '192.168.44.1', true],
    ['192.168.0.0/16', '192.169.0.1', false],
    ['10.0.0.0/8', 'ten.test', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['10.0.0.0/33', '10.0.0.1', false],
    ['10.0.0.0/', '10.0.0.1', false],
    ['local.com/8', 'local.com', false],
    ['::1', '[::1]:4566', true],
    ['[::1]', '[::1]', true],
    ['[::1]:4566', '[::1]:4566', true],
    ['[::1]:4566', '[::1]:4567', false],
    ['fd00::/8', '[fd12::1]', true],
    ['fd00::/8', '[fe80::1]', false],
    ['fd00::/8', '127.0.0.1', false],
    ['2001:db8::/33', '[2001:db8:7fff::1]', true],
    ['2001:db8::/33', '[2001:db8:8000::1]', false],
    ['fd12:3456:789a::/48', '[fd12:3456:789a:1::1]', true],
    ['fd12:3456:789a::/48', '[fd12:3456:789b::1]', false],
    ['fd12::1/128', '[fd12::1]', true],
    ['fd12::1/128', '[fd12::2]', false],
    ['fd12::1/129', '[fd12::1]', false],
  ]
  for (const [list, host, bypassed] of cases) {
    test(`${JSON.stringify(list)}: ${host} ${bypassed ? 'directly' : 'through the proxy'}`, () => {
      const proxy = 'http://proxy.test:3128'
      const expected = bypassed ? undefined : `${proxy}/`
      const url = new URL(`https://${host}/`)
      assert.equal(proxyOf(url, { HTTPS_PROXY: proxy, NO_PROXY: list }), expected)
      assert.equal(proxyOf(url, { HTTPS_PROXY: proxy, no_proxy: list }), expected)
    })
  }

  test('the port of a URL without one is that of its scheme', () => {
    const env = { ALL_PROXY: 'http://proxy.test', NO_PROXY: 'a.test:80 b.test:443' }
    const urls = ['http://a.test', 'https://a.test', 'http://b.test', 'https://b.test']
    const direct = urls.filter((url) => proxyOf(new URL(url), env) === undefined)
    assert.deepEqual(direct, ['http://a.test', 'https://b.test'])
  })

  test('lower case comes first', () => {
    const env = { HTTPS_PROXY: 'http://proxy.test', no_proxy: 'other.test', NO_PROXY: '*' }
    assert.equal(proxyOf(STS, env), 'http://proxy.test/')
  })
})

for (const [name, value, begins] of [
  ['HTTPS_PROXY', 'socks5://ana:geheim@proxy.test', ': it begins with socks5://'],
  ['https_proxy', 'http://ana:geheim@', ''],
  ['HTTPS_PROXY', 'ana:geheim@', ''],
  ['HTTPS_PROXY', 'xhttp://ana:geheim@proxy.test', ': it begins with xhttp://'],
  ['HTTPS_PROXY', 'httpsx://ana:geheim@proxy.test', ': it begins with httpsx://'],
  ['ALL_PROXY', 'socks5h://ana:geheim@proxy.test:1080', ': it begins with socks5h://'],
  ['ALL_PROXY', 'ana-geheim-socks5://proxy.test:1080', ''],
] as const) {
  test(`${name}=${value}: refused without showing the password`, () => {
    assert.throws(() => proxyFor(STS, { [name]: value }), {
      code: 'invalid-usage',
      message: `The proxy in ${name} is not an http:// or https:// URL${begins}.`,
      next: 'Write it as http://HOST:PORT, or unset it.',
    })
    assert.equal(proxyFor(STS, { [name]: value, NO_PROXY: 'amazonaws.com' }), undefined)
  })
}

for (const login of ['ana:s3%cretpw', 'a%na:pw', 'ana:%ff', 'ana:100%']) {
  test(`${login}: a "%" that encodes nothing is refused without showing the password`, () => {
    assert.throws(() => proxyFor(STS, { https_proxy: `http://${login}@proxy.test:3128` }), {
      code: 'invalid-usage',
      message:
        'The proxy in https_proxy has a "%" in its user or password that encodes no character.',
      next: 'Percent-encode user and password in https_proxy: "%" itself is %25.',
      cause: undefined,
    })
  })
}

// RFC 9110 §15.3: 2xx.
test('which statuses are a success', () => {
  const statuses = [undefined, 0, 199, 200, 204, 299, 300, 407]
  assert.deepEqual(statuses.filter(isSuccess), [200, 204, 299])
})
