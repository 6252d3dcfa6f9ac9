import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { name, version } from '../package.json'
import { startSandbox } from '../src/sandbox/index.ts'
import { compileWithOrb } from '../test/orb/config.ts'
import { embed, readEmbedded } from './embed.ts'

// How much text the orb's steps are, and how long they take, as CircleCI runs them: `bash -eo pipefail -c <text>`.

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15)
/** What CircleCI takes: https://circleci.com/docs/configuration-reference/ */
const LARGEST_CONFIG = 8e6

const tarball = await readFile(`dist/${name}-${version}.tgz`)
const { 'install.sh': install = '', 'run.sh': assumeRole = '' } = embed(
  readEmbedded(tarball),
  'orb',
)

console.log('\none use of assume-role in a compiled config')
for (const helper of ['embedded', 'npm', 'installed']) {
  const use = { 'role-arn': 'arn:aws:iam::111111111111:role/circleci-oidc', helper }
  const steps = [{ 'aws-oidc/assume-role': use }]
  const [job] = compileWithOrb({
    jobs: { job: { docker: [{ image: 'cimg/aws:2026.04' }], steps } },
  })
  const compiled = (job?.steps ?? []).map(({ name, command, environment }) => ({
    run: { name, command, environment },
  }))
  const bytes = Buffer.byteLength(stringify(compiled))
  const longest = Math.max(...compiled.map(({ run }) => run.command.length))
  console.log(
    `  ${helper.padEnd(10)} ${String(bytes).padStart(7)} bytes, ${String(Math.floor(LARGEST_CONFIG / bytes)).padStart(5)} uses in 8 MB, longest command line ${longest}`,
  )
}

const sandbox = await startSandbox()
const env = {
  PATH: process.env['PATH'],
  AWS_ENDPOINT_URL_STS: sandbox.url,
  CIRCLE_OIDC_TOKEN_V2: await sandbox.mint(),
  AWS_OIDC_ORB_INSTALL_NODE: '0',
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
  ['bare request', process.execPath, ['scripts/bare-request.cjs']],
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
const [installing = [], assuming = []] = ['install, cold', 'assume-role, cold'].map((name) =>
  times.get(name),
)
times.set(
  'both, cold',
  installing.map((taken, round) => taken + (assuming[round] ?? Number.NaN)),
)
console.log(`\nthe orb's steps, ${ROUNDS} rounds, medians`)
for (const [name, values] of times) {
  const middle = median(values)
  console.log(
    `  ${name.padEnd(20)} ${middle.toFixed(0).padStart(5)} ms ${(middle / base).toFixed(2).padStart(6)}`,
  )
}
