import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { Home } from '../in-process.ts'

const PROVIDER = 'arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com'

/** As `aws iam list-roles` prints it: a role that all repositories of GitHub can assume, and one for a single branch. */
function roles(...subjects: (string | undefined)[]): string {
  const Roles = subjects.map((subject, index) => {
    const conditions = {
      'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
      ...(subject && { 'token.actions.githubusercontent.com:sub': subject }),
    }
    const statement = {
      Effect: 'Allow',
      Principal: { Federated: PROVIDER },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: conditions },
    }
    return {
      RoleName: `role-${index}`,
      Arn: `arn:aws:iam::111111111111:role/role-${index}`,
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [statement] },
    }
  })
  return JSON.stringify({ Roles })
}

const OPEN = roles(undefined)
const NARROW = roles('repo:o/r:ref:refs/heads/main')

/** A home with these roles in a file. */
function homeOf(t: TestContext, text: string) {
  const home = new Home(t)
  const input = home.write('roles.json', text)
  return { home, input, audit: (...args: string[]) => home.run(['trust', 'audit', ...args]) }
}

test('a role that everybody can assume is critical: exit code 4, unless never is asked', async (t) => {
  const { input, audit } = homeOf(t, OPEN)
  const { code, out } = await audit('--input', input)
  assert.equal(code, 4)
  assert.match(out, /^1 of 1 roles trusts a CI\./)
  assert.equal((await audit('--input', input, '--fail-on', 'critical')).code, 4)
  assert.equal((await audit('--input', input, '--fail-on', 'never')).code, 0)
  const json = await audit('--input', input, '--format', 'json')
  assert.equal(json.code, 4)
  assert.equal(json.out, JSON.stringify(JSON.parse(json.out), null, 2))
})

test('a finding below the level asked for does not fail', async (t) => {
  const { input, audit } = homeOf(t, NARROW)
  const found = await audit('--input', input, '--fail-on', 'low', '--format', 'json')
  const severities = [...found.out.matchAll(/"severity": "(\w+)"/g)].map(([, one]) => one)
  const levels = ['critical', 'high', 'medium', 'low']
  for (const level of levels) {
    const counts = levels.slice(0, levels.indexOf(level) + 1)
    const { code } = await audit('--input', input, '--fail-on', level)
    assert.equal(code, severities.some((one) => counts.includes(`${one}`)) ? 4 : 0, level)
  }
})

test('a finding that the allow file names is accepted', async (t) => {
  const { home, input, audit } = homeOf(t, OPEN)
  const text = '[allow demo]\nroles = arn:aws:iam::*:role/role-?\nreason = a demonstration\n'
  const allow = home.write('allow.ini', text)
  const { code, out, notes } = await audit('--input', input, '--allow', allow)
  assert.deepEqual([code, notes], [0, ''], out)
  const narrow = home.write('narrow.json', NARROW)
  const unused = await audit(
    '--input',
    narrow,
    '--allow',
    home.write('x.ini', text.replace('role-?', 'x')),
  )
  assert.match(unused.notes, /^Note: .*\[allow demo\] covers no finding/)
})

test('several files are one inventory; one named twice is read once', async (t) => {
  const { home, input, audit } = homeOf(t, NARROW)
  const other = home.write(
    'other.json',
    roles('repo:o/r:ref:refs/heads/x').replaceAll('role-0', 'z'),
  )
  const { out } = await audit('--input', `${input},${other},${input}`, '--fail-on', 'never')
  assert.match(out, /^2 of 2 roles trust a CI\./)
})

describe('what cannot be', () => {
  test('no file, or one that is not there', async (t) => {
    const { audit } = homeOf(t, NARROW)
    const { code, error } = await audit()
    assert.deepEqual([code, error?.code], [2, 'invalid-usage'])
    assert.match(error?.message ?? '', /--input is missing/)
    assert.equal((await audit('--input', 'none.json')).error?.code, 'file-unreadable')
    const { error: twice } = await audit('--input', '-', '--allow', '-')
    assert.match(twice?.message ?? '', /--allow - and --input - cannot be combined/)
  })

  test('SARIF in a directory that is not there: nothing is printed', async (t) => {
    const { home, input, audit } = homeOf(t, NARROW)
    const path = join(home.path, 'none', 'trust.sarif')
    const { code, out, error } = await audit('--input', input, '--sarif', path)
    assert.deepEqual([code, out, error?.code], [6, '', 'file-unwritable'])
    assert.equal(error?.message, `${path} can't be written to: ENOENT.`)
  })
})

test('SARIF goes to its file, with a line end, beside the report', async (t) => {
  const { home, input, audit } = homeOf(t, OPEN)
  const path = join(home.path, 'trust.sarif')
  const { out } = await audit('--input', input, '--sarif', path)
  assert.match(out, /^1 of 1 roles/)
  const text = readFileSync(path, 'utf8')
  const sarif = JSON.parse(text)
  assert.equal(sarif.version, '2.1.0')
  assert.equal(text, `${JSON.stringify(sarif, null, 2)}\n`)
})
