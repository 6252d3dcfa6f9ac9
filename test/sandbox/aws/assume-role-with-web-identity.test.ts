import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readWorld } from '../../../src/sandbox/index.ts'
import {
  CIRCLECI_ROLE,
  clientFor,
  exchange,
  exchangeCommand,
  post,
  refused,
  sandboxFor,
} from './sandbox-client.ts'

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const NOT_AUTHORIZED = 'Not authorized to perform sts:AssumeRoleWithWebIdentity'
const NOT_A_JWT =
  'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'

test('V1 and V2 tokens are exchanged for credentials', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  for (const version of ['v1', 'v2'] as const) {
    const before = Date.now()
    const answer = await exchange(sandbox, { WebIdentityToken: await sandbox.mint({ version }) })
    assert.match(answer.Credentials?.AccessKeyId ?? '', /^ASIA[A-Z2-7]{16}$/)
    assert.match(answer.Credentials?.SecretAccessKey ?? '', /^[A-Za-z0-9/+]{40}$/)
    assert.match(answer.Credentials?.SessionToken ?? '', /^(?=.*\/)(?=.*\+).{300,}=$/)
    const lifetime = (answer.Credentials?.Expiration?.getTime() ?? 0) - before
    assert.ok(Math.abs(lifetime - 3_600_000) < 5000, `${lifetime} ms`)
    assert.match(answer.AssumedRoleUser?.AssumedRoleId ?? '', /^AROA[A-Z2-7]{17}:job-42$/)
    assert.equal(
      answer.AssumedRoleUser?.Arn,
      'arn:aws:sts::111111111111:assumed-role/circleci-oidc/job-42',
    )
    const { organization, project, job } = sandbox.world
    const subject = `org/${organization}/project/${project}/user/${job.userId}`
    assert.equal(
      answer.SubjectFromWebIdentityToken,
      version === 'v1'
        ? subject
        : `${subject}/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main`,
    )
    assert.equal(answer.Audience, organization)
    assert.equal(
      answer.Provider,
      `arn:aws:iam::111111111111:oidc-provider/oidc.circleci.com/org/${organization}`,
    )
    assert.equal(answer.PackedPolicySize, undefined)
    assert.ok(answer.$metadata.requestId)
  }
  assert.equal(sandbox.exchanges, 2)
  assert.deepEqual(lines, [])
})

test('the XML is shaped like the documented example', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const answer = await post(sandbox, {
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: CIRCLECI_ROLE,
    RoleSessionName: 'job-42',
    WebIdentityToken: await sandbox.mint(),
  })
  const text = await answer.text()
  assert.equal(answer.headers.get('content-type'), 'text/xml')
  assert.ok(
    text.startsWith(
      '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n' +
        '  <AssumeRoleWithWebIdentityResult>\n',
    ),
  )
  assert.match(text, /<Expiration>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ<\/Expiration>/)
  assert.match(text, new RegExp(`<RequestId>${answer.headers.get('x-amzn-requestid')}</RequestId>`))
})

test('the JSON shapes, of a success by GET and of an error', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const query = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: CIRCLECI_ROLE,
    RoleSessionName: 'job-42',
    WebIdentityToken: await sandbox.mint(),
  })
  const headers = { accept: 'application/json' }
  const answer = await fetch(`${sandbox.url}/?${query}`, { headers })
  const body = (await answer.json()) as Record<string, Record<string, Record<string, unknown>>>
  const result = body['AssumeRoleWithWebIdentityResponse']?.['AssumeRoleWithWebIdentityResult']
  const credentials = result?.['Credentials'] as Record<string, unknown>
  assert.equal(typeof credentials['Expiration'], 'number')
  assert.match(String(credentials['AccessKeyId']), /^ASIA/)
  query.set('WebIdentityToken', 'nonsense')
  const refusal = await fetch(`${sandbox.url}/?${query}`, { headers })
  assert.equal(refusal.status, 400)
  assert.deepEqual(await refusal.json(), {
    Error: { Type: 'Sender', Code: 'InvalidIdentityToken', Message: NOT_A_JWT },
    RequestId: refusal.headers.get('x-amzn-requestid'),
  })
})

