import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packSessionPolicy } from '../../../src/sandbox/aws/session-policy.ts'

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const ROLE = {
  ...{ arn: 'arn:aws:iam::111111111111:role/ci', partition: 'aws' },
  ...{ account: '111111111111', resource: 'ci' },
}
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

const pack = (policy?: string, arns: readonly string[] = [], tags: Record<string, string> = {}) =>
  packSessionPolicy(
    new Map([
      ...(policy === undefined ? [] : [['Policy', policy] as const]),
      ...arns.map((arn, at) => [`PolicyArns.member.${at + 1}.arn`, arn] as const),
    ]),
    ROLE,
    new Map(Object.entries(tags)),
  )
const policy = (statement: object = {}) =>
  JSON.stringify({ Statement: { Effect: 'Allow', Action: '*', Resource: '*', ...statement } })

test('a request without policies and tags packs nothing; each of them takes space', () => {
  assert.equal(pack(), undefined)
  const sizes = [pack(policy()), pack(undefined, [READ_ONLY]), pack(undefined, [], { a: 'b' })]
  for (const size of sizes) assert.ok(size !== undefined && size >= 1 && size < 10, `${size}`)
  const all = pack(policy(), [READ_ONLY], { a: 'b' }) ?? 0
  for (const size of sizes) assert.ok(all > (size ?? 0), `${all} ${size}`)
})

test('what takes more than the space there is', () => {
  const random = () => Array.from({ length: 7 }, () => crypto.randomUUID()).join('')
  const tags = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, random()]))
  assert.ok((pack(undefined, [], tags(5)) ?? 0) > 20)
  assert.throws(() => pack(undefined, [], tags(30)), {
    code: 'PackedPolicyTooLarge',
    message: /^Packed policy consumes [12]\d\d% of allotted space, please use smaller policy\.$/,
  })
})

test('policy and policy ARNs have 2,048 characters together, and no more', () => {
  const long = (length: number) => `arn:aws:iam::aws:policy/${'x'.repeat(length - 24)}`
  const inline = policy()
  const sid = (length: number) => policy({ Sid: 'x'.repeat(length - policy({ Sid: '' }).length) })
  for (const [text, arns] of [
    [sid(2048), []],
    [inline, [long(1000), long(1048 - inline.length)]],
  ] as const) {
    assert.ok((pack(text, arns) ?? 0) > 0)
  }
  for (const [text, arns] of [
    [sid(2049), []],
    [inline, [long(1000), long(1049 - inline.length)]],
    [undefined, [long(2049)]],
  ] as const) {
    assert.throws(() => pack(text, arns), {
      code: 'ValidationError',
      message: /at 'policy' failed to satisfy .* less than or equal to 2048$/,
      reason: 'policy and policy ARNs have 2049 characters together',
    })
  }
})

test('at most ten ARNs, each of a policy of the account or of AWS', () => {
  const own = 'arn:aws:iam::111111111111:policy/team/mine'
  assert.ok(pack(undefined, [own, ...Array(9).fill(READ_ONLY)]))
  assert.throws(() => pack(undefined, Array(11).fill(own)), {
    code: 'ValidationError',
    message: /at 'policyArns' .* less than or equal to 10$/,
  })
  for (const arn of [
    ...['arn:aws:iam::222222222222:policy/x', 'arn:aws-cn:iam::aws:policy/x'],
    ...['arn:aws-cn:iam::111111111111:policy/x'],
  ]) {
    assert.throws(() => pack(undefined, [READ_ONLY, arn]), {
      message: `ARN ${arn} is not valid.`,
      reason:
        "a session policy of the role must be of its account 111111111111, or AWS's own, in aws",
    })
  }
  for (const arn of [
    ...[
      'arn:aws:iam::aws:role/x',
      'arn:aws:iam::aws:policy/',
      `x${own}`,
      'arn:AWS:iam::aws:policy/x',
    ],
    ...['arn:aws:iam::1111111111111:policy/x', 'arn:aws:iam::11111111111:policy/x', ''],
  ]) {
    assert.throws(() => pack(undefined, [arn]), {
      code: 'ValidationError',
      message: `ARN ${arn} is not valid.`,
      reason: undefined,
    })
  }
})

test('an entry of the list that is no structure names no ARN', () => {
  const query = new Map([['PolicyArns.member.1', READ_ONLY]])
  assert.throws(() => packSessionPolicy(query, ROLE, new Map()), {
    code: 'ValidationError',
    message: 'ARN  is not valid.',
  })
})

test('what is wrong with a document, as AWS says it and as the log does', () => {
  for (const [text, message, reason] of [
    ['{', 'The policy is not in the valid JSON format.', /^the session policy is not JSON/],
    ['{}', 'Syntax errors in policy.', /^the session policy /],
    [policy({ Effect: 'x' }), 'Syntax errors in policy.', /^the session policy at Statement/],
    [
      policy({ Principal: '*' }),
      'Policy document should not specify a principal.',
      /^the session policy at Statement.*Principal /,
    ],
    [
      policy({ NotPrincipal: '*' }),
      'Policy document should not specify a principal.',
      /^the session policy at Statement.*NotPrincipal /,
    ],
    [policy({ PrincipalX: '*' }), 'Syntax errors in policy.', /./],
  ] as const) {
    assert.throws(() => pack(text), { code: 'MalformedPolicyDocument', message, reason })
  }
})
