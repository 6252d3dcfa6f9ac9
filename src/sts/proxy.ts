import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent } from 'https-proxy-agent'

/** The agents that send requests through `proxy`; loaded only when a proxy is set. */
export function proxyAgents(
  proxy: URL,
  ca: readonly string[] | undefined,
): { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent } {
  const tls = ca ? { ca: [...ca] } : {}
  const httpsAgent = new HttpsProxyAgent(proxy, tls)
  // The agent's own options reach only the proxy; the certificates are for the endpoint behind it too.
  const connect = httpsAgent.connect.bind(httpsAgent)
  httpsAgent.connect = (request, options) =>
    connect(request, options.secureEndpoint ? { ...options, ...tls } : options)
  return { httpAgent: new HttpProxyAgent(proxy, tls), httpsAgent: httpsAgent as HttpsAgent }
}
