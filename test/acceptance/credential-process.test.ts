import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { AWS_CLI, withoutAwsCli } from '../tools/aws-cli.ts'
import { CLI } from './built-cli.ts'
import { type Job, ROLE, startJob } from './job.ts'

const execute = promisify(execFile)

/** Runs it as AWS tools do; what every run must not print is here what is asked for. */
async function accessKeyId(job: Job, args: readonly string[], env: Record<string, string> = {}) {
  const options = { env: { ...job.env, ...env }, cwd: job.home }
  const { stdout } = await execute(process.execPath, [CLI, 'credential-process', ...args], options)
  return JSON.parse(stdout).AccessKeyId
}

test('a committed config file, no step before: 20 processes at once, one exchange', {
  skip: withoutAwsCli,
}, async (t) => {
  const { job, sandbox } = await startJob(t)
  job.program('circleci-aws-oidc', `exec '${process.execPath}' "${CLI}" "$@"`)
  const helper = `circleci-aws-oidc credential-process --role-arn ${ROLE} --duration-seconds 900`
  const config = `[default]\nregion = eu-central-1\ncredential_process = ${helper}\n`
  const env = { ...job.env, AWS_CONFIG_FILE: job.write('repository/aws-config', config) }
  const args = ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text']
  const calls = Array.from({ length: 20 }, () => execute(AWS_CLI, args, { env }))
  for (const { stdout } of await Promise.all(calls)) {
    assert.match(stdout, /^arn:aws:sts::111111111111:assumed-role\/circleci-oidc\/circleci-42-/)
  }
  assert.equal(sandbox.exchanges, 1)
  assert.equal(sandbox.requests[0]?.parameters['DurationSeconds'], '900')
  assert.equal(job.read('repository/aws-config'), config)
  await job.done(['cleanup'], { env })
  assert.ok(!Object.keys(job.files()).some((path) => path.endsWith('/credentials.json')))
})

test('what is kept is kept by what was asked, and by whose token', async (t) => {
  const { job, sandbox } = await startJob(t)
  const role = ['--role-arn', ROLE]
  const first = await accessKeyId(job, role)
  assert.equal(await accessKeyId(job, role), first)
  assert.equal(await accessKeyId(job, [], { AWS_OIDC_ROLE_ARN: ROLE }), first)
  const others = [
    await accessKeyId(job, [...role, '--role-session-name', 'other']),
    await accessKeyId(job, [...role, '--duration-seconds', '900']),
    await accessKeyId(job, role, {
      CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ claims: { jti: 'other' } }),
    }),
    await accessKeyId(job, role, { CIRCLE_BUILD_NUM: '43' }),
  ]
  assert.equal(new Set([first, ...others]).size, 5)
  assert.equal(sandbox.exchanges, 5)
  assert.ok(!Object.keys(job.files()).some((path) => path.includes('eyJ')))
})

test('a token file: another token, other credentials', async (t) => {
  const { job, sandbox } = await startJob(t)
  const token = job.env['CIRCLE_OIDC_TOKEN_V2'] ?? ''
  delete job.env['CIRCLE_OIDC_TOKEN_V2']
  const args = ['--role-arn', ROLE, '--token-source', 'file', '--token-file', 'token.jwt']
  job.write('token.jwt', token)
  const first = await accessKeyId(job, args)
  assert.equal(await accessKeyId(job, args), first)
  job.write('token.jwt', await sandbox.mint({ claims: { jti: 'other' } }))
  assert.notEqual(await accessKeyId(job, args), first)
  assert.equal(sandbox.exchanges, 2)
})

test('a token file that is a pipe is read once; one that is too long is told of', async (t) => {
  const { job } = await startJob(t)
  const token = job.write('token.jwt', job.env['CIRCLE_OIDC_TOKEN_V2'] ?? '')
  delete job.env['CIRCLE_OIDC_TOKEN_V2']
  const args = ['--role-arn', ROLE, '--token-source', 'file', '--token-file']
  const pipe = job.fifo('pipe')
  const writer = execute('sh', ['-c', `cat '${token}' > '${pipe}'`])
  assert.match(await accessKeyId(job, [...args, pipe]), /^ASIA/)
  await writer
  const long = job.write('long.jwt', 'x'.repeat(100_000))
  const told = /It has 100000 characters; STS accepts at most 20000/
  await job.fails(['credential-process', ...args, long], 'token-malformed', told)
  await job.fails(['credential-process', ...args, 'none'], 'token-not-found', /none/)
})

test('the profile on the command line wins over a role in the variables of the job', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  const env = {
    AWS_OIDC_ROLE_ARN: 'arn:aws:iam::111111111111:role/no-such',
    AWS_OIDC_POLICY: 'file://$SET_IN_ANOTHER_STEP/policy.json',
  }
  for (const path of Object.keys(job.files())) {
    if (path.endsWith('/credentials.json')) job.write(path, '')
  }
  assert.match(await accessKeyId(job, ['--profile', 'default'], env), /^ASIA/)
})

test('refused: only the failure is kept, and the error names the cause', async (t) => {
  const { job, sandbox } = await startJob(t)
  const both = ['credential-process', '--role-arn', ROLE, '--profile', 'dev']
  await job.fails(both, 'invalid-usage', /cannot be combined/)
  const more = ['credential-process', '--profile', 'dev', '--duration-seconds', '900']
  await job.fails(more, 'invalid-usage', /--duration-seconds and --profile cannot be combined/)
  const stdin = ['credential-process', '--role-arn', ROLE, '--token-source', 'stdin']
  await job.fails(stdin, 'invalid-usage', /cannot be renewed with a token from stdin/)
  assert.equal(sandbox.requests.length, 0)
  await job.fails(
    ['credential-process', '--role-arn', `${ROLE}x`],
    'access-denied',
    /circleci-oidcx/,
  )
  const [path = '', ...others] = Object.keys(job.files())
  assert.match(path, /\/failure\.json$/)
  assert.deepEqual(others, [])
})
