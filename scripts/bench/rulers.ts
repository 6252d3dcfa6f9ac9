import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { generate } from 'selfsigned'
import { readWorld, startSandbox } from '../../src/sandbox/index.ts'

/** How far STS is away. */
export interface Way {
  readonly tls: boolean
  /** Milliseconds in each direction. */
  readonly delay: number
  /** Milliseconds that STS takes to answer. */
  readonly latencyMs: number
}

/** Does the work in the environment of a job, its home empty, at a sandbox's STS that is so far away. */
export async function atSts<Result>(
  { tls, delay, latencyMs }: Way,
  work: (env: NodeJS.ProcessEnv, home: string) => Promise<Result>,
): Promise<Result> {
  certificate ??= makeCertificate()
  const certified = await certificate
  const home = await mkdtemp(join(tmpdir(), 'at-sts-'))
  const sandbox = await startSandbox({ world: readWorld({ latencyMs }) })
  const front = tls ? await overTls(sandbox.url, certified) : undefined
  const way = delay > 0 ? await overDistance(front?.url ?? sandbox.url, delay) : undefined
  const authority = join(home, 'authority.pem')
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    BASH_ENV: join(home, 'bash_env'),
    AWS_ENDPOINT_URL_STS: (way ?? front ?? sandbox).url,
    CIRCLE_OIDC_TOKEN_V2: await sandbox.mint(),
    // Unlike AWS_CA_BUNDLE it leaves Node its own certificates to load, as at AWS.
    ...(tls ? { NODE_EXTRA_CA_CERTS: authority } : {}),
  }
  try {
    await writeFile(authority, certified.authority)
    return await work(env, home)
  } finally {
    way?.close()
    front?.close()
    await sandbox.close()
    await rm(home, { recursive: true })
  }
}

let certificate: Promise<Certificate> | undefined

/** Something that listens, and how to end it. */
interface Listener {
  readonly url: string
  close(): void
}

/** The certificate of a server at 127.0.0.1, and what has to be trusted for it. */
interface Certificate {
  readonly authority: string
  readonly server: { readonly cert: string; readonly key: string }
}

async function makeCertificate(): Promise<Certificate> {
  const authority = await generate([{ name: 'commonName', value: 'Benchmark' }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  })
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'sts' }], {
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    ca: { key: authority.private, cert: authority.cert },
  })
  return { authority: authority.cert, server: { cert, key } }
}

/** Serves what `target` does over TLS. */
async function overTls(target: string, { server }: Certificate): Promise<Listener> {
  const pass = (incoming: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = incoming
    const onward = request(`${target}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(onward)
  }
  return listen(createServer(server, pass), 'https')
}

/** A way to `target` on which everything takes so many milliseconds in each direction. */
async function overDistance(target: string, delay: number): Promise<Listener> {
  const { hostname, port, protocol } = new URL(target)
  const server = createTcpServer((near) => {
    const far = connect(Number(port), hostname)
    carry(near, far, delay)
    carry(far, near, delay)
  })
  return listen(server, protocol.slice(0, -1))
}

function carry(from: Duplex, to: Duplex, delay: number): void {
  const later = (what: () => void) => setTimeout(what, delay)
  from.on('data', (chunk) => later(() => to.writable && to.write(chunk)))
  from.on('end', () => later(() => to.end()))
  from.on('error', () => to.destroy())
}

async function listen(server: Server, scheme: string): Promise<Listener> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `${scheme}://127.0.0.1:${port}`, close: () => server.close().unref() }
}
