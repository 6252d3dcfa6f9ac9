import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRoleArn } from '../../src/role/arn.ts'
import {
  assertRequest,
  checkAccount,
  lostWithTokenFile,
  type RequestSettings,
  type RoleRequest,
  readRequest,
  stsInput,
} from '../../src/role/request.ts'

const WHOSE = 'The role arn:aws:iam::111111111111:role/deploy'

test('no list allows every account, a list those in it', () => {
  assert.doesNotThrow(() => checkAccount('111111111111', [], WHOSE))
  assert.doesNotThrow(() => checkAccount('111111111111', ['222222222222', '111111111111'], WHOSE))
})

test('another account is refused, both named', () => {
  const error = { code: 'account-not-allowed', exitCode: 2 }
  assert.throws(() => checkAccount('111111111111', ['222222222222'], WHOSE), {
    ...error,
    message: 'Account 111111111111 is not allowed here.',
    why: `${WHOSE} belongs to it; --allowed-account-ids allows only 222222222222.`,
  })
  assert.throws(() => checkAccount('111111111111', ['222222222222', '333333333333'], WHOSE), {
    ...error,
    message: 'Account 111111111111 is not allowed here.',
    why: `${WHOSE} belongs to it; --allowed-account-ids allows only 222222222222, 333333333333.`,
  })
})

// Unquoted in YAML, 012345678901 and 111111111111 may arrive in other forms.
for (const id of [
  '1.11111111111e+11',
  '11111111111',
  '1111-1111-1111',
  'prod',
  'x111111111111',
  '111111111111x',
]) {
  test(`${id} is not an account id, even beside the right one`, () => {
    assert.throws(() => checkAccount('111111111111', ['111111111111', id], WHOSE), {
      code: 'invalid-usage',
      message: `"${id}" in the allowed account ids is not an account id.`,
      next: 'Account ids have 12 digits; in YAML, quote them.',
    })
  })
}

const ARN = 'arn:aws:iam::111111111111:role/deploy'
const REQUEST: RoleRequest = {
  role: parseRoleArn(ARN),
  roleSessionName: 'job-42',
  durationSeconds: 900,
  policyArns: [],
  sessionTags: [],
  transitiveTagKeys: [],
}
const FULL: RoleRequest = {
  ...REQUEST,
  policy: '{}',
  policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
  externalId: 'ext',
  sessionTags: [{ key: 'team', value: 'ci' }],
  transitiveTagKeys: ['team'],
  sourceIdentity: 'me',
}

// STS API Reference, AssumeRole: its parameters.
test('what STS is sent', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(stsInput(REQUEST))), {
    RoleArn: ARN,
    RoleSessionName: 'job-42',
    DurationSeconds: 900,
  })
  assert.deepEqual(stsInput(FULL), {
    RoleArn: ARN,
    RoleSessionName: 'job-42',
    DurationSeconds: 900,
    Policy: '{}',
    PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
    ExternalId: 'ext',
    SourceIdentity: 'me',
    Tags: [{ Key: 'team', Value: 'ci' }],
    TransitiveTagKeys: ['team'],
  })
})

test('what SDKs leave out when they exchange a token file', () => {
  const { role: _, ...hour } = { ...REQUEST, durationSeconds: 3600 }
  assert.deepEqual(lostWithTokenFile(hour), [])
  assert.deepEqual(lostWithTokenFile({ ...hour, durationSeconds: 900 }), ['duration'])
  assert.deepEqual(lostWithTokenFile({ ...hour, policy: '{}' }), ['session policy'])
  assert.deepEqual(lostWithTokenFile({ ...hour, policyArns: FULL.policyArns }), ['session policy'])
})

test('a request read from a file has every part, each of its type', () => {
  for (const request of [REQUEST, FULL])
    assert.doesNotThrow(() => assertRequest(request, 'request'))
  const changes: readonly (readonly [object, path: string])[] = [
    [{ role: { ...REQUEST.role, arn: 1 } }, 'request.role.arn'],
    [{ role: { ...REQUEST.role, accountId: 1 } }, 'request.role.accountId'],
    [{ role: { ...REQUEST.role, partition: null } }, 'request.role.partition'],
    [{ role: { ...REQUEST.role, name: undefined } }, 'request.role.name'],
    [{ roleSessionName: 1 }, 'request.roleSessionName'],
    [{ durationSeconds: '900' }, 'request.durationSeconds'],
    [{ policy: {} }, 'request.policy'],
    [{ policyArns: 'x' }, 'request.policyArns'],
    [{ externalId: 1 }, 'request.externalId'],
    [{ sessionTags: {} }, 'request.sessionTags'],
    [{ transitiveTagKeys: [1] }, 'request.transitiveTagKeys'],
    [{ sourceIdentity: 1 }, 'request.sourceIdentity'],
  ]
  for (const [change, path] of changes) {
    assert.throws(
      () => assertRequest({ ...REQUEST, ...change }, 'request'),
      (error: Error) => error instanceof TypeError && error.message.startsWith(path),
    )
  }
})

