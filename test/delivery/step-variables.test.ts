import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  appendGithubEnv,
  checkGithubEnv,
  keyVariables,
  neutralizedVariables,
  profileVariables,
  variableFileEdit,
  variableLines,
  withVariables,
} from '../../src/delivery/step-variables.ts'
import { replaceFiles } from '../../src/files/replace.ts'
import type { Profile } from '../../src/profiles/profile.ts'

const KEYS = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret/key+=',
  sessionToken: 'session<<EOF==',
  expiration: new Date('2026-11-21T12:00:00.123Z'),
}

const STATIC: Profile = { kind: 'static', name: 'dev', credentials: KEYS }
const TOKEN_FILE: Profile = {
  kind: 'token-file',
  name: 'dev',
  roleArn: 'arn:aws:iam::111111111111:role/ci',
  tokenFile: '/secrets/token',
  roleSessionName: 'github-1',
}

const BEFORE = {
  AWS_ACCESS_KEY_ID: 'AKIAOLD',
  AWS_SESSION_TOKEN: '',
  AWS_ROLE_ARN: 'arn:aws:iam::111111111111:role/old',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/old',
  AWS_DEFAULT_PROFILE: 'old',
}

test('what would win over the profile is emptied, where it is set', () => {
  assert.deepEqual(neutralizedVariables(STATIC, {}), {})
  assert.deepEqual(neutralizedVariables(STATIC, BEFORE), {
    AWS_ACCESS_KEY_ID: '',
    AWS_DEFAULT_PROFILE: 'dev',
    AWS_WEB_IDENTITY_TOKEN_FILE: '',
  })
})

test('what botocore prefers to the settings of a token-file profile becomes equal to them', () => {
  assert.deepEqual(neutralizedVariables(TOKEN_FILE, { AWS_ROLE_ARN: BEFORE.AWS_ROLE_ARN }), {
    AWS_ROLE_ARN: TOKEN_FILE.kind === 'token-file' && TOKEN_FILE.roleArn,
  })
})

test('keys: a profile chosen before becomes the one with the same keys', () => {
  const plain = {
    AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret/key+=',
    AWS_SESSION_TOKEN: 'session<<EOF==',
  }
  assert.deepEqual(keyVariables(KEYS, 'dev', undefined, {}), plain)
  const env = { AWS_PROFILE: 'old', AWS_CREDENTIAL_EXPIRATION: 'x', AWS_SECURITY_TOKEN: 'y' }
  assert.deepEqual(keyVariables(KEYS, 'dev', 'eu-west-1', env), {
    ...plain,
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_SECURITY_TOKEN: 'session<<EOF==',
    AWS_CREDENTIAL_EXPIRATION: '2026-11-21T12:00:00Z',
    AWS_PROFILE: 'dev',
  })
})

describe('a value that would not end with its line is refused, and not shown', () => {
  for (const value of ['a\nB=c', 'a\r\nB=c', 'a\u2028', 'ü']) {
    test(JSON.stringify(value), () => {
      assert.throws(() => variableLines({ AWS_PROFILE: value }), {
        code: 'invalid-usage',
        message: /^The value for AWS_PROFILE contains a line break or/,
      })
    })
  }
  test('a region', () => {
    assert.throws(() => profileVariables('dev', 'eu\nB=c'), { code: 'invalid-region' })
  })
})

const EDITS: [before: string, after: string][] = [
  ['', 'A=1\nB=2\n'],
  ['X=1', 'X=1\nA=1\nB=2\n'],
  ['A=old\nX=1\nB = old\n# A=kept\nAA=1\n', 'X=1\n# A=kept\nAA=1\nA=1\nB=2\n'],
]
for (const [before, after] of EDITS) {
  test(`set in ${JSON.stringify(before)}`, () => {
    assert.equal(withVariables(before, { A: '1', B: '2' }), after)
    assert.equal(withVariables(after, { A: '1', B: '2' }), after)
  })
}

function file(t: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'variables-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'file')
  writeFileSync(path, text)
  return path
}

test('GITHUB_ENV is added to, also where the last line has no end', async (t) => {
  const path = file(t, 'X<<E\nA=1\nE')
  await appendGithubEnv(path, { A: '2' })
  await appendGithubEnv(path, { A: '3' })
  assert.equal(readFileSync(path, 'utf8'), 'X<<E\nA=1\nE\nA=2\nA=3\n')
  await assert.rejects(appendGithubEnv(`${path}/none`, { A: '1' }), {
    code: 'file-unwritable',
    message:
      'Cannot append to the file in GITHUB_ENV: a part of its path is not a directory (ENOTDIR).',
  })
})

test('GITHUB_ENV is a file, or /dev/null', (t) => {
  const path = file(t, '')
  checkGithubEnv(path)
  checkGithubEnv('/dev/null')
  for (const [wrong, why] of [
    [join(path, '..'), 'it is not a regular file'],
    [`${path}x`, 'no such file or directory (ENOENT)'],
  ] as const) {
    assert.throws(() => checkGithubEnv(wrong), {
      code: 'file-unwritable',
      message: `Cannot append to the file in GITHUB_ENV: ${why}.`,
    })
  }
})

test('a variable file is made, and every other byte stays', async (t) => {
  const path = file(t, '')
  rmSync(path)
  await replaceFiles([variableFileEdit(path, { A: '1' })])
  assert.equal(readFileSync(path, 'utf8'), 'A=1\n')
  writeFileSync(path, Buffer.from([0xff, 0x0a, 0x41, 0x3d, 0x0a]))
  await replaceFiles([variableFileEdit(path, { A: '1' })])
  assert.deepEqual(readFileSync(path), Buffer.from([0xff, 0x0a, 0x41, 0x3d, 0x31, 0x0a]))
})

test('a variable file may be for others, who may write beside it', async (t) => {
  const path = file(t, '')
  chmodSync(join(path, '..'), 0o777)
  chmodSync(path, 0o666)
  await replaceFiles([variableFileEdit(path, { A: '1' })])
  assert.equal(statSync(path).mode & 0o777, 0o664)
})
