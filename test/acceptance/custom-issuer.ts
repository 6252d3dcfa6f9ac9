import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'

/** An OIDC issuer that is not ours: its discovery document, its keys, and a token service like GitHub's. */
export interface CustomIssuer {
  /** Its `iss`: `http://127.0.0.1:PORT`. */
  readonly url: string
  /** An ID token as a CI gives it to a job; one of the audiences at the start. */
  readonly mint: (token: MintedToken) => Promise<string>
  /** Where a job gets its token for an audience, by the bearer. */
  readonly tokenUrl: string
  readonly bearer: string
  /** Query of every request to the token service. */
  readonly asked: readonly string[]
}

export interface MintedToken {
  readonly subject: string
  readonly audience: string
  readonly claims?: Readonly<Record<string, unknown>>
  /** Seconds from now; negative for an expired token. */
  readonly expiresIn?: number
}

export interface IssuerOptions {
  /** Besides the issuer's own URL, which is GitLab's default. */
  readonly audiences: readonly string[]
  /** Subject of what the token service gives. */
  readonly subject: string
  /** Told of every token that is given. */
  readonly onToken?: (token: string) => void
}

export async function startIssuer(
  t: Pick<TestContext, 'after'>,
  options: IssuerOptions,
): Promise<CustomIssuer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const provider = await createProvider(url, [url, ...options.audiences])

  const mint = async ({ subject, audience, claims, expiresIn = 300 }: MintedToken) => {
    const client = await provider.Client.find(audience)
    if (!client) throw new Error(`no client ${audience}`)
    const token = new provider.IdToken({}, { client })
    for (const [name, value] of Object.entries({ sub: subject, ...claims })) token.set(name, value)
    const expiresAt = Math.floor(Date.now() / 1000) + expiresIn
    const text = await token.issue({ use: 'idtoken', expiresAt })
    options.onToken?.(text)
    return text
  }

  const bearer = randomBytes(24).toString('hex')
  const asked: string[] = []
  const serveToken = async (request: IncomingMessage, response: ServerResponse) => {
    const { search, searchParams } = new URL(request.url ?? '', url)
    asked.push(search)
    if (request.headers.authorization !== `Bearer ${bearer}`) {
      response.writeHead(401).end(JSON.stringify({ message: 'unknown bearer' }))
      return
    }
    const audience = searchParams.get('audience') ?? ''
    const value = await mint({ subject: options.subject, audience }).catch(() => undefined)
    response.writeHead(value ? 200 : 400).end(JSON.stringify({ value }))
  }

  const serveProvider = provider.callback()
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/token-service')) serveToken(request, response)
    else serveProvider(request, response)
  })
  return { url, mint, tokenUrl: `${url}/token-service?api-version=2.0`, bearer, asked }
}

/** Its clients are the audiences: the audience of an ID token is the client that it is for. */
async function createProvider(url: string, audiences: readonly string[]): Promise<Provider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const clients = audiences.map((audience) => ({
    client_id: audience,
    client_secret: randomBytes(24).toString('hex'),
    redirect_uris: [],
    response_types: [],
    grant_types: [],
  }))
  return new Provider(url, {
    jwks: { keys: [key] },
    clients,
    cookies: { keys: [randomBytes(24).toString('hex')] },
    features: { devInteractions: { enabled: false } },
  })
}
