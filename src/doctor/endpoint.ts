import type { IncomingMessage } from 'node:http'
import type { Context } from '../context.ts'
import { EXIT } from '../errors.ts'
import { reach } from '../network/agents.ts'
import { proxyFor } from '../network/proxy.ts'
import { send } from '../network/request.ts'
import type { Environment } from '../options.ts'
import { askedHost, endpointUrl, type StsEndpoint } from '../sts/endpoint.ts'
import { failedConnection } from '../sts/failed-connection.ts'
import { withRetries } from '../sts/retry.ts'
import type { ClockReading } from './clock.ts'
import { errorFinding, type Finding, fine, type Settled } from './findings.ts'

/** The endpoint answered, whatever it said. */
export interface Reached {
  readonly url: URL
  /** Host and port of the proxy, if one was used. */
  readonly proxy: string | undefined
  readonly milliseconds: number
  readonly clock: ClockReading | undefined
}

/** Sends a request without an action to the endpoint, through the same proxy and TLS as the exchange. Throws `OidcError`. */
export async function reachEndpoint(endpoint: StsEndpoint, context: Context): Promise<Reached> {
  const { env, deadline } = context
  const url = endpointUrl(endpoint)
  const proxy = proxyFor(url, env)
  const attempt = async (): Promise<Reached> => {
    const start = Date.now()
    const { agent } = await reach(url, env)
    const headers = { 'user-agent': 'circleci-aws-oidc' }
    const answer = await send(url, { headers, agent, signal: deadline.signal })
    answer.destroy()
    if (proxy && isOfProxy(answer)) {
      throw Object.assign(new Error('the proxy refuses'), { $response: answer })
    }
    const there = new Date(answer.headers.date ?? '')
    const clock = Number.isNaN(there.getTime()) ? undefined : { here: new Date(), there }
    return { url, proxy: proxy?.host, milliseconds: Date.now() - start, clock }
  }
  return withRetries(attempt, context, {
    explain: (failed) => failedConnection(failed, url, env),
    host: `AWS STS at ${askedHost(url, env)}`,
  })
}

/** Whether a proxy answered in the place of STS, whose own answers all have a header of AWS. */
function isOfProxy({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 400 && !Object.keys(headers).some((name) => name.startsWith('x-amz'))
}

export function checkEndpoint(outcome: Settled<Reached>, env: Environment): Finding[] {
  if ('error' in outcome) {
    const found = errorFinding(outcome.error)
    const set = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
    const names = set.filter((name) => env[name])
    const proxies = names.length > 0 ? `Set here: ${names.join(', ')}.` : 'No proxy is set.'
    const evidence = found.exit === EXIT.unreachable ? (found.evidence ?? proxies) : found.evidence
    return [{ ...found, evidence }]
  }
  const { url, proxy, milliseconds } = outcome.value
  const way = proxy === undefined ? '' : `, through the proxy ${proxy}`
  return [fine('endpoint', `${url.origin} answered in ${milliseconds} ms${way}`)]
}
