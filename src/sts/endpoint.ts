import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { stsHost } from '../role/region.ts'

/** Where STS is asked. Without a URL it is derived from region, FIPS and dual-stack. */
export interface StsEndpoint {
  readonly region: string
  readonly url?: URL
  readonly useFips: boolean
  readonly useDualstack: boolean
}

/** `--sts-endpoint`, `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`, else the regional endpoint. */
export function stsEndpoint(
  region: string,
  option: string | undefined,
  env: Environment,
): StsEndpoint {
  const ignored = env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true'
  const given: readonly (readonly [string, string | undefined])[] = [
    ['--sts-endpoint', option],
    ['AWS_ENDPOINT_URL_STS', ignored ? undefined : env['AWS_ENDPOINT_URL_STS']],
    ['AWS_ENDPOINT_URL', ignored ? undefined : env['AWS_ENDPOINT_URL']],
  ]
  const [where, text] = given.find(([, value]) => value) ?? []
  const base = {
    region,
    useFips: env['AWS_USE_FIPS_ENDPOINT']?.toLowerCase() === 'true',
    useDualstack: env['AWS_USE_DUALSTACK_ENDPOINT']?.toLowerCase() === 'true',
  }
  // As in the SDKs, FIPS and dual-stack do not go together with a URL of one's own.
  return text
    ? { region, useFips: false, useDualstack: false, url: parseEndpoint(text, where ?? '') }
    : base
}

/** The URL of an endpoint. */
export function endpointUrl({ url, region, useFips, useDualstack }: StsEndpoint): URL {
  return url ?? new URL(`https://${stsHost(region, useFips, useDualstack)}`)
}

function parseEndpoint(text: string, where: string): URL {
  try {
    const url = new URL(text)
    if (/^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url
  } catch {
    // Falls through to the error.
  }
  throw new OidcError('invalid-usage', {
    what: `The STS endpoint from ${where} is not an http:// or https:// URL without credentials.`,
    next: 'Write it as https://HOST, or leave it out for the regional endpoint.',
  })
}
