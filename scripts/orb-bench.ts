import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { version } from '../package.json'
import { startSandbox } from '../src/sandbox/index.ts'
import { BUNDLE, embed } from './embed.ts'

// How long the orb's steps take, as CircleCI runs them: `bash -eo pipefail -c <text>`.

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15)
const { 'install.sh': install = '', 'run.sh': assumeRole = '' } = embed(
  await readFile(BUNDLE),
  version,
  'orb',
)

const sandbox = await startSandbox()
const env = {
  PATH: process.env['PATH'],
  AWS_ENDPOINT_URL_STS: sandbox.url,
  CIRCLE_OIDC_TOKEN_V2: await sandbox.mint(),
  AWS_OIDC_INSTALL_NODE: '0',
  AWS_OIDC_ORB_COMMAND: 'assume-role',
  AWS_OIDC_ROLE_ARN: 'arn:aws:iam::111111111111:role/circleci-oidc',
}

async function time(program: string, args: readonly string[], home: string): Promise<number> {
  const start = performance.now()
  const child = spawn(program, args, {
    env: { ...env, HOME: home, BASH_ENV: join(home, 'bash_env') },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`a step ended with exit code ${code}`)
  return performance.now() - start
}

const STEPS: readonly (readonly [name: string, program: string, args: readonly string[]])[] = [
  ['node -e 0', process.execPath, ['-e', '0']],
  ['install, cold', 'bash', ['-eo', 'pipefail', '-c', install]],
  ['install, warm', 'bash', ['-eo', 'pipefail', '-c', install]],
  ['assume-role, cold', 'bash', ['-eo', 'pipefail', '-c', assumeRole]],
  ['assume-role, warm', 'bash', ['-eo', 'pipefail', '-c', assumeRole]],
]

const times = new Map(STEPS.map(([name]): [string, number[]] => [name, []]))
for (let round = 0; round < ROUNDS; round++) {
  const home = await mkdtemp(join(tmpdir(), 'orb-bench-'))
  for (const [name, program, args] of STEPS) times.get(name)?.push(await time(program, args, home))
  await rm(home, { recursive: true })
}
await sandbox.close()

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const base = median(times.get('node -e 0') ?? [])
console.log(`\nthe orb's steps, ${ROUNDS} rounds, medians`)
for (const [name, values] of times) {
  const middle = median(values)
  console.log(
    `  ${name.padEnd(20)} ${middle.toFixed(0).padStart(5)} ms ${(middle / base).toFixed(2).padStart(6)}`,
  )
}
