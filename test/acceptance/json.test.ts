import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { COMMANDS, type Command } from '../../src/command-table.ts'
import { ERROR_EXIT_CODES, type ErrorCode } from '../../src/errors.ts'
import { type Environment, Job, ROLE, startJob } from './job.ts'
import { assertFits } from './schemas.ts'

const JSON_ASKED = ['--format', 'json']
const WITH_FORMAT = Object.entries<Command>(COMMANDS).flatMap(([name, { options }]) =>
  options.includes('format') ? [name] : [],
)

const POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Ci',
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::111111111111:oidc-provider/ci.example.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringLike: { 'ci.example.com:sub': 'repo/*' } },
    },
  ],
}
const CLAIMS = { iss: 'https://ci.example.com', aud: 'sts', sub: 'repo/a', exp: 4e9, iat: 1 }

test('there is a schema for the result of each command, and one for errors', () => {
  const schemas = readdirSync('docs/schemas').map((name) => basename(name, '.json'))
  const names = WITH_FORMAT.map((name) => name.replace(' ', '-'))
  assert.deepEqual(schemas.sort(), ['error', ...names].sort())
})

test('the results of all commands fit their schemas', async (t) => {
  const { job } = await startJob(t)
  job.env['BASH_ENV'] = job.write('bash_env', '')
  const files = `[default]\nrole_arn = ${ROLE}\n[profile b]\nrole_arn = arn:aws:iam::222222222222:role/playground\nsource_profile = default\n`
  job.write('profiles.ini', files)
  job.write('policy.json', JSON.stringify(POLICY))
  job.write('claims.json', JSON.stringify(CLAIMS))
  const role = { RoleName: 'r', Arn: 'arn:aws:iam::111111111111:role/r' }
  job.write(
    'roles.json',
    JSON.stringify({ Roles: [{ ...role, AssumeRolePolicyDocument: POLICY }] }),
  )
  job.write('allow.ini', '[mine]\nrole = *\nfinding = *\nreason = known\n')
  const RUNS: [schema: string, args: string[], env?: Environment][] = [
    ['assume-role', ['assume-role', '--role-arn', ROLE, '--region', 'eu-west-1']],
    ['assume-role', ['assume-role', '--profiles-file', 'profiles.ini']],
    ['assume-role', ['assume-role', '--role-arn', ROLE, '--export-file', 'x.env']],
    [
      'assume-role',
      ['assume-role', '--role-arn', ROLE, '--missing-token', 'skip'],
      { CIRCLE_OIDC_TOKEN_V2: undefined },
    ],
    ['whoami', ['whoami']],
    ['token', ['token']],
    ['token', ['token', '--write', 'copy']],
    ['doctor', ['doctor', '--role-arn', ROLE]],
    ['doctor', ['doctor', '--role-arn', `${ROLE}-2`]],
    ['doctor', ['doctor', '--timeout-seconds', '0']],
    ['trust-check', ['trust', 'check', '--policy', 'policy.json', '--claims', 'claims.json']],
    ['trust-check', ['trust', 'check', '--policy', 'policy.json', '--token-env', 'NONE']],
    ['trust-audit', ['trust', 'audit', '--input', 'roles.json', '--fail-on', 'never']],
    ['cleanup', ['cleanup']],
  ]
  for (const [schema, args, env] of RUNS) {
    const { stdout } = await job.run([...args, ...JSON_ASKED], { env })
    assertFits(schema, stdout)
  }
})

const FAILURES: [args: string[], code: ErrorCode, env?: Environment][] = [
  [['assume-role', '--role-arn', `${ROLE}-2`, ...JSON_ASKED], 'access-denied'],
  [['assume-role', '--format=json'], 'invalid-usage'],
  [['assume-role', '--no-such', '--format=json'], 'invalid-usage'],
  [['assume-role'], 'invalid-usage', { AWS_OIDC_FORMAT: 'json' }],
  [['assume-role'], 'invalid-usage', { AWS_OIDC_ORB_FORMAT: 'json' }],
  [['whoami', ...JSON_ASKED], 'credentials-not-found'],
  [['token', ...JSON_ASKED], 'token-not-found', { CIRCLE_OIDC_TOKEN_V2: '' }],
  [['doctor', '--no-such', ...JSON_ASKED], 'invalid-usage'],
  [['cleanup', '--profile', 'a]', ...JSON_ASKED], 'invalid-profile-name'],
  [['trust', 'check', ...JSON_ASKED], 'invalid-usage'],
  [['trust', 'audit', '--input', 'nope', ...JSON_ASKED], 'file-unreadable'],
  [['trust', 'thumbprint', ...JSON_ASKED], 'invalid-usage'],
]
for (const [args, code, env] of FAILURES) {
  test(`${args.join(' ').replace(ROLE, 'ARN')}: ${code} as JSON on stdout, as text on stderr`, async (t) => {
    const { job } = await startJob(t)
    const { code: exit, stdout, stderr } = await job.run(args, { env })
    assertFits('error', stdout)
    const { error } = JSON.parse(stdout)
    assert.deepEqual([error.code, error.exitCode, exit], [code, exit, ERROR_EXIT_CODES[code]])
    assert.ok(stderr.startsWith(`Error ${code}: ${error.what.split('\n')[0]}`), stderr)
    assert.ok(error.next)
  })
}

test('every command with --format fails so', () => {
  const shown = FAILURES.map(([[first, second]]) => (first === 'trust' ? `trust ${second}` : first))
  assert.deepEqual(
    WITH_FORMAT.filter((name) => !shown.includes(name)),
    [],
  )
})

for (const args of [
  ['assume-role', '--format', 'text'],
  ['assume-role', '--format', 'xml'],
  ['exec', '--role-arn', ROLE, '--', 'sh', '-c', 'exit 3', ...JSON_ASKED],
  ['explain', 'nothing', ...JSON_ASKED],
]) {
  test(`${args.join(' ').replace(ROLE, 'ARN')}: an error is text alone`, async (t) => {
    const { stdout, stderr } = await new Job(t).run(args)
    assert.equal(stdout, '')
    assert.match(stderr, /^Error /)
  })
}
