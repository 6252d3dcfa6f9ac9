import { errorTypeRegistries } from '@aws-sdk/client-sts'
import { AwsQueryProtocol } from '@aws-sdk/core/protocols'
import type { HttpRequest } from '@smithy/core/transport'
import { streamCollector } from '@smithy/node-http-handler'
import type { StaticOperationSchema } from '@smithy/types'
import { version } from '../../package.json'
import type { Environment } from '../options.ts'
import { resolveUrl, type StsEndpoint } from './endpoint.ts'
import { lateHandler } from './transport.ts'

/** STS for what needs no signature. */
export interface UnsignedSts {
  /** Where the requests go. */
  readonly url: URL
  /** Sends one request, once. Throws what the SDK throws. */
  send(operation: StaticOperationSchema, input: object, signal: AbortSignal): Promise<object>
  destroy(): void
}

/**
 * The SDK's schemas, protocol, endpoints and HTTP handler, without its client: the middleware for
 * signing, retries and shared configuration would do nothing here and double the time of a run.
 */
export async function unsignedSts(endpoint: StsEndpoint, env: Environment): Promise<UnsignedSts> {
  const url = await resolveUrl(endpoint)
  const handler = lateHandler(() => Promise.resolve(url), env)
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
    send: async ([, namespace, name, traits, input, output], values, abortSignal) => {
      const operation = { namespace, name, traits, input, output }
      const request = await protocol.serializeRequest(operation, values, context)
      request.headers['content-length'] = String(Buffer.byteLength(request.body))
      request.headers['user-agent'] = `circleci-aws-oidc/${version} aws-sdk-js`
      const { response } = await handler.handle(request as HttpRequest, { abortSignal })
      try {
        return await protocol.deserializeResponse(operation, context, response)
      } catch (error) {
        throw Object.assign(error as Error, { $response: response })
      }
    },
  }
}
