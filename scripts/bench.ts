import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { readWorld, startSandbox, type World } from '../src/sandbox/index.ts'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15)
const CLI = 'dist/circleci-aws-oidc.cjs'

const ROLE = 'arn:aws:iam::111111111111:role/circleci-oidc'
const BASE = 'bare request'

interface Run {
  readonly milliseconds: number
  /** Of the process at its largest, in MB. */
  readonly memory: number
}

/** One process from start to end. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Run> {
  const memoryFile = join(env['HOME'] ?? '', 'memory')
  const report = `process.on('exit',()=>require('fs').writeFileSync(${JSON.stringify(memoryFile)},String(process.resourceUsage().maxRSS)))`
  const preload = join(env['HOME'] ?? '', 'report-memory.cjs')
  if (env['BENCH_MEMORY']) await writeFile(preload, report)
  const options = env['BENCH_MEMORY'] ? ['--require', preload] : []
  const start = performance.now()
  const child = spawn(process.execPath, [...options, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  const milliseconds = performance.now() - start
  if (code !== 0) throw new Error(`${args.join(' ')} ended with exit code ${code}`)
  const memory = env['BENCH_MEMORY'] ? Number(await readFile(memoryFile, 'utf8')) / 1000 : 0
  return { milliseconds, memory }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

type Commands = Readonly<Record<string, readonly string[]>>

/** Side by side: every round runs each command once, so what else the machine does hits all alike. */
async function compare(commands: Commands, env: NodeJS.ProcessEnv, rounds: number) {
  const runs = new Map(Object.keys(commands).map((name): [string, Run[]] => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, args] of Object.entries(commands)) {
      const done = await run(args, env)
      if (round > 0) runs.get(name)?.push(done)
    }
  }
  const figure = (name: string, of: keyof Run) =>
    median((runs.get(name) ?? []).map((one) => one[of]))
  return {
    ratio: (name: string, to: string) =>
      (figure(name, 'milliseconds') / figure(to, 'milliseconds')).toFixed(2),
    milliseconds: (name: string) => figure(name, 'milliseconds').toFixed(0),
    memory: (name: string) => figure(name, 'memory').toFixed(0),
  }
}

async function atSandbox(
  world: World,
  work: (env: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'bench-'))
  const sandbox = await startSandbox({ world })
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    BASH_ENV: join(home, 'bash_env'),
    AWS_ENDPOINT_URL_STS: sandbox.url,
    CIRCLE_OIDC_TOKEN_V2: await sandbox.mint(),
  }
  await work(env)
  await sandbox.close()
  await rm(home, { recursive: true })
}

await atSandbox(readWorld({}), async (given) => {
  const env = { ...given, AWS_OIDC_ROLE_ARN: ROLE }
  await run([CLI, 'assume-role', '--profile', 'kept', '--credentials', 'refresh'], env)
  const versions = join(given['HOME'] ?? '', '.local/share/circleci-aws-oidc/versions')
  const [installed = ''] = await readdir(versions)
  const launcher = join(versions, installed, 'launcher.cjs')
  const commands = {
    'node -e 0': ['-e', '0'],
    [BASE]: ['scripts/bare-request.cjs'],
    'assume-role': [CLI, 'assume-role'],
    'assume-role --export none': [CLI, 'assume-role', '--export', 'none'],
    // As the profile's own credential_process calls it.
    'credential-process, cached': [launcher, 'credential-process', '--profile', 'kept'],
  }
  const { ratio, milliseconds } = await compare(commands, env, ROUNDS)
  console.log(`\none role, ${ROUNDS} rounds, ratios of medians (${BASE}: ${milliseconds(BASE)} ms)`)
  console.log(`${'to'.padStart(42)} ${BASE}   node -e 0`)
  for (const name of Object.keys(commands)) {
    console.log(
      `  ${name.padEnd(38)} ${ratio(name, BASE).padStart(8)} ${ratio(name, 'node -e 0').padStart(11)}`,
    )
  }
})

await atSandbox(readWorld({ latencyMs: 100 }), async (given) => {
  const profiles = Array.from({ length: 50 }, (_, i) => `[profile p${i}]\nrole_arn = ${ROLE}\n`)
  const file = join(given['HOME'] ?? '', 'profiles.ini')
  await writeFile(file, profiles.join('\n'))
  const commands = {
    'one role': [CLI, 'assume-role', '--role-arn', ROLE],
    'fifty roles': [CLI, 'assume-role', '--profiles-file', file],
  }
  const times = await compare(commands, given, 5)
  const sizes = await compare(commands, { ...given, BENCH_MEMORY: '1' }, 2)
  console.log('\nan STS that answers after 100 ms')
  console.log(`  fifty roles to one: time ${times.ratio('fifty roles', 'one role')}`)
  console.log(
    `  memory: ${sizes.memory('one role')} MB for one, ${sizes.memory('fifty roles')} MB for fifty`,
  )
})

console.log('\nbundle sizes:')
for (const file of ['circleci-aws-oidc.cjs', 'sandbox.cjs']) {
  const bytes = await readFile(join('dist', file))
  const sizes = { minified: bytes, gzip: gzipSync(bytes), brotli: brotliCompressSync(bytes) }
  const texts = Object.entries(sizes).map(
    ([name, { length }]) => `${name} ${(length / 1000).toFixed(0)} kB`,
  )
  console.log(`  ${file.padEnd(22)} ${texts.join(', ')}`)
}
