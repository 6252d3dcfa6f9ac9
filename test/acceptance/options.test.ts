import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../src/errors.ts'
import { type Environment, ROLE, startJob } from './job.ts'

const GIVEN: [name: string, args: string[], env: Environment][] = [
  ['a literal ARN', ['--role-arn', ROLE], {}],
  ['the name of a variable', ['--role-arn', 'MY_ROLE'], { MY_ROLE: ROLE }],
  ['$NAME', ['--role-arn', '$MY_ROLE'], { MY_ROLE: ROLE }],
  ['${NAME}', ['--role-arn', '${MY_ROLE}'], { MY_ROLE: ROLE }],
  ['AWS_OIDC_ROLE_ARN', [], { AWS_OIDC_ROLE_ARN: ROLE }],
  ['AWS_OIDC_ROLE_ARN naming a variable', [], { AWS_OIDC_ROLE_ARN: 'MY_ROLE', MY_ROLE: ROLE }],
  [
    'AWS_OIDC_ROLE_ARN with ${NAME}',
    [],
    {
      AWS_OIDC_ROLE_ARN: 'arn:aws:iam::${ACCOUNT}:role/${NOPE:-circleci-oidc}',
      ACCOUNT: '111111111111',
    },
  ],
  ['a flag over its variable', ['--role-arn', ROLE], { AWS_OIDC_ROLE_ARN: 'arn:aws:iam::1:x' }],
]

for (const [name, args, env] of GIVEN) {
  test(`role ARN: ${name}`, async (t) => {
    const { job, sandbox } = await startJob(t)
    await job.done(['assume-role', ...args], { env })
    assert.equal(sandbox.requests[0]?.parameters['RoleArn'], ROLE)
  })
}

