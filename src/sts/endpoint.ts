import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'

/** Where STS is asked. Without a URL the SDK derives it from region, FIPS and dual-stack. */
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
  // The SDK refuses FIPS and dual-stack together with a URL of one's own.
  return text
    ? { region, useFips: false, useDualstack: false, url: parseEndpoint(text, where ?? '') }
    : base
}

/** The URL of an endpoint, by the rules of the SDK where none was given. */
export async function resolveUrl(endpoint: StsEndpoint): Promise<URL> {
  if (endpoint.url) return endpoint.url
  const { defaultEndpointResolver } = await import(
    '@aws-sdk/client-sts/dist-es/endpoint/endpointResolver.js'
  )
  const { region, useFips, useDualstack } = endpoint
  const parameters = { Region: region, UseFIPS: useFips, UseDualStack: useDualstack }
  return defaultEndpointResolver(parameters).url
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
