import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'

/**
 * The proxy for a URL by `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, lower case first.
 * An entry of `NO_PROXY` covers the host and everything beneath it, `10.0.0.0/8` addresses (as in curl),
 * `host:port` one port (as in botocore).
 */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  return proxySetting(url, env)?.url
}

/** The same, with the variable that names it. */
export function proxySetting(
  url: URL,
  env: Environment,
): { readonly name: string; readonly url: URL } | undefined {
  const read = (variable: string) =>
    [variable, variable.toUpperCase()]
      .map((name) => ({ name, value: env[name]?.trim() ?? '' }))
      .find(({ value }) => value !== '')
  const set = read(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? read('all_proxy')
  if (!set || isExcluded(url, read('no_proxy')?.value ?? '')) return undefined
  const { name, value: proxy } = set
  try {
    const parsed = new URL(proxy.includes('://') ? proxy : `http://${proxy}`)
    if (/^https?:$/.test(parsed.protocol) && parsed.hostname) {
      return { name, url: withLogin(parsed, name) }
    }
  } catch (error) {
    if (error instanceof OidcError) throw error
    // Falls through: the value may hold a password, so the error names its scheme only.
  }
  const other = /^(?!https?:)[a-z0-9]{1,10}:\/\//i.exec(proxy)
  throw new OidcError('invalid-usage', {
    what: `The proxy in ${name} is not an http:// or https:// URL${other ? `: it begins with ${other}` : ''}.`,
    next: `Write it as http://HOST:PORT, or unset it.`,
  })
}

/** The proxy, whose user and password can be decoded: what sends them does so. */
function withLogin(proxy: URL, name: string): URL {
  try {
    decodeURIComponent(`${proxy.username}:${proxy.password}`)
    return proxy
  } catch {
    throw new OidcError('invalid-usage', {
      what: `The proxy in ${name} has a "%" in its user or password that encodes no character.`,
      next: `Percent-encode user and password in ${name}: "%" itself is %25.`,
    })
  }
}

// https://curl.se/docs/manpage.html#NOPROXY
function isExcluded(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && covers(entry, host, port))
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return isInNetwork(entry, host)
  const [, name = '', onlyPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry) ?? []
  const ip6 = entry.split(':').length > 2 && !entry.startsWith('[')
  const suffix = (ip6 ? entry : name).replace(/^\*?\.|\.$/g, '')
  if (!ip6 && onlyPort && onlyPort !== port) return false
  return host === suffix || host.endsWith(`.${suffix}`)
}

function isInNetwork(entry: string, host: string): boolean {
  const [network = '', bits = ''] = entry.split('/')
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
  const longest = family === 'ipv6' ? 128 : 32
  if (isIP(network) === 0) return false
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > longest) return false
  const networks = new BlockList()
  networks.addSubnet(network, Number(bits), family)
  return networks.check(host, family)
}

export function isSuccess(status = 0): boolean {
  return status >= 200 && status < 300
}

/** A connection to `authority` (HOST:PORT) through a proxy, before any TLS: RFC 9110 §9.3.6. */
export function tunnel(
  proxy: URL,
  authority: string,
  ca: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Duplex> {
  const login = decodeURIComponent(`${proxy.username}:${proxy.password}`)
  const credentials = `Basic ${Buffer.from(login).toString('base64')}`
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)(proxy, {
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...(login === ':' ? {} : { 'proxy-authorization': credentials }) },
    auth: null,
    agent: false,
    signal,
    ...(ca ? { ca: [...ca] } : {}),
  })
  return new Promise((resolve, reject) => {
    request.on('connect', ({ statusCode }, socket) => {
      if (isSuccess(statusCode)) return resolve(socket)
      socket.destroy()
      reject(new Error(`the proxy answered HTTP ${statusCode}`))
    })
    request.on('error', reject)
    request.end()
  })
}
