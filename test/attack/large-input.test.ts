import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Job, type Outcome, ROLE } from '../acceptance/job.ts'
import { jwt } from '../token/jwt.ts'
import { answeringServer, answerOf, partsFor, send } from './hostile-sts.ts'
import { busyness, isFull, size } from './size.ts'

const LONGEST_BLOCK = fileURLToPath(new URL('longest-block.cjs', import.meta.url))
const SECTIONS = size(1_000, 5_000)
const ROLES = size(50, 1_000)

/** So long may timers and signals wait on a machine that does nothing else; beside other tests, loading takes longer. */
const LONGEST_MS = size(200, 100)

const repeated = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join('\n')

const configWith = (sections: number) =>
  repeated(
    sections,
    (i) =>
      `# note ${i}\n[profile s${i}]\nregion = eu-west-1\noutput = json\ns3 =\n  max_concurrent_requests = 5\n`,
  )
const CONFIG = configWith(SECTIONS)
const CREDENTIALS = repeated(
  SECTIONS,
  (i) => `[s${i}]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = example\n`,
)
const PROFILES = repeated(ROLES, (i) => `[profile r${i}]\nrole_arn = ${ROLE}\nregion = eu-west-1\n`)

/** As long as a policy file may be, with patterns that try every place of a subject. */
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Federated: 'arn:aws:iam::111111111111:oidc-provider/issuer.example' },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringLike: {
        'issuer.example:sub': Array.from({ length: 480 }, () => `${'*a'.repeat(250)}b`),
      },
    },
  },
})
const TOKEN = jwt({
  ...{ iss: 'https://issuer.example', aud: 'a', sub: 'a'.repeat(2_000) },
  exp: Math.floor(Date.now() / 1000) + 3600,
})

async function jobWithLargeFiles(t: TestContext, isSilent = false): Promise<Job> {
  const url = await answeringServer(t, (asked, response) => {
    if (!isSilent) send(response, answerOf(partsFor(asked)))
  })
  const job = new Job(t, { AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: TOKEN })
  job.write('.aws/config', CONFIG)
  job.write('.aws/credentials', CREDENTIALS)
  job.write('profiles', PROFILES)
  job.write('policy.json', POLICY)
  return job
}

/** Runs the CLI and asserts that the thread was never busy for long. */
async function run(t: TestContext, job: Job, args: readonly string[]): Promise<Outcome> {
  const path = join(job.root, 'block')
  const NODE_OPTIONS = `--require "${LONGEST_BLOCK}"`
  const outcome = await job.run(args, { env: { NODE_OPTIONS, LONGEST_BLOCK_FILE: path } })
  const longest = Number(job.read('../block'))
  t.diagnostic(`${Math.round(longest)} ms busy of ${Math.round(outcome.milliseconds)} ms`)
  assert.ok(longest > 0 && longest < LONGEST_MS * busyness(), `${args[0]}: ${longest} ms`)
  return outcome
}

const COMMANDS: readonly (readonly [name: string, code: number, args: readonly string[]])[] = [
  ['one role', 0, ['assume-role', '--role-arn', ROLE, '--region', 'eu-west-1']],
  ['many roles', 0, ['assume-role', '--profiles-file', 'profiles']],
  ['doctor', 0, ['doctor', '--role-arn', ROLE]],
  ['trust check', 4, ['trust', 'check', '--policy', 'policy.json']],
]
for (const [name, code, args] of COMMANDS) {
  test(`${name} beside ${SECTIONS} sections: timers get their turn`, async (t) => {
    const job = await jobWithLargeFiles(t)
    const outcome = await run(t, job, args)
    assert.equal(outcome.code, code, outcome.stderr)
    if (name !== 'many roles') return
    assert.equal((await run(t, job, ['cleanup'])).code, 0)
    assert.deepEqual([job.read('.aws/config'), job.read('.aws/credentials')], [CONFIG, CREDENTIALS])
  })
}

test('the time limit holds beside large files, and the error names what was waited for', async (t) => {
  const job = await jobWithLargeFiles(t, true)
  const limit = ['--timeout-seconds', '2']
  const args = ['assume-role', '--profiles-file', 'profiles', ...limit]
  const { milliseconds, stderr } = await run(t, job, args)
  assert.match(stderr, /not done after 2 s; it was (waiting for AWS STS|checking the files)/)
  assert.ok(milliseconds < 2_000 + 500 * busyness(), `${milliseconds} ms`)
})

test('the time limit holds while files of 10 MB are read, which stay as they are', async (t) => {
  const job = await jobWithLargeFiles(t)
  const config = configWith(95_000)
  job.write('.aws/config', config)
  const limit = ['--region', 'eu-west-1', '--timeout-seconds', '1']
  const { code, milliseconds, stderr } = await run(t, job, [
    ...['assume-role', '--role-arn', ROLE],
    ...limit,
  ])
  assert.match(
    stderr,
    /^Error timed-out: .* not done after 1 s; it was (checking the files|writing)/,
  )
  assert.equal(code, 5)
  assert.ok(milliseconds < 1_000 + 500 * busyness(), `${milliseconds} ms`)
  assert.ok(job.read('.aws/config') === config, 'the file changed')
  assert.deepEqual(readdirSync(join(job.home, '.aws')).sort(), ['config', 'credentials'])
})

/** Of what a slow reader's time grows faster than the file. */
const HOSTILE: Record<string, string> = {
  'blanks within a line': `[default]\nx = é${' '.repeat(200_000)}é\n`,
  'keys of [DEFAULT]': repeated(10_000, (i) => `[DEFAULT]\nk${i} = v`),
  'keys that stand there again and again': `[default]\n${'a = b\n'.repeat(200_000)}`,
  'sections without a role': repeated(20_000, (i) => `[profile "p${i}"]\n[profile p${i}]`),
  'a long name': `[profile ${'"'.repeat(1_000_000)}]\n`,
}
for (const [name, text] of Object.entries(HOSTILE)) {
  if (!isFull && text.length > 500_000) continue
  test(`${name}: each command ends in time, and says it in few words`, async (t) => {
    const url = await answeringServer(t, (asked, response) =>
      send(response, answerOf(partsFor(asked))),
    )
    const job = new Job(t, { AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: TOKEN })
    job.write('.aws/config', text)
    job.write('profiles', text)
    for (const options of [
      ['--role-arn', ROLE],
      ['--profiles-file', 'profiles'],
    ]) {
      for (const command of ['assume-role', 'doctor']) {
        const { stdout, stderr, milliseconds } = await job.run([command, ...options])
        t.diagnostic(`${command} ${options[0]}: ${Math.round(milliseconds)} ms`)
        assert.doesNotMatch(stderr + stdout, /internal-error/)
        assert.ok((stderr + stdout).length < 50_000, `${(stderr + stdout).length} characters`)
        assert.ok(milliseconds < 5_000 * busyness(), `${command}: ${milliseconds} ms`)
      }
    }
  })
}

test('a policy longer than IAM allows is not read', async (t) => {
  const job = new Job(t)
  job.write('policy.json', POLICY + ' '.repeat(250_000))
  await job.fails(
    ['trust', 'check', '--policy', 'policy.json'],
    'file-unreadable',
    /it has more than 0\.25 MB/,
  )
})
