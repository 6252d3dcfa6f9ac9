import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import type { Environment } from '../options.ts'
import { agents, CONNECTION_TIMEOUT, REQUEST_TIMEOUT } from './agents.ts'

/**
 * The answer to one GET request; redirects are not followed. Throws what Node throws when there is none,
 * and what `agents` throws.
 */
export async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  env: Environment,
  signal: AbortSignal,
): Promise<Answer> {
  const { httpAgent, httpsAgent } = await agents(url, env)
  if (url.protocol === 'http:') {
    // Node's global agent would keep the connection open.
    return answerOf(httpRequest(url, { headers, signal, agent: httpAgent ?? false }))
  }
  // The agent of a proxy is one of node:http.
  const agent = httpsAgent instanceof HttpAgent ? httpsAgent : new Agent(httpsAgent)
  return answerOf(httpsRequest(url, { headers, signal, agent }))
}

interface Answer {
  readonly status: number
  readonly body: string
}

function answerOf(request: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const giveUp = () => request.destroy(new Error('no answer in time'))
    const limit = setTimeout(giveUp, REQUEST_TIMEOUT)
    const connecting = setTimeout(giveUp, CONNECTION_TIMEOUT)
    const stop = () => {
      clearTimeout(limit)
      clearTimeout(connecting)
    }
    request.on('socket', (socket) => {
      socket.once('connect', () => clearTimeout(connecting))
      if (!socket.connecting) clearTimeout(connecting)
    })
    request.on('close', stop)
    request.on('error', reject)
    request.on('response', (response) => readBody(response).then(resolve, reject))
    request.end()
  })
}

async function readBody(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAXIMUM_BYTES) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }
}

/** More than any answer that we read has. */
const MAXIMUM_BYTES = 1_000_000
