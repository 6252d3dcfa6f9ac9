import assert from 'node:assert/strict'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { decodeJwt } from 'jose'

const HERE = dirname(fileURLToPath(import.meta.url))
// Its name has a blank and a quote: the shims must survive such a place.
const root = mkdtempSync(join(tmpdir(), "sandbox job's test "))
const scratch = join(root, 'tmp')
const paths = { cli: join(root, 'cli.cjs'), circleci: join(root, 'circleci.cjs') }

before(async () => {
  mkdirSync(scratch)
  writeFileSync(paths.cli, 'console.log("cli", ...process.argv.slice(2))')
  const entryPoints = {
    circleci: join(HERE, '../../src/sandbox/circleci.ts'),
    run: join(HERE, 'run-sandbox.ts'),
  }
  const format = { bundle: true, platform: 'node', format: 'cjs', target: 'node20' } as const
  await build({ entryPoints, outdir: root, outExtension: { '.js': '.cjs' }, ...format })
})

after(() => rmSync(root, { recursive: true, force: true }))

interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(options: object, env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  const script = join(root, 'run.cjs')
  return spawn(process.execPath, [script, JSON.stringify({ paths, ...options })], {
    env: { ...process.env, TMPDIR: scratch, ...env },
  })
}

async function finish(child: ChildProcessWithoutNullStreams): Promise<Result> {
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.end('from stdin $CIRCLE_JOB')
  const [code] = await once(child, 'close')
  const left = readdirSync(scratch).filter((name) => name.includes('sandbox'))
  assert.deepEqual(left, [], 'the job directory is removed')
  return { code, stdout, stderr }
}

const sh = (script: string, env?: NodeJS.ProcessEnv) =>
  finish(start({ command: ['sh', '-c', script] }, env))

