import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { STSClient } from '@aws-sdk/client-sts'
import type { Environment } from '../../src/options.ts'
import { askedHost, endpointUrl, stsEndpoint, wayTo } from '../../src/sts/endpoint.ts'

function urlOf(region: string, option: string | undefined, env: Environment) {
  return endpointUrl(stsEndpoint(region, option, env)).href
}

const FIPS = { AWS_USE_FIPS_ENDPOINT: 'true' }
const DUALSTACK = { AWS_USE_DUALSTACK_ENDPOINT: 'true' }

// General Reference, "AWS STS endpoints and quotas", and the DNS suffixes of the partitions.
const REGIONAL: [region: string, env: Environment, host: string][] = [
  ['us-east-1', {}, 'sts.us-east-1.amazonaws.com'],
  ['eu-central-1', {}, 'sts.eu-central-1.amazonaws.com'],
  ['us-east-2', FIPS, 'sts-fips.us-east-2.amazonaws.com'],
  ['eu-central-1', DUALSTACK, 'sts.eu-central-1.api.aws'],
  ['us-west-2', { ...FIPS, ...DUALSTACK }, 'sts-fips.us-west-2.api.aws'],
  ['us-west-2', { AWS_USE_FIPS_ENDPOINT: 'TRUE' }, 'sts-fips.us-west-2.amazonaws.com'],
  ['us-west-2', { AWS_USE_FIPS_ENDPOINT: 'false' }, 'sts.us-west-2.amazonaws.com'],
  ['cn-north-1', {}, 'sts.cn-north-1.amazonaws.com.cn'],
  ['cn-northwest-1', {}, 'sts.cn-northwest-1.amazonaws.com.cn'],
  ['us-gov-west-1', {}, 'sts.us-gov-west-1.amazonaws.com'],
  ['us-gov-east-1', FIPS, 'sts.us-gov-east-1.amazonaws.com'],
  ['eusc-de-east-1', {}, 'sts.eusc-de-east-1.amazonaws.eu'],
  ['us-iso-east-1', {}, 'sts.us-iso-east-1.c2s.ic.gov'],
  ['us-isob-east-1', {}, 'sts.us-isob-east-1.sc2s.sgov.gov'],
  ['eu-isoe-west-1', {}, 'sts.eu-isoe-west-1.cloud.adc-e.uk'],
  ['us-isof-south-1', {}, 'sts.us-isof-south-1.csp.hci.ic.gov'],
]

for (const [region, env, host] of REGIONAL) {
  test(`${region} ${JSON.stringify(env)}: ${host}`, () => {
    assert.equal(urlOf(region, undefined, env), `https://${host}/`)
  })
}

// One or more of each partition, and some that may come.
const REGIONS = `us-east-1 us-west-2 ap-southeast-7 mx-central-1 sa-west-1 il-central-9 xx-north-1
  cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 eusc-de-east-1 eusc-de-west-2
  us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 eu-isoe-west-1 us-isof-south-1 us-isof-east-1`
test("the endpoints of the SDK's own rules", () => {
  const { endpointProvider } = new STSClient({ region: 'us-east-1' }).config
  for (const region of REGIONS.split(/\s+/)) {
    for (const env of [{}, FIPS, DUALSTACK, { ...FIPS, ...DUALSTACK }]) {
      const { useFips: UseFIPS, useDualstack: UseDualStack } = stsEndpoint(region, undefined, env)
      const { url } = endpointProvider({ Region: region, UseFIPS, UseDualStack })
      assert.equal(urlOf(region, undefined, env), url.href)
    }
  }
})

const BOTH = { AWS_ENDPOINT_URL_STS: 'https://sts.test', AWS_ENDPOINT_URL: 'https://all.test' }

