import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { name, version } from '../../package.json'

/** The package as the release packs it. */
export function packPackage(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'package-'))
  try {
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory]
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] })
    return readFileSync(join(directory, readdirSync(directory)[0] ?? ''))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** An npm registry on this machine that has the package, for who has its token. */
export class Registry {
  readonly #server: Server
  readonly tarball: Buffer
  readonly #token: string
  url = ''
  /** What was asked for with the token. */
  requests: string[] = []

  constructor(tarball: Buffer, token: string) {
    this.tarball = tarball
    this.#token = token
    this.#server = createServer(({ url = '', headers }, response) => {
      const isAllowed = headers.authorization === `Bearer ${this.#token}`
      if (isAllowed) this.requests.push(url)
      const file = `/${name}/-/${name}-${version}.tgz`
      if (!isAllowed) response.writeHead(401).end()
      else if (url === file) response.end(this.tarball)
      else if (url === `/${name}`) response.end(JSON.stringify(this.#document(file)))
      else response.writeHead(404).end()
    })
  }

  #document(file: string) {
    const dist = { tarball: `${this.url}${file}` }
    const versions = { [version]: { name, version, dist } }
    return { name, 'dist-tags': { latest: version }, versions }
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** How a user tells npm of it. */
  get npmrc(): string {
    const host = this.url.replace('http:', '')
    return npmrcOf(this.url, `${host}/:${['_auth', 'Token'].join('')}=${this.#token}`)
  }
}

/** A `.npmrc` with this registry. */
export function npmrcOf(url: string, ...lines: readonly string[]): string {
  return [['registry', `${url}/`].join('='), ...lines, ''].join('\n')
}