test('tokens are refused for AWS’s reasons, in its order', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  const send = (WebIdentityToken: string, change: object = {}) =>
    exchange(sandbox, { WebIdentityToken, ...change })

  await refused(send('nonsense'), 'InvalidIdentityToken', 400, NOT_A_JWT)
  await refused(
    send(await sandbox.mint({ claims: { iss: 'https://other.example' } })),
    'InvalidIdentityToken',
    400,
    'No OpenIDConnect provider found in your account for https://other.example',
  )
  await refused(
    send(await sandbox.mint({ rootIssuer: true })),
    'InvalidIdentityToken',
    400,
    'No OpenIDConnect provider found in your account for https://oidc.circleci.com',
  )
  await refused(
    send(await sandbox.mint(), { RoleArn: 'arn:aws:iam::333333333333:role/x' }),
    'InvalidIdentityToken',
    400,
    `No OpenIDConnect provider found in your account for ${sandbox.world.issuer}`,
  )
  await refused(
    send(await sandbox.mint({ audience: 'other', expiresIn: -310 })),
    'InvalidIdentityToken',
    400,
    'Incorrect token audience',
  )
  await refused(
    send(await sandbox.mint({ expiresIn: -310, claims: { sub: 'nobody-at-all' } })),
    'ExpiredTokenException',
    400,
    /^Token expired: current date\/time \d{10} must be before the expiration date\/time \d{10}$/,
  )
  for (const name of ['iss', 'aud', 'exp', 'sub']) {
    await refused(
      send(await sandbox.mint({ claims: { [name]: undefined } })),
      'InvalidIdentityToken',
      400,
      `Missing a required claim: ${name}`,
    )
  }
  const providers = lines.map((line) =>
    /account (\d+) has the providers: (.*)\)/.exec(line)?.slice(1),
  )
  assert.deepEqual(
    providers.filter((one) => one !== undefined),
    [...Array(2).fill(['111111111111', sandbox.world.issuer]), ['333333333333', 'none']],
  )
  lines.length = 0
  await refused(
    send(await sandbox.mint({ claims: { sub: 'org/x/project/y/user/z' } })),
    'AccessDenied',
    403,
    NOT_AUTHORIZED,
  )
  assert.match(
    lines.join(),
    /statement 1 \(CircleCIProject\): StringLike: .*:sub is "org\/x\/project\/y\/user\/z"/,
  )
  assert.equal(sandbox.exchanges, 0)
})

test('a role that does not exist is refused like one that does not trust', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  for (const arn of [
    'arn:aws:iam::111111111111:role/nope',
    'arn:aws:iam::111111111111:role/path/circleci-oidc',
    'arn:aws-cn:iam::111111111111:role/circleci-oidc',
  ]) {
    await refused(exchange(sandbox, { RoleArn: arn }), 'AccessDenied', 403, NOT_AUTHORIZED)
    assert.match(lines.at(-1) ?? '', new RegExp(`there is no role ${arn} in this world`))
  }
})

const error = (value: string, member: string, rule: string) =>
  `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${rule}`
const INVALID: [parameters: object, message: string][] = [
  [
    { RoleSessionName: 'a b' },
    error(
      "'a b'",
      'roleSessionName',
      'Member must satisfy regular expression pattern: [\\w+=,.@-]*',
    ),
  ],
  [
    { RoleSessionName: 'x'.repeat(65) },
    error(
      `'${'x'.repeat(65)}'`,
      'roleSessionName',
      'Member must have length less than or equal to 64',
    ),
  ],
  [
    { RoleSessionName: 'x' },
    error("'x'", 'roleSessionName', 'Member must have length greater than or equal to 2'),
  ],
  [
    { DurationSeconds: 899 },
    error("'899'", 'durationSeconds', 'Member must have value greater than or equal to 900'),
  ],
  [
    { DurationSeconds: 43_201 },
    error("'43201'", 'durationSeconds', 'Member must have value less than or equal to 43200'),
  ],
  [
    { DurationSeconds: 3601 },
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  ],
  [
    { RoleArn: 'arn:aws:iam::1' },
    error("'arn:aws:iam::1'", 'roleArn', 'Member must have length greater than or equal to 20'),
  ],
  [{ RoleArn: 'arn:aws:iam::111111111111:user/ann' }, 'Request ARN is invalid'],
  [
    { RoleSessionName: 'x', DurationSeconds: 1 },
    "2 validation errors detected: Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; Value '1' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
  ],
  [
    { PolicyArns: [{ arn: 'arn:aws:iam::aws:role/x' }] },
    'ARN arn:aws:iam::aws:role/x is not valid.',
  ],
]

