import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readWorld } from '../../src/sandbox/index.ts'
import { answeringServer, answerOf, partsFor, send } from '../attack/hostile-sts.ts'
import { jwt } from '../token/jwt.ts'
import { Job, ROLE, startJob } from './job.ts'

const PLAYGROUND = 'arn:aws:iam::222222222222:role/playground'

// The walk-through this replaces wrote these two sections by hand (scenario S1).
const S1 = `[default]
role_arn = ${ROLE}
role_session_name = circleci-oidc
duration_seconds = 900
region = eu-central-1
output = json

[profile playground]
source_profile = default
role_arn = ${PLAYGROUND}
`

const ACCOUNTS = Array.from({ length: 10 }, (_, i) => String(100000000001 + i))
const ROLES = ACCOUNTS.flatMap((account) =>
  [1, 2, 3, 4, 5].map((n) => ({ account, name: `r${n}` })),
)

/** Ten accounts with five roles each, all of which the default world's job may assume. */
function manyAccounts() {
  const { organization, project, issuer } = readWorld({})
  const host = issuer.replace('https://', '')
  const account = (id: string) => ({
    providers: [{ url: issuer, clientIds: [organization] }],
    roles: [1, 2, 3, 4, 5].map((n) => ({
      name: `r${n}`,
      trustPolicy: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${id}:oidc-provider/${host}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { [`${host}:aud`]: organization },
            StringLike: { [`${host}:sub`]: `org/${organization}/project/${project}/*` },
          },
        },
      },
    })),
  })
  return readWorld({ accounts: Object.fromEntries(ACCOUNTS.map((id) => [id, account(id)])) })
}

function fileOf(roles: readonly { account: string; name: string }[]): string {
  const sections = roles.map(
    ({ account, name }) =>
      `[profile ${account}-${name}]\nrole_arn = arn:aws:iam::${account}:role/${name}\n`,
  )
  return sections.join('\n')
}

test('the roles of one token are asked for at the same time', async (t) => {
  const waiting: (() => void)[] = []
  const url = await answeringServer(t, (asked, response) => {
    waiting.push(() => send(response, answerOf(partsFor(asked))))
    if (waiting.length === 5) for (const answer of waiting) answer()
  })
  const job = new Job(t, { AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: jwt({ sub: 'org/o' }) })
  const path = job.write('profiles.ini', fileOf(ROLES.slice(0, 5)))
  await job.done(['assume-role', '--profiles-file', path])
})

test('text: several profiles are a table', async (t) => {
  const { job } = await startJob(t)
  const path = job.write('profiles.ini', S1)
  const { stdout } = await job.done(['assume-role', '--profiles-file', path])
  const lines = stdout.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'TIME').split('\n')
  assert.match(lines[0] ?? '', /^Token {4}CircleCI, /)
  assert.deepEqual(lines.slice(1, 5), [
    'Profiles 2 in ~/.aws/config and ~/.aws/credentials',
    '  PROFILE     ACCOUNT       ROLE           REGION        UNTIL',
    '  default     111111111111  circleci-oidc  eu-central-1  TIME',
    '  playground  222222222222  playground     -             TIME',
  ])
})

test('S1: two profiles from one file, the second by the first', async (t) => {
  const { job, sandbox } = await startJob(t)
  const path = job.write('profiles.ini', S1)
  const { stdout } = await job.done(['assume-role', '--profiles-file', path, '--format', 'json'], {
    env: { BASH_ENV: join(job.root, 'bash_env') },
  })
  const { profiles, ...rest } = JSON.parse(stdout)
  assert.deepEqual(
    profiles.map(({ profile, accountId, sourceProfile }: Record<string, string>) => [
      profile,
      accountId,
      sourceProfile,
    ]),
    [
      ['default', '111111111111', null],
      ['playground', '222222222222', 'default'],
    ],
  )
  // `default` is clearly meant for later steps.
  assert.equal(rest.export.profile, 'default')
  assert.equal(sandbox.exchanges, 1)
  for (const [profile, account] of [
    ['default', '111111111111'],
    ['playground', '222222222222'],
  ] as const) {
    const who = await job.done(['whoami', '--profile', profile, '--format', 'json'])
    assert.equal(JSON.parse(who.stdout).accountId, account)
  }
})

test('S1, lazily: a profile with source_profile that the SDK chains by itself', async (t) => {
  const { job } = await startJob(t)
  const lazy = `[profile playground]\nrole_arn = ${PLAYGROUND}\nsource_profile = default\n`
  job.write('.aws/config', lazy)
  await job.done(['assume-role', '--role-arn', ROLE])
  assert.equal(job.read('.aws/config'), lazy)
  const { stdout } = await job.done(['whoami', '--profile', 'playground', '--format', 'json'])
  assert.equal(JSON.parse(stdout).accountId, '222222222222')
})

test('the profiles of the orb come from AWS_OIDC_PROFILES, variables expanded', async (t) => {
  const { job } = await startJob(t)
  const env = { AWS_OIDC_PROFILES: S1.replace(PLAYGROUND, '${PLAYGROUND_ROLE}') }
  await job.fails(['assume-role'], 'invalid-profiles-file', /line \d+.*PLAYGROUND_ROLE/, { env })
  await job.done(['assume-role'], { env: { ...env, PLAYGROUND_ROLE: PLAYGROUND } })
})

