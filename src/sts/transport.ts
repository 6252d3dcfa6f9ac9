import type { Agent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { NodeHttpHandlerOptions } from '@smithy/types'
import { agents, CONNECTION_TIMEOUT, REQUEST_TIMEOUT } from '../network/agents.ts'
import type { Environment } from '../options.ts'

/** What an agent of a protocol that is not spoken needs: nothing. It keeps TLS out of a plain HTTP run. */
const UNUSED_AGENT = { destroy() {} } as unknown as Agent

/** The SDK's HTTP handler, made with the first request: what is wrong with proxy or certificates fails that. */
export function httpHandler(url: URL, env: Environment) {
  let made: Promise<NodeHttpHandler> | undefined
  const make = async () => new NodeHttpHandler(await handlerOptions(url, env))
  return {
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
    ...(url.protocol === 'http:' ? { httpsAgent: UNUSED_AGENT } : {}),
    ...(await agents(url, env)),
  }
}