for (const [parameters, message] of INVALID) {
  test(`ValidationError for ${JSON.stringify(parameters).slice(0, 60)}`, async (t) => {
    const { sandbox } = await sandboxFor(t)
    await refused(exchange(sandbox, parameters), 'ValidationError', 400, message)
  })
}

test('missing parameters, unknown and missing actions', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const missing = await (await post(sandbox, { Action: 'AssumeRoleWithWebIdentity' })).text()
  assert.match(missing, /<Type>Sender<\/Type>\s*<Code>ValidationError<\/Code>/)
  assert.match(missing, /3 validation errors detected: Value null at 'roleArn' failed/)
  const unknown = await post(sandbox, { Action: 'AssumeRoot' })
  assert.equal(unknown.status, 400)
  assert.match(await unknown.text(), /Could not find operation AssumeRoot for version 2011-06-15/)
  const old = await post(sandbox, { Action: 'GetCallerIdentity', Version: '2010-05-08' })
  assert.match(await old.text(), /operation GetCallerIdentity for version 2010-05-08/)
  assert.match(await (await post(sandbox, {})).text(), /<Code>MissingAction<\/Code>/)
})

test('a token is never part of an answer, a request record or a log line', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  const token = await sandbox.mint({ audience: 'other' })
  const long = `${token}${'x'.repeat(20_000)}`
  for (const WebIdentityToken of [token, long]) {
    await assert.rejects(exchange(sandbox, { WebIdentityToken }), (failure: Error) => {
      assert.ok(!failure.message.includes(token))
      return true
    })
  }
  assert.ok(!JSON.stringify([lines, sandbox.requests]).includes(token.slice(0, 40)))
  assert.equal(sandbox.requests[0]?.parameters['WebIdentityToken'], '***')
})

const POLICY = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }

test('session policies are checked and measured', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const arn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const answer = await exchange(sandbox, { Policy: JSON.stringify(POLICY), PolicyArns: [{ arn }] })
  assert.ok((answer.PackedPolicySize ?? 0) > 0 && (answer.PackedPolicySize ?? 0) <= 100)
  for (const [policy, message] of [
    ['{', 'The policy is not in the valid JSON format.'],
    ['{}', 'Syntax errors in policy.'],
    [{ Statement: [{ Effect: 'Allow' }] }, 'Syntax errors in policy.'],
    [
      { Statement: { ...POLICY.Statement, Principal: '*' } },
      'Policy document should not specify a principal.',
    ],
  ]) {
    const Policy = typeof policy === 'string' ? policy : JSON.stringify(policy)
    await refused(exchange(sandbox, { Policy }), 'MalformedPolicyDocument', 400, String(message))
  }
  const large = Array.from({ length: 10 }, () => ({
    arn: `arn:aws:iam::aws:policy/${Array.from({ length: 60 }, () => crypto.randomUUID()).join('')}`.slice(
      0,
      2048,
    ),
  }))
  // "The plaintext … for both inline and managed session policies can't exceed 2,048 characters."
  await refused(exchange(sandbox, { PolicyArns: large }), 'ValidationError', 400, /equal to 2048$/)
})