// SDKs and Tools Reference Guide, "Service-specific endpoints": order of precedence.
const GIVEN: [option: string | undefined, env: Environment, url: string][] = [
  ['http://127.0.0.1:4566', BOTH, 'http://127.0.0.1:4566/'],
  [undefined, BOTH, 'https://sts.test/'],
  [undefined, { ...BOTH, AWS_ENDPOINT_URL_STS: '' }, 'https://all.test/'],
  [
    undefined,
    { ...BOTH, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    'https://sts.us-east-1.amazonaws.com/',
  ],
  ['https://x.test', { ...BOTH, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, 'https://x.test/'],
  [
    'https://vpce-1.sts.us-east-1.vpce.amazonaws.com/path',
    {},
    'https://vpce-1.sts.us-east-1.vpce.amazonaws.com/path',
  ],
  ['https://x.test', { ...FIPS, ...DUALSTACK }, 'https://x.test/'],
  ['https://[::1]:8443', {}, 'https://[::1]:8443/'],
]

for (const [option, env, url] of GIVEN) {
  test(`${option ?? 'no option'} with ${JSON.stringify(env)}: ${url}`, () => {
    assert.equal(urlOf('us-east-1', option, env), url)
  })
}

for (const wrong of [
  ...['sts.test', 'ftp://sts.test', 'https://', 'https://ana:secret@sts.test'],
  ...['https://ana@sts.test', 'https://:secret@sts.test', 'git+https://sts.test', 'httpsx://a'],
]) {
  test(`${wrong} is refused, and not shown, as it may hold a password`, () => {
    const text = {
      code: 'invalid-usage',
      exitCode: 2,
      next: 'Write it as https://HOST, or leave it out for the regional endpoint.',
    }
    const message = (where: string) =>
      `The STS endpoint from ${where} is not an http:// or https:// URL without credentials.`
    assert.throws(() => stsEndpoint('us-east-1', wrong, {}), {
      ...text,
      message: message('--sts-endpoint'),
    })
    assert.throws(() => stsEndpoint('us-east-1', undefined, { AWS_ENDPOINT_URL: wrong }), {
      ...text,
      message: message('AWS_ENDPOINT_URL'),
    })
  })
}

describe('the setting that a host comes from', () => {
  const host = 'https://sts.example:8443'
  const regional = 'https://sts.eu-west-1.amazonaws.com/'
  for (const [url, env, setting] of [
    [host, { AWS_ENDPOINT_URL_STS: `${host}/` }, 'AWS_ENDPOINT_URL_STS'],
    [host, { AWS_ENDPOINT_URL: host }, 'AWS_ENDPOINT_URL'],
    [host, { AWS_ENDPOINT_URL_STS: host, AWS_ENDPOINT_URL: host }, 'AWS_ENDPOINT_URL_STS'],
    [host, { AWS_ENDPOINT_URL_STS: 'https://other.example' }, '--sts-endpoint'],
    [host, { AWS_ENDPOINT_URL_STS: 'no URL', AWS_ENDPOINT_URL: host }, 'AWS_ENDPOINT_URL'],
    [host, { AWS_OIDC_STS_ENDPOINT: host }, 'AWS_OIDC_STS_ENDPOINT'],
    [host, {}, '--sts-endpoint'],
    [regional, { AWS_ENDPOINT_URL: regional }, 'AWS_ENDPOINT_URL'],
    // General Reference, "AWS STS endpoints and quotas": it follows from the region.
    ...[
      ...['sts.eu-west-1.amazonaws.com', 'sts-fips.us-east-2.amazonaws.com'],
      ...['sts.cn-north-1.amazonaws.com.cn', 'sts.eusc-de-east-1.amazonaws.eu'],
      ...['sts.eu-central-1.api.aws', 'sts-fips.us-west-2.api.aws'],
    ].map((name) => [`https://${name}`, {}, undefined] as const),
    ...[
      ...['sts.eu-west-1.amazonaws.com.example', 'xsts.eu-west-1.amazonaws.com'],
      ...['sts.eu-west-1.api.aws.example', 'stsx.eu-west-1.amazonaws.com'],
      'vpce-1.sts.us-east-1.vpce.amazonaws.com',
    ].map((name) => [`https://${name}`, {}, '--sts-endpoint'] as const),
  ] as const) {
    test(`${url} with ${JSON.stringify(env)}: ${setting ?? 'the region'}`, () => {
      const way = wayTo(new URL(url), env)
      const { host: name } = new URL(url)
      assert.equal(way.setting, setting)
      assert.equal(way.host, setting === undefined ? name : `${name} (from ${setting})`)
      assert.equal(askedHost(new URL(url), env), way.host)
    })
  }
})
