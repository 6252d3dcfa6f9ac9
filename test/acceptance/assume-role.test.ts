import assert from 'node:assert/strict'
import { statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readWorld } from '../../src/sandbox/index.ts'
import { ROLE, startJob } from './job.ts'

const SESSION = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci-42-website-deploy'

/** Times and ids of this run made comparable. */
function settled(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'TIME')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/^(aws_\w+ = ).+$/gm, '$1KEY')
}

test('text: what a person reads in the log', async (t) => {
  const { job } = await startJob(t)
  const { stdout, stderr } = await job.done(
    ['assume-role', '--role-arn', ROLE, '--profile', 'dev', '--region', 'eu-central-1'],
    { env: { BASH_ENV: join(job.root, 'bash_env') } },
  )
  assert.equal(stderr, '')
  assert.equal(
    settled(stdout),
    `Token    CircleCI, github.com/acme/website, branch main, until TIME (CIRCLE_OIDC_TOKEN_V2)
Role     ${SESSION}, account 111111111111, region eu-central-1, until TIME
Profile  dev in ~/.aws/config and ~/.aws/credentials
Export   AWS_PROFILE=dev and region eu-central-1 for later bash steps
`,
  )
})

test('a region that only the job has stands with what is exported', async (t) => {
  const { job } = await startJob(t)
  const env = { BASH_ENV: join(job.root, 'bash_env'), AWS_REGION: 'eu-west-1' }
  const { stdout } = await job.done(['assume-role', '--role-arn', ROLE], { env })
  const [, role, , exported] = settled(stdout).split('\n')
  assert.equal(role, `Role     ${SESSION}, account 111111111111, until TIME`)
  assert.equal(exported, 'Export   AWS_PROFILE=default and region eu-west-1 for later bash steps')
})

test('the line of the token fits into 120 columns, however long its repository; --debug has the rest', async (t) => {
  const repository = `github.com/${'o'.repeat(39)}/${'r'.repeat(100)}`
  const world = { job: { repository, branch: 'b'.repeat(200) } }
  const { job } = await startJob(t, { world: readWorld(world) })
  const args = ['assume-role', '--role-arn', ROLE]
  const { stdout } = await job.done(args)
  const [line = ''] = stdout.split('\n')
  assert.match(
    line,
    /^Token {4}CircleCI, github\.com\/o+.*…, until .* UTC \(CIRCLE_OIDC_TOKEN_V2\)$/,
  )
  assert.ok(line.length <= 120, `${line.length} columns`)
  const { stderr } = await job.done([...args, '--debug'])
  assert.ok(stderr.includes(`/vcs-origin/${repository}/vcs-ref/refs/heads/b`))
  assert.match(
    stderr,
    /^debug: token of https:\/\/oidc\.circleci\.com\/org\/\S+, audience \S+, subject org/m,
  )
})

