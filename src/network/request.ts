import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Environment } from '../options.ts'
import { reach } from './agents.ts'

/** What is asked of a server. */
interface Request {
  /** GET if left out. */
  readonly method?: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** Of `reach`. */
  readonly agent: Agent
  readonly signal: AbortSignal
}

/**
 * Sends one request; redirects are not followed. Resolves with the answer once its header is there. Throws what Node
 * throws where there is none, with the code `ETIMEDOUT` where it took too long, and the reason of `signal`, which
 * also ends the answer.
 */
export async function send(url: URL, request: Request): Promise<IncomingMessage> {
  const { signal, body, method = 'GET', ...options } = request
  const { request: open } = await (url.protocol === 'https:'
    ? import('node:https')
    : import('node:http'))
  for (;;) {
    signal.throwIfAborted()
    const sent = open(url, { method, ...options })
    try {
      const answer = await answerTo(sent.end(body), signal)
      served.add(answer.socket)
      return answer
    } catch (error) {
      // RFC 9112 §9.3.1: the server has closed a connection that waited for the next request.
      const { code = '' } = error as NodeJS.ErrnoException
      if (!(sent.socket && served.has(sent.socket) && CLOSED.test(code))) throw error
    }
  }
}

/** Connections that have brought an answer. Node's `reusedSocket` is not set for a request that had to wait for one. */
const served = new WeakSet<Socket>()

const CLOSED = /^(ECONNRESET|EPIPE)$/

function answerTo(sent: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // The request itself tells of no error while a proxy keeps it waiting for its connection.
    const giveUp = (error: Error) => {
      settle(() => reject(error))
      sent.destroy(error)
    }
    const timeUp = () => giveUp(late('no answer in time'))
    const connecting = setTimeout(timeUp, CONNECTION_TIMEOUT)
    const answering = setTimeout(timeUp, ANSWER_TIMEOUT)
    const settle = (settled: () => void) => {
      clearTimeout(connecting)
      clearTimeout(answering)
      settled()
    }
    const abort = () => giveUp(signal.reason)
    signal.addEventListener('abort', abort)
    sent.on('close', () => signal.removeEventListener('abort', abort))
    sent.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => clearTimeout(connecting))
      else clearTimeout(connecting)
    })
    sent.on('response', (answer) => settle(() => resolve(answer)))
    sent.on('error', (error) => settle(() => reject(error)))
  })
}

/**
 * The body of an answer; undefined where it is longer than so many bytes. Throws what Node throws where it breaks off,
 * with the code `ETIMEDOUT` where it took too long.
 */
export async function bodyOf(
  answer: IncomingMessage,
  maximum: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  const giveUp = () =>
    answer.destroy(late(`the answer did not come to its end in ${BODY_TIMEOUT / 1000} s`))
  const reading = setTimeout(giveUp, BODY_TIMEOUT)
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maximum) return undefined
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(reading)
  }
  return Buffer.concat(chunks)
}

function late(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}

interface Answer {
  readonly status: number
  readonly body: string
}

/** The answer to one GET request. Throws as `send` and `reach` do. */
export async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  env: Environment,
  signal: AbortSignal,
): Promise<Answer> {
  const { agent } = await reach(url, env)
  const answer = await send(url, { headers, agent, signal })
  const body = await bodyOf(answer, MAXIMUM_BYTES)
  if (!body) throw new Error('the answer is too long')
  return { status: answer.statusCode ?? 0, body: body.toString('utf8') }
}

/** More than any answer that is read as a text has. */
const MAXIMUM_BYTES = 1_000_000

/** Milliseconds until the connection is there, the header of the answer, and from then on its end. */
export const CONNECTION_TIMEOUT = 5_000

const ANSWER_TIMEOUT = 15_000

const BODY_TIMEOUT = 5_000
