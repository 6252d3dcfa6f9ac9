import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { withoutAwsCli } from '../tools/aws-cli.ts'
import { CLI } from './built-cli.ts'
import { callerIdentity } from './caller-identity.ts'
import { type Job, ROLE, startJob } from './job.ts'
import { assertConceals, secretsIn } from './secrets.ts'

const ASSUME = ['assume-role', '--role-arn', ROLE, '--token-env', 'ID_TOKEN']
const ARGS = [...ASSUME, '--profile', 'dev']
const SESSION = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/github-9-website-deploy'

/** A job of GitHub Actions with a token in ID_TOKEN. */
async function startGithubJob(t: Parameters<typeof startJob>[0]) {
  const { job, sandbox } = await startJob(t)
  const token = job.env['CIRCLE_OIDC_TOKEN_V2'] ?? ''
  for (const name of Object.keys(job.env)) if (name.startsWith('CIRCLE_')) delete job.env[name]
  Object.assign(job.env, {
    ID_TOKEN: token,
    GITHUB_ACTIONS: 'true',
    GITHUB_RUN_ID: '9',
    GITHUB_REPOSITORY: 'acme/website',
    GITHUB_JOB: 'deploy',
    GITHUB_ENV: job.write('github_env', 'MINE<<EOF\nkept\nEOF\n'),
  })
  return { job, sandbox }
}

/** What GitHub's runner reads from the file: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#environment-files */
function exported(job: Job): Record<string, string> {
  const lines = (job.read('github_env') ?? '').split('\n')
  const variables: Record<string, string> = {}
  while (lines.length > 0) {
    const line = lines.shift() ?? ''
    const [, name = '', operator, rest = ''] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? []
    if (operator === '=') variables[name] = rest
    if (operator === '<<') variables[name] = lines.splice(0, lines.indexOf(rest) + 1)[0] ?? ''
  }
  return variables
}

test('GITHUB_ENV may be /dev/null', async (t) => {
  const { job } = await startGithubJob(t)
  await job.done(ARGS, { env: { GITHUB_ENV: '/dev/null' } })
  assert.ok(job.read('.aws/credentials'))
})

test('GITHUB_ENV: the profile and both regions; static keys become empty', async (t) => {
  const { job } = await startGithubJob(t)
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'static/secret/static/secret',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/elsewhere',
    BASH_ENV: job.write('bash_env', 'export MINE=kept\n'),
  }
  const { stdout, stderr } = await job.done([...ARGS, '--region', 'eu-west-3'], { env })
  assert.match(stdout, /^Export +AWS_PROFILE=dev and region eu-west-3 for later steps$/m)
  assert.match(stderr, /^Warning: .* Later steps no longer see them\.\n$/)
  assert.equal(job.read('bash_env'), 'export MINE=kept\n')
  const expected = {
    MINE: 'kept',
    AWS_PROFILE: 'dev',
    AWS_REGION: 'eu-west-3',
    AWS_DEFAULT_REGION: 'eu-west-3',
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_WEB_IDENTITY_TOKEN_FILE: '',
  }
  assert.deepEqual(exported(job), expected)
  await t.test('whom the AWS CLI then is', { skip: withoutAwsCli }, async () => {
    assert.equal(await callerIdentity(job, { ...env, ...exported(job) }), SESSION)
  })
})

for (const credentials of ['static', 'refresh', 'token-file']) {
  test(`GITHUB_ENV: ${credentials}, over a role and a profile that the job names`, {
    skip: withoutAwsCli,
  }, async (t) => {
    const { job } = await startGithubJob(t)
    const env = {
      AWS_ROLE_ARN: 'arn:aws:iam::111111111111:role/nobody',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/elsewhere',
      AWS_DEFAULT_PROFILE: 'nobody',
      AWS_REGION: 'eu-west-3',
    }
    await job.done([...ARGS, '--credentials', credentials], { env })
    assert.equal(await callerIdentity(job, { ...env, ...exported(job) }), SESSION)
  })
}

test('GITHUB_ENV: the last command wins', async (t) => {
  const { job } = await startGithubJob(t)
  await job.done([...ARGS, '--region', 'eu-west-1'])
  await job.done([...ASSUME, '--profile', 'two', '--region', 'eu-west-3'])
  const { AWS_PROFILE, AWS_REGION } = exported(job)
  assert.deepEqual([AWS_PROFILE, AWS_REGION], ['two', 'eu-west-3'])
})

