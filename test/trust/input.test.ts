import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, describe, type TestContext, test } from 'node:test'
import {
  readClaimsFile,
  readPermissionPolicy,
  readPolicyFile,
  readText,
} from '../../src/trust/input.ts'

const directory = mkdtempSync(join(tmpdir(), 'trust-input-'))
after(() => rmSync(directory, { recursive: true }))
function file(content: unknown): string {
  const path = join(directory, 'input.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  return path
}

const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '111111111111' }, Action: 'sts:AssumeRole' }],
}
const ARN = 'arn:aws:iam::222222222222:role/deploy'

describe('a trust policy', () => {
  // API_GetRole.html, and the members of API_ListRoles.html: the policy is in AssumeRolePolicyDocument.
  const cases: readonly (readonly [name: string, content: unknown, arn: string | undefined])[] = [
    ['alone', POLICY, undefined],
    ['as get-role prints it', { Role: { Arn: ARN, AssumeRolePolicyDocument: POLICY } }, ARN],
    ['of a role in a list', { Arn: ARN, AssumeRolePolicyDocument: POLICY }, ARN],
    ['of a role without an ARN', { Role: { AssumeRolePolicyDocument: POLICY } }, undefined],
    ['of what is no role', { Role: { Arn: 'x', AssumeRolePolicyDocument: POLICY } }, undefined],
    ['with an ARN that is no text', { Arn: 5, AssumeRolePolicyDocument: POLICY }, undefined],
    ['beside a Role that is none', { Role: [], Arn: ARN, AssumeRolePolicyDocument: POLICY }, ARN],
  ]
  for (const [name, content, arn] of cases) {
    test(name, async () => {
      const { policy, length, role } = await readPolicyFile(file(content))
      assert.equal(policy.statements.length, 1)
      assert.equal(role?.arn, arn)
      // IAM counts characters without white space.
      assert.equal(length, JSON.stringify(POLICY).length)
    })
  }

  test('by a file URL, as the AWS CLI takes it', async () => {
    assert.equal((await readPolicyFile(`file://${file(POLICY)}`)).policy.statements.length, 1)
    await assert.rejects(readPolicyFile('none/file://x'), {
      message: /none\/file:\/\/x can't be read/,
    })
  })

  for (const [content, problem] of [
    [[], 'the document '],
    [null, 'the document '],
    ['"text"', 'the document '],
    [{ Role: { AssumeRolePolicyDocument: 'x' } }, 'the document '],
    [{ Statement: [{ Effect: 'allow' }] }, 'Statement[0].Effect is "allow"'],
  ] as const) {
    test(`${JSON.stringify(content)} is none`, async () => {
      const path = file(content)
      await assert.rejects(readPolicyFile(path), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'file-malformed')
        const begin = `The trust policy in ${path} is malformed: ${problem}`
        assert.equal(error.message.slice(0, begin.length), begin)
        return true
      })
    })
  }

  test('of more than 250 kB is none', async () => {
    const text = JSON.stringify(POLICY)
    await readPolicyFile(file(text.padEnd(250_000)))
    await assert.rejects(readPolicyFile(file(text.padEnd(250_001))), {
      code: 'file-unreadable',
      message: /^The trust policy .* it has more than 0\.25 MB\.$/,
    })
  })
})

describe('claims', () => {
  const CLAIMS = { iss: 'https://id.example', aud: 'a', sub: 's' }
  test('alone, or as the command token prints them', async () => {
    assert.deepEqual(await readClaimsFile(file(CLAIMS)), CLAIMS)
    assert.deepEqual(await readClaimsFile(file({ source: 'x', claims: CLAIMS })), CLAIMS)
    const named = { ...CLAIMS, claims: { sub: 'other' } }
    assert.deepEqual(await readClaimsFile(file(named)), named)
    assert.deepEqual(await readClaimsFile(file({ sub: 's' })), { sub: 's' })
  })

  for (const content of [[CLAIMS], null, '5', { claims: 'x' }, { claims: [] }]) {
    test(`${JSON.stringify(content)} are none`, async () => {
      const path = file(content)
      await assert.rejects(readClaimsFile(path), {
        code: 'file-malformed',
        message: `The claims in ${path} are not a JSON object.`,
        why: undefined,
      })
    })
  }

  test('of another type: the claim is named', async () => {
    const path = file({ ...CLAIMS, aud: 5 })
    await assert.rejects(readClaimsFile(path), {
      code: 'file-malformed',
      message: `The claims in ${path} are not the claims of a token.`,
      why: /"aud"/,
    })
    await assert.rejects(readClaimsFile(file('{')), {
      message: /^The claims can't be read: .*input\.json is not JSON/,
    })
  })
})

describe('stdin', () => {
  function piped(t: TestContext, text: string): void {
    const { stdin } = process
    Object.defineProperty(process, 'stdin', {
      value: Readable.from([Buffer.from(text)]),
      configurable: true,
    })
    t.after(() => Object.defineProperty(process, 'stdin', { value: stdin, configurable: true }))
  }

  test('is read for a dash', async (t) => {
    piped(t, JSON.stringify(POLICY))
    assert.equal((await readPolicyFile('-')).policy.statements.length, 1)
    piped(t, '{"iss": "https://id.example"}')
    assert.deepEqual(await readClaimsFile('-'), { iss: 'https://id.example' })
  })

  for (const [text, read, message] of [
    ['[]', readPolicyFile, /^The trust policy in stdin is malformed: /],
    ['[]', readClaimsFile, /^The claims in stdin are not a JSON object\.$/],
    ['{"iss": 5}', readClaimsFile, /^The claims in stdin are not the claims of a token\.$/],
    ['{', readClaimsFile, /^The claims can't be read: stdin is not JSON /],
  ] as const) {
    test(`with ${text}: ${message.source}`, async (t) => {
      piped(t, text)
      await assert.rejects(read('-'), { code: 'file-malformed', message })
    })
  }
})

describe('a permission policy', () => {
  test('none given, none read', async () => {
    assert.equal(await readPermissionPolicy(undefined), undefined)
  })

  test('of up to 10,240 characters without white space', async () => {
    const policy = (length: number) => {
      const empty = { Statement: [{ Sid: '' }] }
      const Sid = 'x'.repeat(length - JSON.stringify(empty).length)
      return { Statement: [{ Sid }] }
    }
    assert.deepEqual(await readPermissionPolicy(file(policy(10_240))), policy(10_240))
    await assert.rejects(readPermissionPolicy(file(policy(10_241))), {
      code: 'file-malformed',
      message: /has 10241 characters; IAM accepts at most 10240\.$/,
    })
  })

  for (const content of [{ Version: '2012-10-17' }, ['Statement'], null, '"Statement"']) {
    test(`${JSON.stringify(content)} is none`, async () => {
      const message = /^The permission policy .*input\.json has no "Statement"\.$/
      await assert.rejects(readPermissionPolicy(file(content)), { code: 'file-malformed', message })
    })
  }
})

test('a text is read as it is', async () => {
  assert.equal(await readText(file('text\n'), 'The allow file'), 'text\n')
  await assert.rejects(readText(file('text'), 'The allow file', undefined, 3), {
    message: /^The allow file .* it has more than/,
  })
})
