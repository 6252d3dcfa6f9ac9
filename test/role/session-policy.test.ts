import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseRoleArn } from '../../src/role/arn.ts'
import {
  checkPolicyArns,
  checkSessionPolicies,
  readSessionPolicy,
} from '../../src/role/session-policy.ts'

const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
}

/** A policy of exactly `length` characters without blanks. */
function policyOf(length: number): string {
  const base = JSON.stringify({ ...POLICY, Id: '' })
  return JSON.stringify({ ...POLICY, Id: 'i'.repeat(length - base.length) })
}

test('blanks are left out, so that an indented policy is not too long', async () => {
  assert.equal(await readSessionPolicy(JSON.stringify(POLICY, null, 40)), JSON.stringify(POLICY))
  assert.equal(await readSessionPolicy(`\uFEFF${JSON.stringify(POLICY)}`), JSON.stringify(POLICY))
})

// STS API Reference, Policy: [\u0009\u000A\u000D\u0020-\u00FF]+, at most 2048 characters.
test('characters beyond U+00FF are escaped and mean the same', async () => {
  const policy = { ...POLICY, Id: 'größe 東京 🗼' }
  const sent = await readSessionPolicy(JSON.stringify(policy))
  assert.match(sent, /^[\t\n\r\x20-\xff]+$/)
  assert.deepEqual(JSON.parse(sent), policy)
})

test('file://PATH is read', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'session-policy-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'policy.json')
  writeFileSync(path, JSON.stringify(POLICY, null, 2))
  assert.equal(await readSessionPolicy(`file://${path}`), JSON.stringify(POLICY))
  await assert.rejects(readSessionPolicy(`file://${path}.none`), {
    code: 'file-unreadable',
    exitCode: 6,
    message: `The session policy file ${path}.none can't be read: no such file or directory (ENOENT).`,
  })
  await assert.rejects(readSessionPolicy(`file://${directory}`), {
    message: `The session policy file ${directory} can't be read: it is a directory (EISDIR).`,
  })
})

test('2048 characters are taken, 2049 are not', async () => {
  assert.equal((await readSessionPolicy(policyOf(2048))).length, 2048)
  await assert.rejects(readSessionPolicy(policyOf(2049)), {
    code: 'invalid-session-policy',
    exitCode: 2,
    message: 'The session policy has 2049 characters without spaces; AWS accepts at most 2048.',
  })
})

const WRONG: [given: string, message: RegExp][] = [
  ['', /^The session policy is not JSON \(line 1, column 1\)\.$/],
  ['policy.json', /^The session policy is not JSON /],
  [`${JSON.stringify(POLICY)},`, /^The session policy is not JSON /],
  ['null', /^The session policy is null; it must be a JSON object\.$/],
  ['{"Version":"2012-10-17"}', /^Statement of the session policy is missing\.$/],
  [JSON.stringify([POLICY]), /^The session policy is \[.*; it must be a JSON object\.$/],
  [policyWith({ Resource: undefined }), /^Statement\.Resource of the session policy is missing\.$/],
  [policyWith({ Action: 'GetObject' }), /^Statement\.Action .*holds "GetObject"; .*SERVICE:ACTION/],
  [policyWith({ Resource: 'bucket' }), /^Statement\.Resource .*holds "bucket"; .* or an ARN/],
  [policyWith({ Condition: { Foo: { 'aws:x': '1' } } }), /^Statement\.Condition\.Foo .*operator/],
]

function policyWith(change: object): string {
  return JSON.stringify({ Statement: { ...POLICY.Statement[0], ...change } })
}

for (const [given, message] of WRONG) {
  test(`refused: ${JSON.stringify(given)}`, async () => {
    await assert.rejects(readSessionPolicy(given), { code: 'invalid-session-policy', message })
  })
}

test('ten managed policies of ours or of AWS are taken', () => {
  const own = 'arn:aws:iam::123456789012:policy/team/ci'
  assert.doesNotThrow(() => checkPolicyArns([]))
  assert.doesNotThrow(() => checkPolicyArns(Array(10).fill(own)))
  assert.doesNotThrow(() => checkPolicyArns(['arn:aws:iam::aws:policy/ReadOnlyAccess']))
  assert.doesNotThrow(() => checkPolicyArns(['arn:aws-us-gov:iam::aws:policy/job-function/x']))
  assert.throws(() => checkPolicyArns(Array(11).fill(own)), {
    code: 'invalid-session-policy',
    message: 'There are 11 session policy ARNs; AWS accepts at most 10.',
  })
})

for (const arn of [
  'ReadOnlyAccess',
  'arn:aws:iam::123456789012:role/deploy',
  'arn:aws:iam::12345678901:policy/x',
  'arn:aws:iam::123456789012:policy/',
]) {
  test(`${arn} is not the ARN of a managed policy`, () => {
    assert.throws(() => checkPolicyArns([arn]), {
      code: 'invalid-session-policy',
      message: `"${arn}" is not the ARN of a managed policy.`,
    })
  })
}

// API_AssumeRoleWithWebIdentity.html: "The policies must exist in the same account as the role";
// "The plaintext … for both inline and managed session policies can't exceed 2,048 characters."
test('policies of another account, and too much together, are refused', () => {
  const role = parseRoleArn('arn:aws:iam::123456789012:role/deploy')
  const own = 'arn:aws:iam::123456789012:policy/team'
  assert.doesNotThrow(() => checkSessionPolicies(role, '{}', [own]))
  assert.doesNotThrow(() => checkSessionPolicies(role, undefined, ['arn:aws:iam::aws:policy/x']))
  for (const arn of ['arn:aws:iam::999999999999:policy/x', 'arn:aws-cn:iam::aws:policy/x']) {
    assert.throws(() => checkSessionPolicies(role, undefined, [arn]), {
      code: 'invalid-session-policy',
      message: `The session policy ${arn} is not in the role's account 123456789012 (aws).`,
    })
  }
  assert.doesNotThrow(() => checkSessionPolicies(role, 'x'.repeat(2048 - own.length), [own]))
  assert.throws(() => checkSessionPolicies(role, 'x'.repeat(2049 - own.length), [own]), {
    message:
      'The session policy and the policy ARNs have 2049 characters in total; AWS accepts at most 2048.',
  })
})

test('what is said to do next', async () => {
  await assert.rejects(readSessionPolicy('x'), {
    next: 'Give a policy document as JSON, or file://PATH of a file that contains it.',
  })
  const long = `arn:aws:iam::123456789012:group/${'n'.repeat(200)}`
  assert.throws(() => checkPolicyArns([long]), {
    message: `"${long.slice(0, 200)}" is not the ARN of a managed policy.`,
  })
})