test('a source that is a profile of the shared files', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'base'])
  const path = job.write('p.ini', `[profile b]\nrole_arn = ${PLAYGROUND}\nsource_profile = base\n`)
  await job.done(['assume-role', '--profiles-file', path])
  const { stdout } = await job.done(['whoami', '--profile', 'b', '--format', 'json'])
  assert.equal(JSON.parse(stdout).accountId, '222222222222')
})

test('every problem of a file in one error, before anything is asked', async (t) => {
  const { job, sandbox } = await startJob(t)
  const path = job.write(
    'p.ini',
    `[default]\nrole_arm = ${ROLE}\n\n[profile b]\nrole_arn = ${PLAYGROUND}\nsource_profile = nowhere\n`,
  )
  const before = job.files()
  const { stderr } = await job.fails(
    ['assume-role', '--profiles-file', path],
    'invalid-profiles-file',
    /line 2.*role_arm.*role_arn/,
  )
  assert.match(stderr, /line 6.*nowhere/)
  assert.equal(sandbox.requests.length, 0)
  assert.deepEqual(job.files(), before)
})

test('fifty roles in ten accounts: every profile is written and right', async (t) => {
  const { job, sandbox } = await startJob(t, { world: manyAccounts() })
  const path = job.write('p.ini', fileOf(ROLES))
  await job.done(['assume-role', '--profiles-file', path])
  assert.equal(sandbox.exchanges, 50)
  for (const { account, name } of [ROLES[0], ROLES[49]].filter((role) => role !== undefined)) {
    const { stdout } = await job.done([
      'whoami',
      '--profile',
      `${account}-${name}`,
      '--format',
      'json',
    ])
    const { accountId, arn } = JSON.parse(stdout)
    assert.equal(accountId, account)
    assert.match(arn, new RegExp(`:assumed-role/${name}/`))
  }
})

test('fifty roles, one of them refused: nothing is written, one line says which', async (t) => {
  const { job } = await startJob(t, { world: manyAccounts() })
  const broken = [...ROLES.slice(0, 49), { account: '100000000003', name: 'missing' }]
  const path = job.write('p.ini', fileOf(broken))
  mkdirSync(join(job.home, '.aws'))
  const before = job.files()
  const { stderr } = await job.fails(
    ['assume-role', '--profiles-file', path],
    'access-denied',
    /1 of 50 profiles failed, so nothing was written\.\n.*100000000003-missing: access-denied: AWS does not let this token assume arn:aws:iam::100000000003:role\/missing/,
  )
  assert.doesNotMatch(stderr, /100000000001-r1/)
  assert.deepEqual(job.files(), before)
})

test('several refused, one of them a source: each is listed', async (t) => {
  const { job } = await startJob(t)
  const path = job.write(
    'p.ini',
    `[profile a]\nrole_arn = arn:aws:iam::111111111111:role/gone
[profile b]\nrole_arn = ${PLAYGROUND}\nsource_profile = a
[profile c]\nrole_arn = arn:aws:iam::111111111111:role/away
[profile d]\nrole_arn = ${ROLE}\n`,
  )
  const { stderr } = await job.fails(
    ['assume-role', '--profiles-file', path],
    'access-denied',
    /3 of 4 profiles failed/,
  )
  assert.match(stderr, /^ {2}a: access-denied: /m)
  assert.match(stderr, /^ {2}b: its source profile "a" failed$/m)
  assert.match(stderr, /^ {2}c: access-denied: /m)
})

test('--profile chooses what later steps use, and must be in the file', async (t) => {
  const { job } = await startJob(t)
  const path = job.write('p.ini', S1)
  const bashEnv = join(job.root, 'bash_env')
  const args = ['assume-role', '--profiles-file', path, '--profile']
  await job.done([...args, 'playground'], { env: { BASH_ENV: bashEnv } })
  await job.fails([...args, 'other'], 'invalid-usage', /default, playground/)
  await job.fails(
    ['assume-role', '--profiles-file', path, '--role-arn', ROLE],
    'invalid-usage',
    /cannot be combined/,
  )
})

test('shared files that cannot be read are an error before anything is asked', async (t) => {
  const { job, sandbox } = await startJob(t)
  mkdirSync(join(job.home, '.aws/config'), { recursive: true })
  const path = job.write('p.ini', S1)
  await job.fails(['assume-role', '--profiles-file', path], 'file-unreadable', /\.aws\/config/)
  assert.equal(sandbox.requests.length, 0)
})

test('the shared config file itself cannot be the profiles file: it would lose its roles', async (t) => {
  const { job, sandbox } = await startJob(t)
  const path = job.write('.aws/config', S1)
  await job.fails(['assume-role', '--profiles-file', path], 'invalid-usage', /Copy it to another/)
  assert.equal(job.read('.aws/config'), S1)
  assert.equal(sandbox.requests.length, 0)
})

test('a default section that only has settings is passed over', async (t) => {
  const { job } = await startJob(t)
  const path = job.write(
    'p.ini',
    `[default]\nregion = eu-west-1\n[profile a]\nrole_arn = ${ROLE}\n`,
  )
  const { stdout } = await job.done(['assume-role', '--profiles-file', path, '--format', 'json'])
  const { profiles } = JSON.parse(stdout)
  assert.deepEqual(
    profiles.map(({ profile }: { profile: string }) => profile),
    ['a'],
  )
})
