import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { startSandbox } from '../src/sandbox/index.ts'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15)
const CLI = 'dist/circleci-aws-oidc.cjs'

const home = await mkdtemp(join(tmpdir(), 'bench-'))
const sandbox = await startSandbox()
const env = {
  PATH: process.env['PATH'],
  HOME: home,
  BASH_ENV: join(home, 'bash_env'),
  AWS_ENDPOINT_URL_STS: sandbox.url,
  AWS_OIDC_ROLE_ARN: 'arn:aws:iam::111111111111:role/circleci-oidc',
  CIRCLE_OIDC_TOKEN_V2: await sandbox.mint(),
}

const BASE = 'bare request'
const commands: Record<string, readonly string[]> = {
  'node -e 0': ['-e', '0'],
  [BASE]: ['scripts/bare-request.cjs'],
  'assume-role --help': [CLI, 'assume-role', '--help'],
  'assume-role': [CLI, 'assume-role'],
}

/** Milliseconds from start to end of one process. */
async function time(args: readonly string[]): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${args.join(' ')} ended with exit code ${code}`)
  return performance.now() - start
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

// Side by side: every round runs each command once, so what else the machine does hits all alike.
const times = new Map(Object.keys(commands).map((name): [string, number[]] => [name, []]))
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, args] of Object.entries(commands)) {
    const taken = await time(args)
    if (round > 0) times.get(name)?.push(taken)
  }
}
const base = median(times.get(BASE) ?? [])
console.log(`\n${ROUNDS} rounds; ratio of medians to the ${BASE} (${base.toFixed(0)} ms here):`)
for (const [name, values] of times) {
  console.log(`  ${name.padEnd(20)} ${(median(values) / base).toFixed(2)}`)
}

console.log('\nbundle sizes:')
for (const file of ['circleci-aws-oidc.cjs', 'sandbox.cjs']) {
  const bytes = await readFile(join('dist', file))
  const sizes = { minified: bytes, gzip: gzipSync(bytes), brotli: brotliCompressSync(bytes) }
  const texts = Object.entries(sizes).map(
    ([name, { length }]) => `${name} ${(length / 1000).toFixed(0)} kB`,
  )
  console.log(`  ${file.padEnd(22)} ${texts.join(', ')}`)
}

await sandbox.close()
await rm(home, { recursive: true })
