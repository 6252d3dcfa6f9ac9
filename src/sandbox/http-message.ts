import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'

const BODY_LIMIT_BYTES = 1024 * 1024

export function flatHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  )
}

export async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    chunks.push(chunk)
    size += chunk.length
    if (size > BODY_LIMIT_BYTES) throw new Error(`a request of more than ${BODY_LIMIT_BYTES} bytes`)
  }
  return Buffer.concat(chunks).toString('utf8')
}

export function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Promises the whole answer and hangs up after half of it. */
export function sendHalf(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  })
  response.write(body.slice(0, body.length / 2), () => response.destroy())
}

/** The answer without that element, XML or JSON. */
export function omitElement(answer: Answer, element: string): Answer {
  const body = answer.body
    .replace(new RegExp(` *<${element}>[^<]*</${element}>\n?`), '')
    .replace(new RegExp(`"${element}":"[^"]*",?`), '')
  return { ...answer, body }
}