test('json: the same for machines', async (t) => {
  const { job, sandbox } = await startJob(t)
  const { organization, project, job: described, issuer } = sandbox.world
  const { stdout, stderr } = await job.done(
    ['assume-role', '--format', 'json', '--duration-seconds', '900'],
    { env: { AWS_OIDC_ROLE_ARN: ROLE } },
  )
  assert.equal(stderr, '')
  const { profiles, ...files } = JSON.parse(stdout)
  assert.equal(profiles.length, 1)
  const { expiration, token, ...rest } = profiles[0]
  assert.ok(Math.abs(Date.parse(expiration) - Date.now() - 900_000) < 20_000)
  assert.ok(Math.abs(Date.parse(token.expiration) - Date.now() - 3_600_000) < 20_000)
  assert.deepEqual(rest, {
    profile: 'default',
    credentials: 'static',
    sourceProfile: null,
    roleArn: ROLE,
    assumedRoleArn: SESSION,
    accountId: '111111111111',
    roleSessionName: 'circleci-42-website-deploy',
    region: null,
  })
  assert.deepEqual(files, { files: [join(job.home, '.aws/credentials')], export: null })
  assert.deepEqual(
    { ...token, expiration: 'TIME' },
    {
      source: 'CIRCLE_OIDC_TOKEN_V2',
      issuer,
      audience: [organization],
      subject: `org/${organization}/project/${project}/user/${described.userId}/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main`,
      expiration: 'TIME',
    },
  )
  assert.match(expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

test('the files in an empty home: sections, comment, modes', async (t) => {
  const { job } = await startJob(t)
  const options = ['--profile', 'dev', '--region', 'eu-central-1', '--output', 'json']
  await job.done(['assume-role', '--role-arn', ROLE, ...options])
  assert.deepEqual(Object.keys(job.files()), ['.aws/config', '.aws/credentials'])
  assert.equal(
    settled(job.read('.aws/credentials') ?? ''),
    `[dev]
# circleci-aws-oidc: wrote this section, aws_access_key_id, aws_secret_access_key, aws_session_token; credentials expire TIME
aws_access_key_id = KEY
aws_secret_access_key = KEY
aws_session_token = KEY
`,
  )
  assert.equal(
    job.read('.aws/config'),
    `[profile dev]
# circleci-aws-oidc: wrote this section, region, output
region = eu-central-1
output = json
`,
  )
  const mode = (path: string) => (statSync(join(job.home, path)).mode & 0o777).toString(8)
  assert.deepEqual(['.aws', '.aws/config', '.aws/credentials'].map(mode), ['700', '600', '600'])
})

test('a second run replaces the keys and nothing else', async (t) => {
  const { job } = await startJob(t)
  const bashEnv = job.write('bash_env', 'export MINE=1\n')
  const args = ['assume-role', '--role-arn', ROLE, '--profile', 'dev', '--region', 'eu-central-1']
  const run = () => job.done(args, { env: { BASH_ENV: bashEnv } })
  await run()
  const first = job.files()
  await run()
  const second = job.files()
  assert.notEqual(second['.aws/credentials'], first['.aws/credentials'])
  assert.equal(settled(second['.aws/credentials'] ?? ''), settled(first['.aws/credentials'] ?? ''))
  assert.equal(second['.aws/config'], first['.aws/config'])
  assert.equal(second['bash_env'], first['bash_env'])
  assert.deepEqual(Object.keys(second), Object.keys(first))
})

const USERS_CONFIG =
  '# mine\r\n[default]\r\nregion=us-west-2 ; odd\r\ns3 =\r\n  max_concurrent_requests = 5\r\n\r\n[profile other]\r\nregion = eu-west-1\r\n[services local]\r\nsts =\r\n  endpoint_url = http://127.0.0.1:1'
const USERS_CREDENTIALS =
  '; kept\n[other]\naws_access_key_id=AKIAOTHEROTHEROTHER\naws_secret_access_key=other/secret/other/secret\n\n\n[last]\ncredential_process = /opt/last "a b"\n'

test("the user's own files keep every byte", async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/config', USERS_CONFIG, 0o640)
  job.write('.aws/credentials', USERS_CREDENTIALS, 0o600)
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'dev', '--region', 'eu-north-1'])
  assert.ok(job.read('.aws/config')?.startsWith(USERS_CONFIG))
  assert.ok(job.read('.aws/credentials')?.startsWith(USERS_CREDENTIALS))
  assert.equal(statSync(join(job.home, '.aws/config')).mode & 0o777, 0o640)
})

test('a profile that has another kind of credentials loses those, and only those', async (t) => {
  const { job } = await startJob(t)
  const config =
    '[profile dev]\n# why\nrole_arn = arn:aws:iam::222222222222:role/x\nsource_profile = y\n'
  job.write('.aws/config', `${config}cli_pager =\n`)
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'dev'])
  assert.equal(job.read('.aws/config'), '[profile dev]\n# why\ncli_pager =\n')
})

test('AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, symlinks followed', async (t) => {
  const { job } = await startJob(t)
  const target = job.write('real/credentials', USERS_CREDENTIALS)
  symlinkSync(target, join(job.home, 'link'))
  const { stdout } = await job.done(['assume-role', '--role-arn', ROLE, '--region', 'eu-west-1'], {
    env: { AWS_CONFIG_FILE: '~/conf/config', AWS_SHARED_CREDENTIALS_FILE: join(job.home, 'link') },
  })
  assert.deepEqual(Object.keys(job.files()), ['conf/config', 'link', 'real/credentials'])
  assert.match(stdout, /^Profile {2}default in ~\/conf\/config and ~\/(link|real\/credentials)$/m)
  assert.ok(job.read('real/credentials')?.startsWith(USERS_CREDENTIALS))
})

test('no line of a green run looks like a failure', async (t) => {
  const { job } = await startJob(t)
  job.env['BASH_ENV'] = job.write('bash_env', '')
  const runs = [
    ...['static', 'refresh', 'token-file'].map((kind) => [
      ...['assume-role', '--role-arn', ROLE, '--profile', kind, '--region', 'eu-west-1'],
      ...['--credentials', kind],
    ]),
    ['whoami', '--profile', 'static'],
    ['doctor', '--role-arn', ROLE, '--profile', 'static'],
    ['exec', '--role-arn', ROLE, '--', 'true'],
    ['cleanup'],
  ]
  for (const args of runs) {
    const { stdout, stderr } = await job.done(args)
    assert.equal(stderr, '', args.join(' '))
    assert.doesNotMatch(stdout, /warn|error|fail|denied|refuse|reject|✗|!/i, args.join(' '))
  }
})
