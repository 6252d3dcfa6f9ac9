import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'

export interface TokenServer {
  readonly url: string
  /** What came, in order: method, path with query, and the authorization. */
  readonly asked: string[]
}

/** A token service on a local port; `answers` serve one request each, the last one all that follow. */
export async function startTokenServer(
  t: Pick<TestContext, 'after'>,
  ...answers: ((response: ServerResponse, request: IncomingMessage) => void)[]
): Promise<TokenServer> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    answers[Math.min(asked.length, answers.length) - 1]?.(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}/token`, asked }
}

/** Answers with this status and body. */
export function saying(status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return (response: ServerResponse) => response.writeHead(status).end(text)
}
