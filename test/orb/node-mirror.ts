import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

export const nodeVersion = process.versions.node
export const archiveName = `node-v${nodeVersion}-${process.platform}-${process.arch}`

/** A mirror on this machine whose archive holds the Node that runs the tests. */
export class NodeMirror {
  readonly #server: Server
  readonly #directory = mkdtempSync(join(tmpdir(), 'node-mirror-'))
  readonly archive: Buffer
  readonly sha256: string
  /** Its address, once it listens. */
  url = ''
  /** Paths asked for since the last look. */
  requests: string[] = []
  /** What to answer instead, by path: a body, or a status. */
  answers: Record<string, Buffer | number> = {}

  constructor() {
    const bin = join(this.#directory, archiveName, 'bin')
    mkdirSync(bin, { recursive: true })
    copyFileSync(process.execPath, join(bin, 'node'))
    const file = join(this.#directory, 'archive.tar')
    execFileSync('tar', ['-cf', file, '-C', this.#directory, archiveName])
    this.archive = gzipSync(readFileSync(file), { level: 1 })
    rmSync(file)
    this.sha256 = createHash('sha256').update(this.archive).digest('hex')
    this.#server = createServer(({ url = '' }, response) => {
      this.requests.push(url)
      const usual = url === `/v${nodeVersion}/${archiveName}.tar.gz` ? this.archive : 404
      const answer = this.answers[url] ?? usual
      response.writeHead(typeof answer === 'number' ? answer : 200)
      response.end(typeof answer === 'number' ? undefined : answer)
    })
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
