import { readFile } from 'node:fs/promises'
import type { Agent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { NodeHttpHandlerOptions } from '@smithy/types'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { proxyFor } from './proxy-settings.ts'

const CONNECTION_TIMEOUT = 5_000
const REQUEST_TIMEOUT = 15_000

/** What an agent of a protocol that is not spoken needs: nothing. It keeps TLS out of a plain HTTP run. */
const UNUSED_AGENT = { destroy() {} }

/**
 * The SDK's HTTP handler, made with the first request: which proxy applies depends on the URL, which the
 * client derives, and what is wrong with proxy or certificates fails that request.
 */
export function lateHandler(url: () => Promise<URL>, env: Environment) {
  let made: Promise<NodeHttpHandler> | undefined
  const make = async () => new NodeHttpHandler(await handlerOptions(await url(), env))
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (...args: Parameters<NodeHttpHandler['handle']>) => {
      made ??= make()
      return (await made).handle(...args)
    },
    destroy: () => {
      made?.then(
        (handler) => handler.destroy(),
        () => {},
      )
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  }
}

/**
 * How the SDK's HTTP handler reaches `url`: with the timeouts it lacks, the proxy of the environment,
 * and the certificates of `AWS_CA_BUNDLE` (which replace Node's own, as in the AWS CLI).
 */
async function handlerOptions(url: URL, env: Environment): Promise<NodeHttpHandlerOptions> {
  return {
    connectionTimeout: CONNECTION_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    socketTimeout: REQUEST_TIMEOUT,
    throwOnRequestTimeout: true,
    ...(await agents(url, env)),
  }
}

type Agents = Pick<NodeHttpHandlerOptions, 'httpAgent' | 'httpsAgent'>

async function agents(url: URL, env: Environment): Promise<Agents> {
  const proxy = proxyFor(url, env)
  const ca = url.protocol === 'https:' ? await caBundle(env) : undefined
  if (proxy) return (await import('./proxy.ts')).proxyAgents(proxy, ca)
  if (url.protocol === 'http:') return { httpsAgent: UNUSED_AGENT as unknown as Agent }
  return { httpsAgent: ca ? { ca } : {} }
}

async function caBundle(env: Environment): Promise<string[] | undefined> {
  const path = env['AWS_CA_BUNDLE']
  if (!path) return undefined
  // Certificates given to an agent replace NODE_EXTRA_CA_CERTS too, so those are added again.
  const paths = [path, env['NODE_EXTRA_CA_CERTS']].filter(
    (name) => name !== undefined && name !== '',
  )
  return Promise.all(paths.map((name) => readCertificates(name ?? '')))
}

async function readCertificates(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new OidcError('file-unreadable', {
      what: `The certificates in ${path} (AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS) can't be read: ${(error as NodeJS.ErrnoException).code}.`,
      next: 'Correct the path, or unset the variable.',
      cause: error,
    })
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new OidcError('file-malformed', {
    what: `${path} (AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS) holds no certificate in PEM form.`,
    next: 'Convert it to PEM, or unset the variable.',
  })
}
