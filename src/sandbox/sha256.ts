import { createHash, createHmac } from 'node:crypto'
import type { Checksum, SourceData } from '@smithy/types'

/** Node's SHA-256, or HMAC-SHA-256 with a secret, in the form `SignatureV4` asks for. */
export class Sha256 implements Checksum {
  readonly #secret: Uint8Array | undefined
  #parts: Uint8Array[] = []

  constructor(secret?: SourceData) {
    this.#secret = secret === undefined ? undefined : bytes(secret)
  }

  update(chunk: SourceData): void {
    this.#parts.push(bytes(chunk))
  }

  digest(): Promise<Uint8Array> {
    const hash = this.#secret ? createHmac('sha256', this.#secret) : createHash('sha256')
    return Promise.resolve(hash.update(Buffer.concat(this.#parts)).digest())
  }

  reset(): void {
    this.#parts = []
  }
}

function bytes(data: SourceData): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
