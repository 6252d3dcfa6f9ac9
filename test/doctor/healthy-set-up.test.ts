import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { test } from 'node:test'
import { CLI } from '../acceptance/built-cli.ts'
import { startJob } from '../acceptance/job.ts'
import { audience, BY_ROLE, HOST, ORG, SUBJECT, trustPolicy } from './set-ups.ts'

const EMBEDDED = join(dirname(CLI), 'embedded', 'circleci-aws-oidc.cjs')

const POLICY = trustPolicy({
  StringEquals: audience,
  StringLike: { [`${HOST}:sub`]: `${SUBJECT}/*` },
})

/** What both have and no run changes: no numbers, no paths. */
function steady(text: string): string {
  return text
    .replace(/\S*\/(home|\.aws)\//g, '')
    .replace(/\d{4}-\d\d-\d\d [\d:]+ UTC/g, 'TIME')
    .replace(/127\.0\.0\.1:\d+/g, 'STS')
    .replace(/\d+ ms/g, 'N ms')
    .replace(/Node [\d.]+, circleci-aws-oidc [\d.]+/, 'Node N, circleci-aws-oidc N')
}

test('a job in order: what was looked at, before and after assume-role', async (t) => {
  const { job, sandbox } = await startJob(t)
  job.env['BASH_ENV'] = job.write('bash_env', '')
  const policy = job.write('trust.json', JSON.stringify(POLICY))
  const args = ['doctor', ...BY_ROLE, '--trust-policy', policy]
  const { stdout, stderr } = await job.done(args)
  assert.equal(stderr, '')
  assert.equal(
    steady(stdout),
    `✓ Node N, circleci-aws-oidc N (npm)
✓ CircleCI, job deploy, build 42
✓ The clock agrees with STS
✓ CIRCLE_OIDC_TOKEN_V2: CircleCI V2, issuer https://${HOST}, audience ${ORG}, subject ${SUBJECT}/8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main, until TIME
✓ arn:aws:iam::111111111111:role/circleci-oidc, for the profile default
✓ trust.json allows this token: statement 1 allows it
✓ http://STS answered in N ms
✓ AWS allows arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci-42-website-deploy, until TIME
✓ config does not exist yet
✓ credentials does not exist yet
✓ No variable overrides the profile

No problems found.
`,
  )
  const written = ['assume-role', ...BY_ROLE, '--region', 'eu-central-1']
  await job.done(written)
  const before = job.files()
  const after = await job.done([...args, '--profile', 'default'])
  assert.match(after.stdout, /^✓ \S*credentials: 1 section, readable by all AWS tools$/m)
  assert.match(after.stdout, /\n\nNo problems found\.\n$/)
  assert.deepEqual(job.files(), before)
  assert.equal(sandbox.exchanges, 3)
})

test('what does no harm: no config file, a session token without keys', async (t) => {
  const { job } = await startJob(t)
  job.env['BASH_ENV'] = job.write('bash_env', '')
  const env = { AWS_CONFIG_FILE: '/dev/null', AWS_SESSION_TOKEN: 'left-over-from-before' }
  const { stdout } = await job.done(['doctor', ...BY_ROLE], { env })
  assert.match(stdout, /^✓ \/dev\/null: 0 sections, readable by all AWS tools$/m)
  assert.match(stdout, /\n\nNo problems found\.\n$/)
})

test('without a role: what could not be checked is said', async (t) => {
  const { job } = await startJob(t)
  const { stdout } = await job.done(['doctor'])
  assert.match(
    stdout,
    /^- Not checked: exchange: no role is given; pass --role-arn \(AWS_OIDC_ROLE_ARN\) or --pro/m,
  )
  assert.match(stdout, /\n\nNo problems found, 1 check not made\.\n$/)
})

test('with a role that is none: the rest is still looked at', async (t) => {
  const { job, sandbox } = await startJob(t)
  const { stdout, code } = await job.run(['doctor', '--role-arn', 'arn:aws:iam::1:role/x'])
  assert.equal(code, 2)
  assert.match(stdout, /^✗ The role ARN .* The account id "1" has 1 digits instead of 12\./)
  assert.match(stdout, /^- Not checked: exchange: the options or profiles are wrong$/m)
  assert.match(stdout, /^✓ http:\/\/127\.0\.0\.1:\d+ answered/m)
  assert.equal(sandbox.exchanges, 0)
})

test('the role has another trust policy than the file, or one that only AWS can decide', async (t) => {
  const { job } = await startJob(t)
  const like = (project: string) => ({ [`${HOST}:sub`]: `org/${ORG}/project/${project}/user/*` })
  const [statement] = POLICY.Statement
  const from = { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }
  const other = [`${BY_ROLE[1]}`.replace('circleci-oidc', 'other'), POLICY] as const
  const cases: [policy: object, code: number, told: RegExp][] = [
    [
      trustPolicy({ StringEquals: audience, StringLike: like('other') }),
      0,
      /^! AWS accepts the token although this trust policy does not allow it: \S*trust\.json\.?\n(.*\n)*? *.*project\/other/m,
    ],
    [
      { ...POLICY, Statement: [1, 2].map(() => ({ ...statement, Condition: from })) },
      0,
      /^! Whether the trust policy allows this token depends on what only AWS knows: \S*trust\.json\.?\n.*statement 1.*\n.*statement 2/m,
    ],
    [{ ...POLICY, Statement: [{ ...statement, Effect: 'Permit' }] }, 6, /^✗ .*Effect is "Permit"/m],
    [trustPolicy({ StringContains: audience }), 4, /^✗ .*StringContains/m],
    [
      { Role: { Arn: other[0], AssumeRolePolicyDocument: other[1] } },
      0,
      /^! The trust policy belongs to another role: \S*role\/other/m,
    ],
  ]
  for (const [policy, code, told] of cases) {
    const file = job.write('trust.json', JSON.stringify(policy))
    const outcome = await job.run(['doctor', ...BY_ROLE, '--trust-policy', file])
    assert.match(outcome.stdout, told)
    assert.equal(outcome.code, code, outcome.stdout)
    assert.match(outcome.stdout, /^✓ AWS allows arn:aws:sts::111111111111:assumed-role/m)
  }
})

test('without network: the trust policy is still compared', async (t) => {
  const { job } = await startJob(t)
  const policy = job.write('trust.json', JSON.stringify(POLICY))
  const args = ['doctor', ...BY_ROLE, '--trust-policy', policy, '--sts-endpoint']
  const { stdout, code } = await job.run([...args, 'http://127.0.0.1:9'])
  assert.equal(code, 5)
  assert.match(stdout, /^✓ \S*trust\.json allows this token/m)
  assert.match(stdout, /^- Not checked: exchange: STS cannot be reached$/m)
})

test('one profile of a profiles file, and what it builds on', async (t) => {
  const { job, sandbox } = await startJob(t)
  const far =
    '[profile far]\nrole_arn = arn:aws:iam::222222222222:role/playground\nsource_profile = default\n'
  const other = `[profile other]\nrole_arn = ${BY_ROLE[1]}-of-another\n`
  const file = job.write('profiles', `[default]\nrole_arn = ${BY_ROLE[1]}\n${far}${other}`)
  const args = ['doctor', '--profiles-file', file]
  const { stdout } = await job.done([...args, '--profile', 'far'])
  assert.equal(sandbox.requests.filter(({ action }) => action).length, 2)
  assert.match(stdout, /^✓ AWS allows arn:aws:sts::222222222222:assumed-role\/playground\//m)
  const missing = await job.run([...args, '--profile', 'near'])
  assert.match(
    missing.stdout,
    /^✗ --profile is "near", but the profiles file has no such profile\./,
  )
  assert.equal(missing.code, 2)
})

test("the orb's copy has everything but the evaluator of trust policies", async (t) => {
  const { job } = await startJob(t)
  job.env['BASH_ENV'] = job.write('bash_env', '')
  const policy = job.write('trust.json', JSON.stringify(POLICY))
  const args = ['doctor', ...BY_ROLE, '--trust-policy', policy]
  const { env } = job
  const child = spawn(process.execPath, [EMBEDDED, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [stdout, [status]] = await Promise.all([readAll(child.stdout), once(child, 'close')])
  assert.equal(status, 0, stdout)
  assert.match(
    stdout,
    /^- Not checked: trust-policy: not part of this copy; run npx circleci-aws-oidc doctor/,
  )
  assert.match(stdout, /^✓ AWS allows arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//m)
})

test('--format json', async (t) => {
  const { job } = await startJob(t)
  const env = { AWS_PROFILE: 'staging' }
  const { stdout } = await job.done(['doctor', '--format', 'json', ...BY_ROLE], { env })
  const { result, exitCode, findings } = JSON.parse(stdout)
  assert.deepEqual([result, exitCode], ['warning', 0])
  assert.deepEqual(findings[0], {
    id: 'profile-missing',
    level: 'warning',
    what: 'The profile is not in the shared files: AWS_PROFILE is "staging".',
    evidence: null,
    fix: 'Assume the role in an earlier step of this job, with the same HOME, or correct the name.',
    docs: 'docs/findings/doctor.md#profile-missing',
  })
  for (const one of findings) {
    assert.deepEqual(Object.keys(one), ['id', 'level', 'what', 'evidence', 'fix', 'docs'])
    assert.match(one.level, /^(error|warning|skipped|ok)$/)
  }
})

test('a server that never answers: the time limit holds', async (t) => {
  const { job } = await startJob(t, { faults: [{ name: 'slow', count: 9 }] })
  const outcome = await job.run(['doctor', ...BY_ROLE, '--timeout-seconds', '2'])
  assert.match(outcome.stdout, /^✗ The command was not done after 2 s; it was waiting for AWS STS/)
  assert.equal(outcome.code, 5)
  assert.ok(outcome.milliseconds < 5000, `${outcome.milliseconds} ms`)
})
