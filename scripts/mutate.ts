import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'

// Would a test notice? Changes the code of folders of src in small ways, one at a time, and runs the folder's tests:
// npm run mutate -- [--lines N [--seed S]] FOLDER…    With --lines, only changes within so many lines of a folder.

const STRYKER = 'test/tools/mutation/node_modules/@stryker-mutator/core/bin/stryker.js'
const RUNNER = 'test/tools/mutation/runner.ts'
const TEMPORARY = '.stryker-tmp'
/** Which folders need no disk and no network: held to this share of changes noticed. */
const PURE = /^(role|plans|profiles|trust\/\w+)$/
const ENOUGH = 85
/** Folders whose tests test another one as well. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  role: ['plans', 'sts/endpoint'],
  plans: ['acceptance/export', 'acceptance/earlier-sources', 'acceptance/multi-account'],
  profiles: ['plans'],
  'trust/policy': ['trust/check', 'acceptance/verdicts'],
  'trust/check': ['trust/policy', 'acceptance/verdicts'],
  'trust/subjects': ['trust/generate/generate', 'trust/roles'],
  'trust/roles': ['trust/generate/generate', 'trust/generate/templates'],
  'trust/generate': ['trust/commands'],
  files: [
    'profiles/shared-files',
    'delivery/step-variables',
    'acceptance/neighbours',
    'acceptance/shared-files',
    'acceptance/home',
    'acceptance/cleanup',
    'refresh/recipe',
  ],
  sts: [
    'acceptance/refusals',
    'acceptance/foreign-sts',
    'acceptance/timeout',
    'acceptance/other-version',
    'acceptance/fault',
    'acceptance/assume-role',
    'acceptance/multi-account',
    'acceptance/whoami',
    'acceptance/whoami-profiles',
    'acceptance/connection-ahead',
  ],
  token: [
    'acceptance/token-source',
    'acceptance/missing-token',
    'acceptance/other-ci',
    'acceptance/token',
    'commands',
  ],
  delivery: [
    'acceptance/cleanup',
    'acceptance/export',
    'acceptance/own-keys',
    'acceptance/other-ci',
    'acceptance/missing-token',
    'acceptance/later-steps',
    'acceptance/assume-role',
    'acceptance/multi-account',
    'acceptance/shared-files',
  ],
  network: [
    'acceptance/proxy',
    'acceptance/private-ca',
    'acceptance/connection-ahead',
    'sts/transport',
    'token/token-service',
    'acceptance/other-ci',
  ],
  doctor: ['acceptance/json', 'acceptance/missing-token'],
  refresh: [
    'acceptance/credential-process',
    'acceptance/renewal',
    'acceptance/renewal-meanwhile',
    'acceptance/other-version',
    'acceptance/exec',
    'attack/outage',
  ],
  commands: [
    'acceptance/assume-role',
    'acceptance/token',
    'acceptance/whoami',
    'acceptance/exec',
    'acceptance/exec-source',
    'acceptance/cleanup',
    'acceptance/explain',
    'acceptance/sandbox',
    'acceptance/credential-process',
    'acceptance/multi-account',
    'acceptance/missing-token',
    'help/completion',
    'trust',
  ],
  sandbox: [
    'acceptance/sandbox',
    'acceptance/fault',
    'acceptance/token',
    'sts/exchange',
    'sandbox/aws/assume-role-with-web-identity',
    'trust/policy/session-claims',
  ],
  'sandbox/aws': ['sandbox/fault', 'sandbox/issuer', 'acceptance/whoami', 'acceptance/verdicts'],
  help: ['cli', 'acceptance/help', 'acceptance/explain'],
  trust: ['trust/audit', 'trust/check', 'trust/roles'],
  '.': [
    'acceptance/options',
    'acceptance/control-characters',
    'acceptance/broken-output',
    'acceptance/secrets',
    'acceptance/timeout',
    'acceptance/json',
    'acceptance/exec',
    'acceptance/exec-signals',
    'acceptance/prototype-words',
    'acceptance/credential-process',
    'acceptance/home',
    'help/flags',
    'help/pages',
    'doctor/report',
    'doctor/checks',
    'role/session-name',
    'token/doubts',
  ],
}

/** Too many starts of the built program; `doctor/examine.test.ts` has the same cases in its own process. */
const NOT: readonly string[] = ['test/doctor/broken-set-ups.test.ts']

