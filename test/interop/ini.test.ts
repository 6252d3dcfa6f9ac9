import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import ini from 'ini'
import { editSection } from '../../src/profiles/section.ts'
import { type Job, ROLE, startJob } from '../acceptance/job.ts'

// Many tools in JavaScript read ~/.aws with the package ini: it takes comments away and nested settings for
// settings of the profile, so it cannot write these files; what it reads of a profile must be right.

const SESSION = /^arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//
const USERS = {
  '.aws/config': `# mine
[default]
region = us-east-1 ; where the cluster is
s3 =
  max_concurrent_requests = 5
  addressing_style = path

[profile mine]
; of the team
role_arn = arn:aws:iam::222222222222:role/mine
source_profile = default
`,
  '.aws/credentials': `; mine, too
[mine]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalr/XUtnFEMI=
`,
}

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>

function sectionsOf(job: Job, path: string): Sections {
  return ini.parse(job.read(path) ?? '')
}

async function startWithProfile(t: Parameters<typeof startJob>[0], credentials: string) {
  const { job } = await startJob(t)
  for (const [path, text] of Object.entries(USERS)) job.write(path, text)
  const options = ['--region', 'eu-west-1', '--credentials', credentials]
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'dev', ...options])
  const [config, own] = [sectionsOf(job, '.aws/config'), sectionsOf(job, '.aws/credentials')]
  for (const [path, text] of Object.entries(USERS)) {
    const read = path === '.aws/config' ? config : own
    for (const [name, settings] of Object.entries(ini.parse(text))) {
      assert.deepEqual(read[name], settings, `${path} [${name}]`)
    }
  }
  assert.equal(config['profile dev']?.['region'], 'eu-west-1')
  return { job, config: config['profile dev'] ?? {}, credentials: own['dev'] }
}

test('static: AWS takes the keys that ini reads', async (t) => {
  const { job, credentials } = await startWithProfile(t, 'static')
  const { aws_access_key_id, aws_secret_access_key, aws_session_token } = credentials ?? {}
  const env = {
    AWS_ACCESS_KEY_ID: aws_access_key_id,
    AWS_SECRET_ACCESS_KEY: aws_secret_access_key,
    AWS_SESSION_TOKEN: aws_session_token,
  }
  const { stdout } = await job.done(['whoami', '--format', 'json'], { env })
  assert.match(JSON.parse(stdout).arn, SESSION)
})

test('refresh: the command that ini reads prints credentials', async (t) => {
  const { job, config, credentials } = await startWithProfile(t, 'refresh')
  assert.equal(credentials, undefined)
  const options = { env: job.env, encoding: 'utf8' } as const
  const printed = JSON.parse(
    execFileSync('sh', ['-c', config['credential_process'] ?? ''], options),
  )
  assert.equal(printed.Version, 1)
  assert.match(printed.AccessKeyId, /^ASIA/)
})

test('token-file: the role, and a file with the token', async (t) => {
  const { job, config, credentials } = await startWithProfile(t, 'token-file')
  assert.equal(credentials, undefined)
  assert.equal(config['role_arn'], ROLE)
  const token = readFileSync(config['web_identity_token_file'] ?? '', 'utf8')
  assert.equal(token.trim(), job.env['CIRCLE_OIDC_TOKEN_V2'])
  assert.match(config['role_session_name'] ?? '', /^circleci-42-website-deploy$/)
})

test('chained: AWS takes the keys that ini reads for the second role', async (t) => {
  const { job } = await startJob(t)
  const playground = 'arn:aws:iam::222222222222:role/playground'
  const file = job.write(
    'profiles.ini',
    `[profile dev]\nrole_arn = ${ROLE}\n[profile play]\nrole_arn = ${playground}\nsource_profile = dev\n`,
  )
  await job.done(['assume-role', '--profiles-file', file])
  const keys = sectionsOf(job, '.aws/credentials')['play'] ?? {}
  const env = Object.fromEntries(
    Object.entries(keys).map(([key, value]) => [key.toUpperCase(), value]),
  )
  const { stdout } = await job.done(['whoami', '--format', 'json'], { env })
  assert.match(JSON.parse(stdout).arn, /^arn:aws:sts::222222222222:assumed-role\/playground\//)
})

test('any session token, with its "=" and "/", beside what the user has', async () => {
  const bytes = fc.uint8Array({ minLength: 20, maxLength: 300 })
  const text = USERS['.aws/credentials']
  await fc.assert(
    fc.asyncProperty(bytes, bytes, async (one, other) => {
      const values = {
        aws_access_key_id: 'ASIAIOSFODNN7EXAMPLE',
        aws_secret_access_key: Buffer.from(one).toString('base64'),
        aws_session_token: `IQoJ${Buffer.from(other).toString('base64')}==`,
      }
      const edit = {
        profile: 'dev',
        file: 'credentials',
        values,
        remove: [],
        note: 'expire',
      } as const
      const read: Sections = ini.parse(await editSection(text, edit, 'file'))
      assert.deepEqual({ ...read['dev'] }, values)
      assert.deepEqual(read['mine'], ini.parse(text)['mine'])
    }),
  )
})
