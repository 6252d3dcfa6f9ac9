import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Script } from 'node:vm'

const FILES = ['circleci-aws-oidc.cjs', 'sandbox.cjs', 'sandbox-circleci.cjs']

/** The built CLI: a copy for this process, which a build running meanwhile leaves alone. */
export const CLI = join(copyOfDist(), 'circleci-aws-oidc.cjs')

function copyOfDist(): string {
  // Its name has a blank and a quote, as a path may.
  const copy = mkdtempSync(join(tmpdir(), "built cli's "))
  chmodSync(copy, 0o755)
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
  const end = Date.now() + 20_000
  while (Date.now() < end) {
    if (existsSync('dist')) cpSync('dist', copy, { recursive: true, force: true })
    if (FILES.every((name) => isWhole(join(copy, name)))) return copy
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  }
  throw new Error(`dist lacks some of ${FILES.join(', ')}: npm run build (${readdirSync(copy)})`)
}

/** Whether the text parses to its end; a file just being written does not. */
function isWhole(path: string): boolean {
  try {
    new Script(readFileSync(path, 'utf8').replace(/^#!.*/, ''))
    return existsSync(path) && readFileSync(path).length > 0
  } catch {
    return false
  }
}