/** For how many milliseconds tests are waited for: a sample may take the slow ones, which run the built program. */
const WHOLE = {
  patience: { slow: 300, tooSlow: 3_000, each: 600_000 },
  timeoutMS: 5_000,
  timeoutFactor: 1.5,
}
const SAMPLE = {
  patience: { slow: 3_000, tooSlow: 20_000, each: 60_000 },
  // What is late on a busy machine would count as noticed.
  timeoutMS: 20_000,
  timeoutFactor: 3,
}

const { values, positionals } = parseArgs({
  options: { lines: { type: 'string' }, seed: { type: 'string', default: '20261121' } },
  allowPositionals: true,
})
if (!existsSync(STRYKER)) throw new Error('npm ci --prefix test/tools/mutation installs Stryker')

interface Mutant {
  readonly status: string
  readonly mutatorName: string
  readonly replacement?: string
  readonly location: { readonly start: { readonly line: number } }
}

let isEnough = true
for (const folder of positionals) {
  const mutants = mutate(folder)
  const valid = mutants.filter(({ status }) => !['Ignored', 'CompileError'].includes(status))
  const noticed = valid.filter(({ status }) => ['Killed', 'Timeout'].includes(status))
  const share = valid.length === 0 ? 100 : Math.floor((100 * noticed.length) / valid.length)
  console.log(`| ${folder} | ${valid.length} | ${noticed.length} | ${share} % |`)
  if (PURE.test(folder) && share < ENOUGH) isEnough = false
}
process.exitCode = isEnough ? 0 : 1

/** Runs Stryker over a folder, prints what no test noticed, or a time-out alone, and returns all changes. */
function mutate(folder: string): Mutant[] {
  const files = readdirSync(join('src', folder))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join('src', folder, name))
  const tests = [folder, ...(ALSO[folder] ?? [])].flatMap((one) => {
    if (existsSync(`test/${one}.test.ts`)) return [`test/${one}.test.ts`]
    const names = existsSync(join('test', one)) ? readdirSync(join('test', one)) : []
    return names
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join('test', one, name))
      .filter((name) => !NOT.includes(name))
  })
  // One for each folder, so that several may run at once.
  const work = join(TEMPORARY, folder.replaceAll('/', '-'))
  mkdirSync(work, { recursive: true })
  buildSync({
    entryPoints: [RUNNER],
    outfile: join(work, 'runner.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  })
  const report = join(work, 'report.json')
  const config = join(work, 'stryker.json')
  rmSync(report, { force: true })
  const settings = {
    mutate: values.lines === undefined ? files : sample(files, Number(values.lines)),
    testRunner: 'in-process',
    ignorers: ['texts'],
    plugins: [resolve(work, 'runner.mjs')],
    mutationTests: tests,
    ...(values.lines === undefined ? WHOLE : SAMPLE),
    dryRunTimeoutMinutes: 15,
    coverageAnalysis: 'perTest',
    // The compiler's API, which Stryker would ask, is gone from TypeScript 7.
    tsconfigFile: 'none.json',
    ignorePatterns: [TEMPORARY, 'dist', '/orb', '.venv', 'test/tools/mutation', '*.tgz'],
    concurrency: 1,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: report },
    tempDirName: join(work, 'sandbox'),
    allowEmpty: true,
    checkers: [],
    disableTypeChecks: false,
  }
  writeFileSync(config, JSON.stringify(settings))
  const run = spawnSync(process.execPath, [STRYKER, 'run', config, '--logLevel', 'warn'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    // Without programs in Python, each of which takes longer to start than all tests of a file.
    env: { ...process.env, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
  })
  if (!existsSync(report)) throw new Error(`Stryker ended with ${run.status}`)
  const leftOut = readFileSync(join(work, 'left-out.txt'), 'utf8')
  if (leftOut !== '') console.log(`Left out, as they fail without any change:\n${leftOut}`)
  const { files: results }: { files: Record<string, { mutants: Mutant[] }> } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  return Object.entries(results).flatMap(([file, { mutants }]) => {
    for (const { status, location, mutatorName, replacement } of mutants) {
      if (['Survived', 'NoCoverage', 'Timeout'].includes(status))
        console.log(
          `${file}:${location.start.line}: ${status}: ${mutatorName} ${replacement ?? ''}`,
        )
    }
    return mutants
  })
}

/** Lines of these files, as ranges, in the order that the seed gives. */
function sample(files: readonly string[], count: number): string[] {
  let state = Number(values.seed)
  // Park and Miller's generator.
  const random = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const lines = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((text, index) =>
        /^\s*(\/\/|\/?\*|import\b|$)/.test(text) ? [] : [`${file}:${index + 1}-${index + 1}`],
      ),
  )
  return lines
    .map((line) => ({ line, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .slice(0, count)
    .map(({ line }) => line)
}