const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::site/*' }],
}

test('every AWS_OIDC_ variable reaches the request and the files', async (t) => {
  const { job, sandbox } = await startJob(t)
  const { stdout } = await job.done(['assume-role'], {
    env: {
      AWS_OIDC_ROLE_ARN: ROLE,
      AWS_OIDC_PROFILE: '$STAGE',
      STAGE: 'prod',
      AWS_OIDC_REGION: 'ap-southeast-2',
      AWS_OIDC_OUTPUT: 'yaml',
      AWS_OIDC_DURATION_SECONDS: '1800',
      AWS_OIDC_ROLE_SESSION_NAME: 'release-${CIRCLE_BUILD_NUM}',
      AWS_OIDC_POLICY: JSON.stringify(POLICY, null, 2),
      AWS_OIDC_POLICY_ARNS:
        'arn:aws:iam::aws:policy/ReadOnlyAccess arn:aws:iam::111111111111:policy/x',
      AWS_OIDC_ALLOWED_ACCOUNT_IDS: '111111111111,222222222222',
      AWS_OIDC_EXPORT: 'none',
      AWS_OIDC_FORMAT: 'json',
      AWS_OIDC_TOKEN_VERSION: '',
    },
  })
  const { Action, Version, WebIdentityToken, ...parameters } = sandbox.requests[0]?.parameters ?? {}
  assert.deepEqual(
    [Action, Version, WebIdentityToken],
    ['AssumeRoleWithWebIdentity', '2011-06-15', '***'],
  )
  assert.deepEqual(parameters, {
    RoleArn: ROLE,
    RoleSessionName: 'release-42',
    DurationSeconds: '1800',
    Policy: JSON.stringify(POLICY),
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    'PolicyArns.member.2.arn': 'arn:aws:iam::111111111111:policy/x',
  })
  assert.match(
    job.read('.aws/config') ?? '',
    /^\[profile prod\]\n.*\nregion = ap-southeast-2\noutput = yaml\n/,
  )
  assert.equal(JSON.parse(stdout).profiles[0].profile, 'prod')
})

test('a session policy from a file', async (t) => {
  const { job, sandbox } = await startJob(t)
  const path = job.write('policy.json', `${JSON.stringify(POLICY, null, 2)}\n`)
  await job.done(['assume-role', '--role-arn', ROLE, '--policy', `file://${path}`])
  assert.equal(sandbox.requests[0]?.parameters['Policy'], JSON.stringify(POLICY))
})

type Case = [args: string[], code: ErrorCode, message: RegExp, env?: Environment]

const ARN = ['--role-arn', ROLE]
const WRONG: Case[] = [
  [
    [],
    'invalid-usage',
    /: The role ARN is missing: neither --role-arn nor AWS_OIDC_ROLE_ARN is given\.\n {2}Next: {3}Pass --role-arn or --profiles-file \(in the orb: role-arn or profiles\), or set AWS_OIDC_ROLE_ARN/,
  ],
  [['--role-arn', ''], 'invalid-usage', /--role-arn has no value/],
  [
    ['--role-arn', 'NOT_SET'],
    'unset-variable',
    /--role-arn refers to the environment variable NOT_SET/,
  ],
  [['--role-arn', '${NOT_SET}'], 'unset-variable', /variable NOT_SET, which is unset/],
  [
    [],
    'unset-variable',
    /AWS_OIDC_ROLE_ARN refers to .* NOT_SET/,
    { AWS_OIDC_ROLE_ARN: '$NOT_SET' },
  ],
  [
    ['--role-arn', 'arn:aws:iam:123456789012:role/x'],
    'invalid-role-arn',
    /Why: .*A colon is missing/,
  ],
  [
    ['--role-arn', 'arn:aws:iam::12345678901:role/x'],
    'invalid-role-arn',
    /has 11 digits instead of 12/,
  ],
  [['--role-arn', 'arn:aws:iam::123456789012:user/x'], 'invalid-role-arn', /ARN of a user/],
  [
    ['--role-arn', 'arn:aws:iam::123456789012:instance-profile/x'],
    'invalid-role-arn',
    /instance profile/,
  ],
  ...['DEPLOY', '$DEPLOY', '${DEPLOY}'].map(
    (given): Case => [
      ['--role-arn', given],
      'invalid-role-arn',
      /role\/x" \(from DEPLOY\) is not valid/,
      { DEPLOY: 'arn:aws:iam::1:role/x' },
    ],
  ),
  [[], 'invalid-role-arn', /\(from AWS_OIDC_ROLE_ARN\)/, { AWS_OIDC_ROLE_ARN: 'arn:aws:x' }],
  [
    [],
    'invalid-role-arn',
    /\(from the orb's parameter role-arn, 6 characters, not shown\)/,
    { AWS_OIDC_ORB_ROLE_ARN: 'a role' },
  ],
  [['--role-arn', `${ROLE} `], 'invalid-role-arn', /begins or ends with a space/],
  [['--role-arn', 'wrong value'], 'invalid-role-arn', /\(11 characters, not shown\)/],
  [[...ARN, '--role-session-name', 'a b'], 'invalid-role-session-name', /a b/],
  [[...ARN, '--duration-seconds', '899'], 'invalid-duration', /"899".*from 900 to 43200/],
  [[...ARN, '--duration-seconds', '1h'], 'invalid-duration', /"1h"/],
  [[...ARN, '--policy', '{'], 'invalid-session-policy', /not JSON/],
  [
    [...ARN, '--policy', 'file:///no/such'],
    'file-unreadable',
    /\/no\/such can't be read: no such file/,
  ],
  [
    [...ARN, '--policy', '{"Statement":[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]}'],
    'invalid-session-policy',
    /Statement\[0\]\.Action of the session policy holds "GetObject"/,
  ],
  [
    [...ARN, '--policy-arns', 'arn:aws:iam::999999999999:policy/x'],
    'invalid-session-policy',
    /is not in the role's account 111111111111/,
  ],
  [
    [...ARN, '--policy-arns', 'arn:aws:iam::1:x'],
    'invalid-session-policy',
    /"arn:aws:iam::1:x" is not the ARN of a managed/,
  ],
  [[...ARN, '--profile', 'a]b'], 'invalid-profile-name', /a\]b/],
  [[...ARN, '--profile=-x'], 'invalid-profile-name', /a name that begins with - would look/],
  [[...ARN, '--profile', 'a'.repeat(256)], 'invalid-profile-name', /"a{40}…" is too long/],
  [[...ARN, '--region', 'eu central 1'], 'invalid-region', /eu central 1/],
  [[...ARN, '--output', 'xml'], 'invalid-usage', /--output is "xml".*json, text, table/],
  [[...ARN, '--credentials', 'refreshing'], 'invalid-usage', /--credentials is "refreshing"/],
  [[...ARN, '--export', 'all'], 'invalid-usage', /--export is "all".*profile, keys, none/],
  [
    [...ARN, '--sts-endpoint', 'sts.example'],
    'invalid-usage',
    /from --sts-endpoint is not an http/,
  ],
  [ARN, 'invalid-usage', /from AWS_ENDPOINT_URL_STS is not/, { AWS_ENDPOINT_URL_STS: 'ftp://x' }],
  [[...ARN, '--timeout-seconds', '0'], 'invalid-usage', /--timeout-seconds is "0".*from 1 to 3600/],
  [[...ARN, '--max-attempts', '-1'], 'invalid-usage', /-1|max-attempts/],
  [
    [...ARN, '--allowed-account-ids', '222222222222'],
    'account-not-allowed',
    /Account 111111111111 is not allowed.*allows only 222222222222/s,
  ],
  [
    [...ARN, '--allowed-account-ids', '1.11e+11'],
    'invalid-usage',
    /"1\.11e\+11".*is not an account id/,
  ],
  [[...ARN, '--no-such'], 'invalid-usage', /There is no option --no-such/],
  [[...ARN, '--profile'], 'invalid-usage', /--profile has no value/],
  [[...ARN, '--profile', 'a', '--profile', 'b'], 'invalid-usage', /--profile is given 2 times/],
  [[...ARN, 'stray'], 'invalid-usage', /Unexpected argument "stray"/],
  [[...ARN, '-x'], 'invalid-usage', /There is no option -x/],
  [[...ARN, '--debug=perhaps'], 'invalid-usage', /--debug takes no value/],
  [[...ARN, '--', 'env'], 'invalid-usage', /assume-role takes no command after "--"/],
  [ARN, 'invalid-usage', /AWS_OIDC_FORMAT is "xml"/, { AWS_OIDC_FORMAT: 'xml' }],
  [ARN, 'invalid-usage', /AWS_OIDC_DEBUG is "perhaps"/, { AWS_OIDC_DEBUG: 'perhaps' }],
]

for (const [args, code, message, env] of WRONG) {
  const variables = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value} `)
  const shown = `${variables.join('')}assume-role ${args.join(' ').replace(ROLE, 'ARN').slice(0, 120)}`
  test(`${shown}: ${code}`, async (t) => {
    const { job, sandbox } = await startJob(t)
    await job.fails(['assume-role', ...args], code, message, { env })
    assert.equal(sandbox.requests.length, 0, 'STS is not asked')
    assert.deepEqual(job.files(), {}, 'nothing is written')
  })
}

test('no command, an unknown one, an option in its place', async (t) => {
  const { job } = await startJob(t)
  const bare = await job.run([])
  assert.deepEqual([bare.code, bare.stderr], [2, ''])
  assert.match(bare.stdout, /^circleci-aws-oidc COMMAND \[options\]\n/)
  await job.fails(['assume'], 'invalid-usage', /There is no command "assume"/)
  await job.fails(['--profile', 'x'], 'invalid-usage', /There is no command "--profile"/)
})

test('--version', async (t) => {
  const { job } = await startJob(t)
  const { stdout } = await job.done(['--version'])
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
})

test('a stack trace is for --debug alone', async (t) => {
  const { job } = await startJob(t)
  const { code, stderr } = await job.run(['assume-role', ...ARN, '--region', 'x y', '--debug'])
  assert.equal(code, 2)
  assert.match(stderr, /^debug: OidcError: .*\n\s+at /m)
  const { stderr: told } = await job.run(['assume-role', ...ARN, '--debug'])
  assert.match(
    told,
    /^debug: attempt 1 at 127\.0\.0\.1:\d+ took \d+ ms; AWS request id [\w-]{36}$/m,
  )
})

const JOB = { CIRCLE_JOB: 'build and test', CIRCLE_BRANCH: `feature/${'x'.repeat(80)}` }
const VARIABLE_NAMES: [name: string, args: string[], env: Environment, sent: RegExp][] = [
  ['a flag', ['--role-session-name', 'build and test'], {}, /^build-and-test$/],
  ['AWS_OIDC_*', [], { AWS_OIDC_ROLE_SESSION_NAME: 'ci $CIRCLE_JOB' }, /^ci-build-and-test$/],
  ['the orb', [], { AWS_OIDC_ORB_ROLE_SESSION_NAME: '${CIRCLE_BRANCH}' }, /^feature-x{56}$/],
]
for (const [name, args, env, sent] of VARIABLE_NAMES) {
  test(`a session name from a variable is made valid, with a note: ${name}`, async (t) => {
    const { job, sandbox } = await startJob(t)
    const { stderr } = await job.done(['assume-role', ...ARN, ...args], { env: { ...JOB, ...env } })
    assert.match(sandbox.requests[0]?.parameters['RoleSessionName'] ?? '', sent)
    assert.match(
      stderr,
      /^The role session name is "[\w-]+", because AWS does not accept ".+" from the variable\.\n$/,
    )
  })
}

test('a session name from a variable in a profiles file; a literal is refused', async (t) => {
  const { job, sandbox } = await startJob(t)
  const file = (name: string) => `[default]\nrole_arn = ${ROLE}\nrole_session_name = ${name}\n`
  job.write('profiles', file('${CIRCLE_JOB}'))
  const args = ['assume-role', '--profiles-file', 'profiles']
  const { stderr } = await job.done(args, { env: JOB })
  assert.match(stderr, /^The role session name is "build-and-test"/)
  assert.equal(sandbox.requests[0]?.parameters['RoleSessionName'], 'build-and-test')
  job.write('profiles', file('test and build'))
  await job.fails(args, 'invalid-profiles-file', /"test and build" has characters/, { env: JOB })
  const literal = { AWS_OIDC_ORB_ROLE_SESSION_NAME: 'test and build' }
  const refused = ['assume-role', ...ARN]
  await job.fails(refused, 'invalid-role-session-name', /Use, for example, "test-and/, {
    env: literal,
  })
})
