import { errorTypeRegistries } from '@aws-sdk/client-sts'
import { AwsQueryProtocol } from '@aws-sdk/core/protocols'
import type { HttpRequest } from '@smithy/core/transport'
import { NodeHttpHandler, streamCollector } from '@smithy/node-http-handler'
import type { NodeHttpHandlerOptions, StaticOperationSchema } from '@smithy/types'
import { version } from '../../package.json'
import { agents, CONNECTION_TIMEOUT, REQUEST_TIMEOUT } from '../network/agents.ts'
import type { Environment } from '../options.ts'
import type { Credentials } from '../role/request.ts'
import { resolveUrl, type StsEndpoint } from './endpoint.ts'

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
    ...(await agents(url, env)),
  }
}

/** Where STS is asked, and how. */
export interface StsConnection {
  /** Where the requests go. */
  readonly url: URL
  /** Sends one request, once, signed where credentials are given. Throws what the SDK throws. */
  send(
    operation: StaticOperationSchema,
    input: object,
    signal: AbortSignal,
    credentials?: Credentials,
  ): Promise<object>
  destroy(): void
}

/**
 * The SDK's schemas, protocol, endpoints, signature and HTTP handler, without its client: that one's
 * middleware for retries, shared configuration and the credential chain would do nothing here, and
 * double the time of a run.
 */
export async function connectSts(endpoint: StsEndpoint, env: Environment): Promise<StsConnection> {
  const url = await resolveUrl(endpoint)
  const handler = httpHandler(url, env)
  const protocol = new AwsQueryProtocol({
    defaultNamespace: 'com.amazonaws.sts',
    errorTypeRegistries,
    version: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  })
  const context = {
    endpoint: async () => ({ url }),
    streamCollector,
  } as unknown as Parameters<typeof protocol.serializeRequest>[2] &
    Parameters<typeof protocol.deserializeResponse>[1]
  return {
    url,
    destroy: handler.destroy,
    send: async (schema, values, abortSignal, credentials) => {
      const [, namespace, name, traits, input, output] = schema
      const operation = { namespace, name, traits, input, output }
      const request = await protocol.serializeRequest(operation, values, context)
      request.headers['host'] = url.host
      request.headers['content-length'] = String(Buffer.byteLength(request.body))
      const sent = credentials
        ? await (await import('./signature.ts')).sign(request, credentials, endpoint.region)
        : request
      sent.headers['user-agent'] = `circleci-aws-oidc/${version} aws-sdk-js`
      const { response } = await handler.handle(sent as HttpRequest, { abortSignal })
      try {
        return await protocol.deserializeResponse(operation, context, response)
      } catch (error) {
        throw Object.assign(error as Error, { $response: response })
      }
    },
  }
}