/** Settings as a section of a profiles file has them. */
function read(
  texts: Readonly<Record<string, string>>,
  kind: 'first' | 'chained' = 'chained',
  defaults: object = {},
) {
  const settings: RequestSettings = {
    has: (key) => texts[key] !== undefined,
    read: async (key, reader) => (texts[key] === undefined ? undefined : reader(texts[key])),
    isVariable: () => false,
    note: () => {},
  }
  return readRequest(settings, kind, defaults)
}

test('what is set is read, and nothing else', async () => {
  assert.deepEqual(await read({}), {})
  assert.deepEqual(
    await read({
      role_arn: ARN,
      role_session_name: 'job-42',
      duration_seconds: '900',
      policy_arns: ' arn:aws:iam::aws:policy/A,\n  arn:aws:iam::aws:policy/B ,',
      external_id: 'a:b/c',
      session_tags: 'team=ci',
      transitive_tag_keys: 'team',
      source_identity: 'me@example.com',
    }),
    {
      role: parseRoleArn(ARN),
      roleSessionName: 'job-42',
      durationSeconds: 900,
      policyArns: ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/B'],
      externalId: 'a:b/c',
      sessionTags: [{ key: 'team', value: 'ci' }],
      transitiveTagKeys: ['team'],
      sourceIdentity: 'me@example.com',
    },
  )
})

// STS API Reference, AssumeRole: DurationSeconds, ExternalId, SourceIdentity; "Role chaining" in the User Guide.
test('limits', async () => {
  const valid: readonly (readonly [kind: 'first' | 'chained', key: string, text: string])[] = [
    ['first', 'duration_seconds', '900'],
    ['first', 'duration_seconds', '43200'],
    ['chained', 'duration_seconds', '3600'],
    ['chained', 'external_id', 'ab'],
    ['chained', 'external_id', 'x'.repeat(1224)],
    ['chained', 'source_identity', 'ab'],
    ['chained', 'source_identity', 'x'.repeat(64)],
  ]
  for (const [kind, key, text] of valid) {
    assert.equal(Object.values(await read({ [key]: text }, kind)).length, 1, text)
  }
  const hour = 'AWS limits a role that is assumed with the credentials of another role to one hour.'
  const invalid: readonly (readonly ['first' | 'chained', string, string, string, string?])[] = [
    ['first', 'duration_seconds', '899', 'duration_seconds = 899 is not valid.'],
    ['first', 'duration_seconds', '43201', 'duration_seconds = 43201 is not valid.'],
    ['chained', 'duration_seconds', '899', 'duration_seconds = 899 is not valid.'],
    ['chained', 'duration_seconds', '3601', 'duration_seconds = 3601 is not valid.', hour],
    ['first', 'duration_seconds', '1000s', 'duration_seconds is not valid.'],
    ['first', 'duration_seconds', 'x1000', 'duration_seconds is not valid.'],
    ['first', 'duration_seconds', '0000001000', 'duration_seconds is not valid.'],
    ['chained', 'external_id', 'a', 'external_id is not valid.'],
    ['chained', 'external_id', 'x'.repeat(1225), 'external_id is not valid.'],
    ['chained', 'external_id', ' ab', 'external_id is not valid.'],
    ['chained', 'source_identity', 'x'.repeat(65), 'source_identity is not valid.'],
    ['chained', 'source_identity', 'a b', 'source_identity is not valid.'],
    ['chained', 'source_identity', ' ab', 'source_identity is not valid.'],
  ]
  for (const [kind, key, text, message, why] of invalid) {
    await assert.rejects(read({ [key]: text }, kind), { message, why })
  }
})

test('session policies are judged with those that stand by default', async () => {
  const other = 'arn:aws:iam::222222222222:policy/x'
  const stray = { message: /^The session policy arn:aws:iam::222222222222:policy\/x is not in/ }
  await assert.rejects(read({ role_arn: ARN, policy_arns: other }), stray)
  await assert.rejects(read({ role_arn: ARN }, 'first', { policyArns: [other] }), stray)
  const [role_arn, policy_arns] = [ARN, 'arn:aws:iam::aws:policy/x']
  assert.ok(await read({ role_arn, policy_arns }, 'first', { policyArns: [other] }))
  const tooMuch = { policy: 'x'.repeat(2048), policyArns: [policy_arns] }
  await assert.rejects(read({ role_arn }, 'first', tooMuch), { message: /characters in total/ })
  const short = JSON.stringify({
    Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
  })
  const { policy } = await read({ role_arn, policy: short }, 'first', tooMuch)
  assert.equal(policy, short)
})
