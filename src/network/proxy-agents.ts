import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent } from 'https-proxy-agent'

/** The agents that send requests through `proxy`; loaded only when a proxy is set. */
export function proxyAgents(
  proxy: URL,
  ca: readonly string[] | undefined,
): { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent } {
  const tls = ca ? { ca: [...ca] } : {}
  const httpsAgent = new HttpsProxyAgent(proxy, tls)
  const connect = httpsAgent.connect.bind(httpsAgent)
  httpsAgent.connect = (request, options) => {
    if (!options.secureEndpoint) return connect(request, options)
    // The agent forgets a host that is an IP address, so the name would be compared with "localhost".
    const checkName = (_: string, certificate: PeerCertificate) =>
      checkServerIdentity(options.host ?? '', certificate)
    // Its own options reach only the proxy; the certificates are for the endpoint behind it too.
    return connect(request, { ...options, ...tls, checkServerIdentity: checkName })
  }
  return { httpAgent: new HttpProxyAgent(proxy, tls), httpsAgent: httpsAgent as HttpsAgent }
}
