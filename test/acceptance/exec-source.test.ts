import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { CLI } from './built-cli.ts'
import { type Job, ROLE, startJob } from './job.ts'

const PLAYGROUND = 'arn:aws:iam::222222222222:role/playground'
const KEYS = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalr/XUtnFEMI\n'

/** A profiles file with a chain of two, and a job that has a role for other commands in its variables. */
function profilesFile(job: Job): string {
  return job.write(
    'profiles.ini',
    `[profile base]\nrole_arn = ${ROLE}\n[profile playground]\nrole_arn = ${PLAYGROUND}\nsource_profile = base\nregion = eu-west-1\n[profile broken]\nrole_arn = arn:aws:iam::111111111111:role/no-such\n`,
  )
}

const SHOW = ['--', 'sh', '-c', 'echo "$AWS_ACCOUNT_ID $AWS_REGION ${AWS_PROFILE-none}"']

test('a chained profile of a profiles file, and only the roles that lead to it', async (t) => {
  const { job, sandbox } = await startJob(t)
  const file = profilesFile(job)
  const before = job.files()
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_PROFILE: 'other',
    AWS_OIDC_ROLE_ARN: 'of another command',
  }
  const args = ['exec', '--profiles-file', file, '--profile', 'playground']
  const { stdout } = await job.done([...args, ...SHOW], { env })
  assert.equal(stdout, '222222222222 eu-west-1 none\n')
  const { stdout: chosen } = await job.done([...args, '--region', 'eu-north-1', ...SHOW], { env })
  assert.equal(chosen, '222222222222 eu-north-1 none\n')
  assert.equal(sandbox.requests.length, 4)
  assert.deepEqual(job.files(), before, 'nothing is written')
})

test('a profile that the file does not have, or that nobody chose', async (t) => {
  const { job, sandbox } = await startJob(t)
  const file = ['exec', '--profiles-file', profilesFile(job)]
  const names = 'Choose one with --profile: base, playground, broken\\.'
  for (const [args, what] of [
    [['--profile', 'plaground'], '--profile is "plaground", but the profiles file has no such'],
    [[], 'The profiles file has several profiles and no "default"\\.'],
  ] as const) {
    const told = new RegExp(`${what}[^]*${names}`)
    await job.fails([...file, ...args, ...SHOW], 'invalid-usage', told)
  }
  await job.fails(
    ['exec', '--role-arn', ROLE, '--profile', 'base', ...SHOW],
    'invalid-usage',
    /--role-arn and --profile cannot be combined/,
  )
  assert.equal(sandbox.requests.length, 0)
})

test('a role on the command line wins over profiles in the variables of the job', async (t) => {
  const { job } = await startJob(t)
  const env = {
    AWS_OIDC_PROFILES: `[profile x]\nrole_arn = ${PLAYGROUND}\n`,
    AWS_OIDC_PROFILE: 'x',
  }
  const { stdout } = await job.done(['exec', '--role-arn', ROLE, ...SHOW], { env })
  assert.equal(stdout, '111111111111  none\n')
})

test('a profile of the shared files: keys of the user, of ours, and one that renews itself', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/credentials', `[mine]\n${KEYS}`)
  job.write('.aws/config', '[profile mine]\nregion = eu-west-2\n')
  const show = ['--', 'sh', '-c', 'echo "$AWS_ACCESS_KEY_ID ${AWS_SESSION_TOKEN-none} $AWS_REGION"']
  const { stdout } = await job.done(['exec', '--profile', 'mine', ...show])
  assert.equal(stdout, 'AKIAIOSFODNN7EXAMPLE none eu-west-2\n')
  for (const credentials of ['static', 'refresh']) {
    await job.done([
      'assume-role',
      '--role-arn',
      ROLE,
      '--profile',
      'ours',
      '--credentials',
      credentials,
    ])
    const env = { AWS_OIDC_ROLE_ARN: PLAYGROUND }
    job.program('circleci-aws-oidc', `exec '${process.execPath}' "${CLI}" "$@"`)
    const who = ['--', 'circleci-aws-oidc', 'whoami', '--format', 'json']
    const { stdout } = await job.done(['exec', '--profile', 'ours', ...who], { env })
    assert.equal(JSON.parse(stdout).accountId, '111111111111')
  }
  const missing = ['exec', '--profile', 'missing', ...show]
  await job.fails(missing, 'credentials-not-found', /"missing" gives no credentials/)
})

test('keys that nobody renews, a token that cannot be read again, a file that is not written', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/credentials', `[mine]\n${KEYS}`)
  const refresh = ['--credentials', 'refresh']
  const nobody = /holds keys that cannot be renewed/
  await job.fails(['exec', '--profile', 'mine', ...refresh, ...SHOW], 'invalid-usage', nobody)
  const role = ['exec', '--role-arn', ROLE]
  const stdin = [...role, ...refresh, '--token-source', 'stdin', ...SHOW]
  await job.fails(stdin, 'invalid-usage', /cannot be renewed with a token from stdin/)
  const file = [...role, '--credentials', 'token-file', ...SHOW]
  await job.fails(file, 'invalid-usage', /exec writes no profile/)
})

test('the endpoint answers its command only, and ends with it', async (t) => {
  const { job } = await startJob(t)
  const script = `echo "$AWS_CONTAINER_CREDENTIALS_FULL_URI"; env | grep -c '^AWS_\\(ACCESS\\|SECRET\\|SESSION\\|PROFILE\\)'; read line; exit 3`
  const exec = ['exec', '--role-arn', ROLE, '--credentials', 'refresh', '--', 'sh', '-c', script]
  const child = spawn(process.execPath, [CLI, ...exec], { env: job.env })
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data')
  const [url = ''] = String(said).split('\n')
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/)
  for (const authorization of [undefined, '', 'Bearer x', 'x'.repeat(43)]) {
    const headers = authorization === undefined ? {} : { authorization }
    const answer = await fetch(url, { headers })
    assert.equal(answer.status, 403)
    assert.deepEqual(Object.keys((await answer.json()) as object), ['code', 'message'])
  }
  child.stdin.end('\n')
  assert.deepEqual(await once(child, 'close'), [3, null])
  await assert.rejects(fetch(url))
})

test('a [default] with credentials, which AWS tools would prefer, is out of the sight of the command', async (t) => {
  const { job } = await startJob(t)
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'of/the/job',
    AWS_ACCOUNT_ID: '999999999999',
  }
  const script =
    'echo "$AWS_CONFIG_FILE $AWS_SHARED_CREDENTIALS_FILE ${AWS_ACCESS_KEY_ID-none} $AWS_ACCOUNT_ID"'
  const exec = ['exec', '--role-arn', ROLE, '--credentials', 'refresh', '--', 'sh', '-c', script]
  job.write('.aws/config', '[default]\nregion = eu-west-1\n')
  const seen = await job.done(exec, { env })
  assert.deepEqual([seen.stdout, seen.stderr], ['  none 111111111111\n', ''])
  job.write('.aws/credentials', `[default]\n${KEYS}`)
  const hidden = await job.done(exec, { env })
  assert.equal(hidden.stdout, ' /dev/null none 111111111111\n')
  assert.match(hidden.stderr, /\.aws\/credentials has credentials in \[default\]/)
  job.write('.aws/config', '[default]\ncredential_process = mine\n')
  assert.equal((await job.done(exec, { env })).stdout, '/dev/null /dev/null none 111111111111\n')
})