test('path, partition, longest session and credentials lifetime come from the world', async (t) => {
  const world = readWorld({
    credentialsLifetimeSeconds: 2,
    accounts: {
      '444444444444': {
        partition: 'aws-cn',
        providers: [{ url: 'https://oidc.circleci.com/org/o1', clientIds: ['o1'] }],
        roles: [
          {
            name: 'deploy',
            path: '/team/',
            maxSessionDuration: 7200,
            trustPolicy: {
              Statement: {
                Effect: 'Allow',
                Principal: {
                  Federated: 'arn:aws-cn:iam::444444444444:oidc-provider/oidc.circleci.com/org/o1',
                },
                Action: 'sts:AssumeRoleWithWebIdentity',
              },
            },
          },
        ],
      },
    },
    organization: 'o1',
  })
  const { sandbox } = await sandboxFor(t, { world })
  const answer = await exchange(sandbox, {
    RoleArn: 'arn:aws-cn:iam::444444444444:role/team/deploy',
    DurationSeconds: 7200,
  })
  assert.equal(
    answer.AssumedRoleUser?.Arn,
    'arn:aws-cn:sts::444444444444:assumed-role/deploy/job-42',
  )
  const left = (answer.Credentials?.Expiration?.getTime() ?? 0) - Date.now()
  assert.ok(left > 0 && left <= 2000, `${left} ms`)
})

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
test('session tags and source identity inside the token need their own permissions', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  const tagged = await sandbox.mint({
    claims: { 'https://aws.amazon.com/tags': { principal_tags: { team: ['web'] } } },
  })
  await refused(
    exchange(sandbox, { WebIdentityToken: tagged }),
    'AccessDenied',
    403,
    'Not authorized to perform sts:TagSession',
  )
  assert.match(lines.join(), /does not allow sts:TagSession/)
  const identified = await sandbox.mint({
    claims: { 'https://aws.amazon.com/source_identity': 'ann' },
  })
  await refused(
    exchange(sandbox, { WebIdentityToken: identified }),
    'AccessDenied',
    403,
    'Not authorized to perform sts:SetSourceIdentity',
  )
})

// What AWS makes of them stands nowhere: the sandbox refuses, and says that it does not know.
test('claims of AWS that are of another form, and a list of other roles', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  const send = async (claims: object) =>
    exchange(sandbox, { WebIdentityToken: await sandbox.mint({ claims: { ...claims } }) })
  const roles = 'https://aws.amazon.com/roles'
  await send({ [roles]: [`${CIRCLECI_ROLE}-2`, CIRCLECI_ROLE] })
  for (const [claims, message, reason] of [
    [
      { 'https://aws.amazon.com/tags': 'x', 'https://aws.amazon.com/source_identity': ['a', 'b'] },
      'A claim of the token is invalid',
      /treats its claim https:\/\/aws\.amazon\.com\/(tags|source_identity), https:\/\/\S+\)$/,
    ],
    [
      { [roles]: [`${CIRCLECI_ROLE}-2`, `${CIRCLECI_ROLE}-3`] },
      'The token is not for this role',
      /roles lists arn:\S+-2, arn:\S+-3\)$/,
    ],
    [{ [roles]: [] }, 'The token is not for this role', /roles lists none\)$/],
  ] as const) {
    await refused(send(claims), 'InvalidIdentityToken', 400, message)
    assert.match(lines.at(-1) ?? '', reason)
  }
})

test('a trust policy that can’t be evaluated is refused, and the log says so', async (t) => {
  const world = readWorld({
    organization: 'o1',
    accounts: {
      '111111111111': {
        providers: [{ url: 'https://oidc.circleci.com/org/o1', clientIds: ['o1'] }],
        roles: [
          {
            name: 'circleci-oidc',
            trustPolicy: {
              Statement: {
                Effect: 'Allow',
                Principal: { AWS: '*' },
                Action: 'sts:*',
                Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
              },
            },
          },
        ],
      },
    },
  })
  const { sandbox, lines } = await sandboxFor(t, { world })
  await refused(exchange(sandbox), 'AccessDenied', 403, NOT_AUTHORIZED)
  assert.match(lines.join(), /can't be evaluated here.*aws:SourceIp/)
})

test('many exchanges at once', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const client = clientFor(sandbox)
  const command = await exchangeCommand(sandbox)
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.send(command)))
  assert.equal(new Set(answers.map((one) => one.Credentials?.AccessKeyId)).size, 50)
  assert.equal(sandbox.exchanges, 50)
})
