import { STSClient } from '@aws-sdk/client-sts'
import { version } from '../../package.json'
import type { Environment } from '../options.ts'
import type { StsEndpoint } from './endpoint.ts'
import { lateHandler } from './transport.ts'

/**
 * An STS client that asks nothing of the shared files, which may be what we are about to repair,
 * and that tries once: `retry.ts` is the only retry mechanism.
 */
export function stsClient(endpoint: StsEndpoint, env: Environment): STSClient {
  // The SDK announces on stderr which Node its later versions will need; our users can't act on that.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  const { region, url, useFips, useDualstack } = endpoint
  const client: STSClient = new STSClient({
    region,
    ...(url ? { endpoint: url.href } : {}),
    useFipsEndpoint: useFips,
    useDualstackEndpoint: useDualstack,
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    authSchemePreference: [],
    sigv4aSigningRegionSet: [region],
    userAgentAppId: '',
    customUserAgent: [['circleci-aws-oidc', version]],
    requestHandler: lateHandler(() => endpointUrl(client), env),
    streamCollector: collect,
  })
  return client
}

/** The bytes of an answer. The SDK's own collector loads web streams, which Node's HTTP never gives. */
async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The URL that the client sends its requests to. */
export async function endpointUrl(client: STSClient): Promise<URL> {
  const { endpoint, region, useFipsEndpoint, useDualstackEndpoint, endpointProvider } =
    client.config
  if (endpoint) {
    const { protocol, hostname, port, path } = await endpoint()
    return new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}`)
  }
  return endpointProvider({
    Region: await region(),
    UseFIPS: await useFipsEndpoint(),
    UseDualStack: await useDualstackEndpoint(),
  }).url
}
