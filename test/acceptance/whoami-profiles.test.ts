import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFault } from '../../src/sandbox/index.ts'
import { answeringServer, send } from '../attack/hostile-sts.ts'
import { without } from '../tools/programs.ts'
import { callerIdentity } from './caller-identity.ts'
import { Job, ROLE, startJob } from './job.ts'

const CHAINED = `[profile b]\nrole_arn = arn:aws:iam::222222222222:role/playground\nsource_profile = a\n`

test('a profile that the SDK chains is retried like any request', async (t) => {
  const faults = ['access-denied', 'throttling'].map((name) => parseFault(`${name}:1`))
  const { job } = await startJob(t, { faults })
  await job.fails(
    ['assume-role', '--role-arn', ROLE, '--profile', 'a'],
    'access-denied',
    /does not let/,
  )
  // The second fault falls on the exchange that succeeds after one more attempt.
  const { stderr } = await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'a'])
  assert.match(stderr, /^Attempt 1 failed \(Throttling/m)
  job.write('.aws/config', CHAINED)
  const { stdout } = await job.done(['whoami', '--profile', 'b', '--format', 'json'])
  assert.equal(JSON.parse(stdout).accountId, '222222222222')
})

test('a role that AWS refuses, and an STS that is not there, are told apart', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'a'])
  job.write('.aws/config', CHAINED.replace('playground', 'nowhere'))
  await job.fails(['whoami', '--profile', 'b'], 'access-denied', /role of the profile "b"/)
  await job.fails(
    ['whoami', '--profile', 'b', '--sts-endpoint', 'http://127.0.0.1:1', '--max-attempts', '1'],
    'aws-unreachable',
    /127\.0\.0\.1:1/,
  )
})

test('what a credential_process says of its failure is passed on', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/config', '[profile v]\ncredential_process = failing now\n')
  for (const [said, reason] of [
    ['echo "the vault is sealed" >&2; exit 1', 'the vault is sealed'],
    ['printf "\\n \\nstarting\\nError: sealed\\nbye\\n" >&2; exit 1', 'Error: sealed'],
    ['printf "\\n\\none\\ntwo\\n" >&2; exit 1', 'one'],
    ['exit 1', 'Command failed: failing now'],
  ] as const) {
    job.program('failing', said)
    const told = new RegExp(`The profile "v" gives no credentials: ${reason}\\.$`, 'm')
    await job.fails(['whoami', '--profile', 'v'], 'credentials-not-found', told)
  }
})

test('an answer that does not say who it is', async (t) => {
  const whole = { Account: '111111111111', Arn: 'arn:aws:iam::111111111111:user/a', UserId: 'A' }
  let parts: Record<string, string> = whole
  const url = await answeringServer(t, (_, response) => {
    const elements = Object.entries(parts).map(([name, value]) => `<${name}>${value}</${name}>`)
    send(
      response,
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${elements.join('')}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
    )
  })
  const job = new Job(t, {
    AWS_ENDPOINT_URL_STS: url,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'aSecretKeyOfFortyCharactersWithASlash/+1',
    AWS_REGION: 'eu-west-1',
  })
  const whoami = ['whoami', '--max-attempts', '1']
  assert.match((await job.done(whoami)).stdout, /user\/a/)
  for (const name of Object.keys(whole)) {
    parts = Object.fromEntries(Object.entries(whole).filter(([one]) => one !== name))
    await job.fails(whoami, 'unexpected-answer', /Account, Arn or UserId/)
  }
})

test('files that may not be read are not taken for missing ones', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/credentials', '[dev]\naws_access_key_id = x\n', 0o000)
  await job.fails(['whoami', '--profile', 'dev'], 'file-unreadable', /permission denied/, {
    asNobody: true,
  })
})

test('a profile chosen by AWS_DEFAULT_PROFILE, which only some tools read', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'a'])
  job.write('.aws/config', CHAINED)
  const env = { AWS_PROFILE: 'a', AWS_DEFAULT_PROFILE: 'b' }
  const { stdout, stderr } = await job.done(['whoami'], { env })
  assert.match(stdout, /^Account +222222222222$/m)
  assert.match(
    stderr,
    /^Warning: AWS_DEFAULT_PROFILE is "b", .* other SDKs use the profile "a"\.\n$/,
  )
  await callersAgree(job, env)
})

test('a token file of the environment comes before a profile with keys', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'a'])
  job.write('.aws/config', CHAINED)
  const env = {
    AWS_PROFILE: 'a',
    AWS_ROLE_ARN: ROLE,
    AWS_WEB_IDENTITY_TOKEN_FILE: job.write('token', job.env['CIRCLE_OIDC_TOKEN_V2'] ?? ''),
    AWS_ROLE_SESSION_NAME: 'by-the-environment',
  }
  const { stdout, stderr } = await job.done(['whoami'], { env })
  assert.match(stdout, /^ARN +\S+\/by-the-environment$/m)
  assert.match(stderr, /^Warning: .* before the profile "a"/)
  await callersAgree(job, env)
  // But not before one that assumes its role with another profile.
  const chained = { ...env, AWS_PROFILE: 'b' }
  assert.match((await job.done(['whoami'], { env: chained })).stdout, /^Account +222222222222$/m)
  await callersAgree(job, chained)
  await job.fails(['whoami'], 'token-not-found', /no-such/, {
    env: { ...env, AWS_WEB_IDENTITY_TOKEN_FILE: '/no-such' },
  })
})

test('keys beside AWS_PROFILE, which the SDK for JavaScript prefers', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'a'])
  const keys = Object.fromEntries(
    [...(job.read('.aws/credentials') ?? '').matchAll(/^(aws_\w+) = (.+)$/gm)].map(
      ([, name = '', value = '']) => [name.toUpperCase(), value],
    ),
  )
  const { stderr } = await job.done(['whoami'], { env: { ...keys, AWS_PROFILE: 'b' } })
  assert.match(stderr, /^Warning: AWS_PROFILE is set as well: .* uses the profile "b"\.\n$/)
})

/** The AWS CLI must be the one that whoami says. */
async function callersAgree(job: Job, env: Record<string, string>): Promise<void> {
  if (without('aws') !== false) return
  const { stdout } = await job.done(['whoami', '--format', 'json'], { env })
  const identity = await callerIdentity(job, { ...env, AWS_DEFAULT_REGION: 'us-east-1' })
  assert.equal(withoutOwnName(identity), withoutOwnName(JSON.parse(stdout).arn))
}

/** Without the name of the session, which for a chained role each tool makes up. */
function withoutOwnName(arn: string): string {
  return arn.replace(/(:assumed-role\/playground\/).*/, '$1')
}