test('GITHUB_ENV: keys, which the log is told to hide; they are nowhere else', async (t) => {
  const { job } = await startGithubJob(t)
  const args = [CLI, ...ARGS, '--export', 'keys', '--format', 'json', '--debug']
  const env = { ...job.env, AWS_PROFILE: 'old' }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env })
  const variables = exported(job)
  const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']
  const masks = stderr.split('\n').filter((line) => line.startsWith('::'))
  assert.deepEqual(
    masks,
    keys.map((name) => `::add-mask::${variables[name]}`),
  )
  const secrets = secretsIn(`${job.read('.aws/credentials')}\n${job.env['ID_TOKEN']}`)
  assert.equal(secrets.length, 3)
  assertConceals(stdout, secrets, 'stdout')
  assertConceals(stderr.replace(/^::add-mask::.*$/gm, ''), secrets, 'stderr')
  assert.equal(variables['AWS_PROFILE'], 'dev', 'the profile with the same keys')
  assert.deepEqual(JSON.parse(stdout).export, { githubEnv: job.env['GITHUB_ENV'], profile: 'dev' })
})

test('GITHUB_ENV: none, or where it is not GitHub that set it', async (t) => {
  const { job } = await startGithubJob(t)
  await job.done([...ARGS, '--export', 'none'])
  await job.done(ARGS, { env: { GITHUB_ACTIONS: undefined } })
  assert.deepEqual(exported(job), { MINE: 'kept' })
})

test('GITHUB_ENV: nothing that a value holds becomes another variable', async (t) => {
  const { job } = await startGithubJob(t)
  const hostile = 'dev\nPATH=/evil'
  await job.fails([...ASSUME, '--profile', hostile], 'invalid-profile-name', /cannot be a profile/)
  for (const name of ['AWS_REGION', 'AWS_OIDC_REGION']) {
    const { code } = await job.run(ARGS, { env: { [name]: 'eu-west-1\nPATH=/evil' } })
    assert.equal(code, 2, name)
  }
  await job.done([...ASSUME, '--profile', 'a%0APATH'])
  assert.deepEqual(exported(job), { MINE: 'kept', AWS_PROFILE: 'a%0APATH' })
})

test('GITHUB_ENV: a file that is not there', async (t) => {
  const { job } = await startGithubJob(t)
  const env = { GITHUB_ENV: '/no/such/file' }
  const { stderr } = await job.run(ARGS, { env })
  assert.match(
    stderr,
    /^Error file-unwritable: Cannot append to the file in GITHUB_ENV: no such file or directory \(ENOENT\)\.$/m,
  )
})

test('--export-file: never keys, and nothing is exchanged before that is said', async (t) => {
  const { job, sandbox } = await startGithubJob(t)
  const both = [...ARGS, '--export-file', 'aws.env', '--export', 'keys']
  await job.fails(both, 'invalid-usage', /--export keys and --export-file cannot be combined/)
  assert.equal(sandbox.requests.length, 0)
  const { stdout } = await job.done([...ARGS, '--export-file', 'aws.env', '--format', 'json'])
  assert.equal(job.read('aws.env'), 'AWS_PROFILE=dev\n')
  assert.deepEqual(JSON.parse(stdout).export, { file: 'aws.env', profile: 'dev' })
  assert.deepEqual(exported(job), { MINE: 'kept' })
})

test('a CI without a token says what to set', async (t) => {
  const { job, sandbox } = await startJob(t)
  for (const name of Object.keys(job.env)) if (name.startsWith('CIRCLE_')) delete job.env[name]
  const assume = ASSUME.slice(0, 3)
  for (const [variable, next] of [
    ['GITHUB_ACTIONS', /id-token: write/],
    ['GITLAB_CI', /id_tokens:/],
    ['BITBUCKET_BUILD_NUMBER', /oidc: true/],
    ['JENKINS_URL', /OpenID Connect id token as file/],
  ] as const) {
    await job.fails(assume, 'token-not-found', next, { env: { [variable]: '1' } })
  }
  const buildkite = { env: { BUILDKITE: 'true' } }
  await job.fails(assume, 'token-mint-failed', /mount-buildkite-agent/, buildkite)
  assert.equal(sandbox.requests.length, 0)
})
