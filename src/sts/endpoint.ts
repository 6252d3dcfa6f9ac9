import { OidcError } from '../errors.ts'
import { proxySetting } from '../network/proxy.ts'
import { settingName } from '../option-values.ts'
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

/** The way to an STS, and the settings that lead there. */
export interface Way {
  readonly url: URL
  /** Such as `AWS_ENDPOINT_URL_STS`; undefined where it follows from the region. */
  readonly setting: string | undefined
  /** The host with its setting, for messages. */
  readonly host: string
  readonly proxy: { readonly name: string; readonly url: URL } | undefined
}

/** How `url` is reached, for messages. */
export function wayTo(url: URL, env: Environment): Way {
  const setting = endpointSetting(url, env)
  const host = setting === undefined ? url.host : `${url.host} (from ${setting})`
  return { url, setting, host, proxy: proxySetting(url, env) }
}

/** The host that is asked, with the setting that names it. */
export function askedHost(url: URL, env: Environment): string {
  return wayTo(url, env).host
}

function endpointSetting(url: URL, env: Environment): string | undefined {
  const isSame = (text: string) => URL.canParse(text) && new URL(text).href === url.href
  const option = settingName('sts-endpoint', isSame, env)
  if (option !== '--sts-endpoint') return option
  const variable = ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'].find((name) =>
    isSame(env[name] ?? ''),
  )
  if (variable !== undefined) return variable
  return /^sts[.-].*\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws)$/.test(
    url.hostname,
  )
    ? undefined
    : option
}