test('the environment of a job', async () => {
  const { stdout, code } = await sh('env -0', {
    AWS_ACCESS_KEY_ID: 'parent',
    AWS_PROFILE: 'parent',
    AWS_CONFIG_FILE: '/parent',
    AWS_ENDPOINT_URL: 'http://parent',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/parent',
    AWS_REGION: 'eu-central-1',
    AWS_OIDC_ROLE_ARN: 'parent',
    AWS_BEARER_TOKEN_BEDROCK: 'parent',
    CI_JOB_TOKEN: 'parent',
    BUILDKITE: 'true',
    JENKINS_URL: 'http://parent',
    BITBUCKET_BUILD_NUMBER: '1',
    CIRCLE_TAG: 'parent',
    GITHUB_ACTIONS: 'true',
    BASH_ENV: '/parent',
    OTHER: 'kept',
    NO_PROXY: 'intranet.example',
    no_proxy: undefined,
  })
  assert.equal(code, 0)
  const env = Object.fromEntries(
    stdout.split('\0').map((line) => /^([^=]*)=?(.*)$/s.exec(line)?.slice(1) ?? []),
  ) as Record<string, string>
  const { HOME = '', BASH_ENV = '', PATH = '', AWS_ENDPOINT_URL_STS = '' } = env
  assert.ok(HOME.startsWith(scratch) && BASH_ENV.startsWith(scratch) && PATH.startsWith(scratch))
  assert.match(AWS_ENDPOINT_URL_STS, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.deepEqual(
    Object.keys(env)
      .filter((name) => /^(AWS_|CI_|BUILDKITE|JENKINS|BITBUCKET|GITHUB)/.test(name))
      .sort(),
    ['AWS_ENDPOINT_URL_STS'],
  )
  // https://circleci.com/docs/variables/#built-in-environment-variables
  assert.equal(env['CI'], 'true')
  assert.equal(env['CIRCLECI'], 'true')
  assert.equal(env['CIRCLE_BUILD_NUM'], '42')
  assert.equal(env['CIRCLE_JOB'], 'deploy')
  assert.equal(env['CIRCLE_PROJECT_USERNAME'], 'acme')
  assert.equal(env['CIRCLE_PROJECT_REPONAME'], 'website')
  assert.equal(env['CIRCLE_USERNAME'], 'octocat')
  assert.equal(env['CIRCLE_BRANCH'], 'main')
  assert.equal(env['CIRCLE_TAG'], undefined)
  assert.equal(env['CIRCLE_WORKING_DIRECTORY'], '~/project')
  assert.equal(env['OTHER'], 'kept')
  assert.equal(env['NO_PROXY'], 'intranet.example,127.0.0.1,localhost')
  assert.equal(env['no_proxy'], 'intranet.example,127.0.0.1,localhost')
  const organization = env['CIRCLE_ORGANIZATION_ID']
  const v1 = decodeJwt(env['CIRCLE_OIDC_TOKEN'] ?? '')
  const v2 = decodeJwt(env['CIRCLE_OIDC_TOKEN_V2'] ?? '')
  assert.equal(v1.iss, `https://oidc.circleci.com/org/${organization}`)
  assert.ok(v2.sub?.startsWith(`${v1.sub}/vcs-origin/`))
  assert.equal(v2['oidc.circleci.com/project-id'], env['CIRCLE_PROJECT_ID'])
})

test('home and bin are private, BASH_ENV is an empty file', async () => {
  const { stdout } = await sh(
    'for path in "$HOME" "$(dirname "$(command -v circleci)")" "$BASH_ENV"; do ls -ld "$path" | cut -c1-10; done; wc -c < "$BASH_ENV"',
  )
  assert.deepEqual(stdout.split(/\s+/).filter(Boolean), [
    'drwx------',
    'drwx------',
    '-rw-------',
    '0',
  ])
})

// https://circleci.com/docs/configuration-reference/#default-shell-options
test('one text is run as a step is: bash -eo pipefail', async () => {
  const text = async (script: string) => finish(start({ command: [script] }))
  const failing = await text('false; echo on')
  assert.deepEqual([failing.code, failing.stdout], [1, ''])
  const piped = await text('exit 3 | cat; echo on')
  assert.deepEqual([piped.code, piped.stdout], [3, ''])
  const { stdout } = await text('echo "$CIRCLE_JOB"; cd ~/project && pwd -P')
  assert.equal(stdout, `deploy\n${process.cwd()}\n`)
})

test('variables of the surrounding shell that are passed', async () => {
  const command = ['sh', '-c', 'echo "$AWS_REGION-$AWS_PROFILE"']
  const options = { passed: ['AWS_REGION', 'NOT_SET'], command }
  const { stdout } = await finish(start(options, { AWS_REGION: 'eu-west-1', AWS_PROFILE: 'mine' }))
  assert.equal(stdout, 'eu-west-1-\n')
})

/** What a job of this world sees. */
async function seen(job: object) {
  const worldFile = join(root, 'kind.json')
  writeFileSync(worldFile, JSON.stringify({ job }))
  const { stdout } = await finish(start({ worldFile, command: ['env', '-0'], passed: [] }))
  const env = Object.fromEntries(
    stdout.split('\0').map((line) => /^([^=]*)=?(.*)$/s.exec(line)?.slice(1) ?? []),
  ) as Record<string, string>
  const claims = env['CIRCLE_OIDC_TOKEN_V2'] ? decodeJwt(env['CIRCLE_OIDC_TOKEN_V2']) : undefined
  return { env, claims }
}

// https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
test('a tag build has a tag and no branch', async () => {
  const { env, claims } = await seen({ tag: 'v1.2.0' })
  assert.deepEqual([env['CIRCLE_TAG'], env['CIRCLE_BRANCH']], ['v1.2.0', undefined])
  assert.match(claims?.sub ?? '', /\/vcs-ref\/refs\/tags\/v1\.2\.0$/)
  assert.equal(claims?.['oidc.circleci.com/vcs-ref'], 'refs/tags/v1.2.0')
})

test('a custom webhook: the subject of V2 is that of V1', async () => {
  const { env, claims } = await seen({ trigger: 'webhook' })
  assert.equal(claims?.sub, decodeJwt(env['CIRCLE_OIDC_TOKEN'] ?? '').sub)
  assert.equal(claims?.['oidc.circleci.com/vcs-ref'], undefined)
})

test('a fork: no tokens, unless secrets are passed to it', async () => {
  const fork = { repository: 'github.com/mallory/website', pullRequest: 7 }
  const { env, claims } = await seen({ fork })
  assert.deepEqual([env['CIRCLE_OIDC_TOKEN'], claims], [undefined, undefined])
  assert.deepEqual(
    ['CIRCLE_BRANCH', 'CIRCLE_PR_NUMBER', 'CIRCLE_PR_USERNAME'].map((name) => env[name]),
    ['pull/7', '7', 'mallory'],
  )
  const worldFile = join(root, 'kind.json')
  const command = ['circleci', 'run', 'oidc', 'get']
  const refused = await finish(start({ worldFile, command }))
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  assert.match(refused.stderr, /^Error: failed to get token: /)
  const trusted = await seen({ fork: { ...fork, passSecrets: true } })
  assert.match(
    trusted.claims?.sub ?? '',
    /\/vcs-origin\/github\.com\/mallory\/website\/vcs-ref\/refs\/heads\/pull\/7$/,
  )
})

test('a schedule has nobody who triggered it; the API has', async () => {
  const schedule = await seen({ trigger: 'schedule' })
  assert.equal(schedule.env['CIRCLE_USERNAME'], undefined)
  assert.match(schedule.claims?.sub ?? '', /\/user\/d9b3fcaa-6032-405a-8c75-40079ce33c3e\//)
  const api = await seen({ trigger: 'api' })
  assert.equal(api.env['CIRCLE_USERNAME'], 'octocat')
})

test('circleci run oidc get', async () => {
  const { stdout, code } = await sh(
    'circleci run oidc get; circleci-agent run oidc get --claims \'{"aud":"x"}\' --root-issuer; circleci run oidc get --claims=\'{"aud":["x","y"]}\'',
  )
  assert.equal(code, 0)
  const [plain, chosen, list] = stdout
    .trim()
    .split('\n')
    .map((token) => decodeJwt(token))
  assert.match(plain?.iss ?? '', /^https:\/\/oidc\.circleci\.com\/org\//)
  assert.match(plain?.sub ?? '', /\/vcs-ref\/refs\/heads\/main$/)
  assert.deepEqual([chosen?.iss, chosen?.aud], ['https://oidc.circleci.com', 'x'])
  assert.deepEqual(list?.aud, ['x', 'y'])
})

test('circleci env subst', async () => {
  const { stdout } = await sh(
    "circleci env subst '$CIRCLE_JOB ${CIRCLE_BRANCH} ${NOPE:-default} [$NOPE] ${CIRCLE_JOB:+set} $5 $'; echo; circleci env subst",
  )
  assert.equal(stdout, 'deploy main default [] set  $\nfrom stdin deploy')
})

test('circleci-aws-oidc is our CLI', async () => {
  const { stdout } = await sh('circleci-aws-oidc whoami "a b"')
  assert.equal(stdout, 'cli whoami a b\n')
})

test('exit codes: the command’s own, 128+n for a signal, 127 and 126', async () => {
  const codes = []
  for (const command of [
    ['sh', '-c', 'exit 7'],
    ['sh', '-c', 'kill -9 $$'],
    ['no-such'],
    ['no-such', 'x'],
    [root, 'x'],
  ]) {
    codes.push((await finish(start({ command }))).code)
  }
  assert.deepEqual(codes, [7, 137, 127, 127, 126])
})

test('signals reach the command', async () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const script = `trap 'echo got ${signal}; exit 5' ${signal.slice(3)}; echo ready; while :; do sleep 0.1; done`
    const child = start({ command: ['sh', '-c', script] })
    child.stdout.once('data', () => child.kill(signal))
    const { code, stdout } = await finish(child)
    assert.equal(code, 5)
    assert.match(stdout, new RegExp(`got ${signal}`))
  }
})

test('without a command: a file to read, and what to do with it; then waits', async () => {
  const child = start({}, { AWS_PROFILE: 'mine' })
  const [first] = await once(child.stdout, 'data')
  const exports = String(first)
  const [, quoted = ''] = /^\. '(.*\/job\.sh)'$/.exec(exports) ?? []
  const path = quoted.replaceAll("'\\''", "'")
  const variables = readFileSync(path, 'utf8')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.doesNotMatch(variables, /eyJ/)
  assert.match(variables, /^unset (.* )?AWS_PROFILE/)
  const shell = spawn('sh', [
    '-euc',
    `${exports}\n[ -z "\${AWS_PROFILE:-}" ]; echo "$CIRCLE_JOB $AWS_ENDPOINT_URL_STS $AWS_CONFIG_FILE"; echo "$CIRCLE_OIDC_TOKEN_V2"; echo "$CIRCLE_OIDC_TOKEN"`,
  ])
  let pasted = ''
  shell.stdout.on('data', (chunk) => {
    pasted += chunk
  })
  assert.deepEqual(await once(shell, 'close'), [0, null])
  const [line = '', token = '', v1 = ''] = pasted.trim().split('\n')
  assert.ok(decodeJwt(token).sub?.startsWith(`${decodeJwt(v1).sub}/vcs-origin/`))
  assert.match(line, /^deploy http:\/\/127\.0\.0\.1:\d+ .*\/home\/\.aws\/config$/)
  assert.ok(existsSync(dirname(dirname(line.replace(/^\S+ \S+ /, '')))))
  assert.match(String(decodeJwt(token).iss), /^https:\/\/oidc\.circleci\.com\/org\//)
  child.kill('SIGTERM')
  const { code, stderr } = await finish(child)
  assert.equal(code, 0)
  assert.equal(
    stderr.replace(/:\d+/, ':PORT'),
    `the sandbox listens on http://127.0.0.1:PORT until Ctrl-C. In another terminal, run:
  ${exports}
  circleci-aws-oidc assume-role --role-arn arn:aws:iam::111111111111:role/circleci-oidc
  circleci-aws-oidc whoami
`,
  )
})

test('a world file, faults, and what is wrong with them', async () => {
  const worldFile = join(root, 'world.json')
  writeFileSync(worldFile, JSON.stringify({ job: { name: 'nightly' } }))
  const good = await finish(start({ worldFile, command: ['sh', '-c', 'echo $CIRCLE_JOB'] }))
  assert.equal(good.stdout, 'nightly\n')
  writeFileSync(worldFile, '{"jobs":{}}')
  const bad = await finish(start({ worldFile }))
  assert.match(bad.stderr, /^invalid-world: The world has an unknown key "jobs"/)
  const missing = await finish(start({ worldFile: join(root, 'nope.json') }))
  assert.match(
    missing.stderr,
    /^file-unreadable: The world file .*nope\.json can't be read: no such file/,
  )
  assert.match(
    (await finish(start({ faults: ['x'] }))).stderr,
    /^invalid-usage: "x" is not a fault/,
  )
})

test('a taken port is a usage error', async (t) => {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const { stderr } = await finish(start({ port }))
  assert.match(stderr, new RegExp(`^invalid-usage: The sandbox cannot listen on 127.0.0.1:${port}`))
})
