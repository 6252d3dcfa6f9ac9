import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileConfig, readConfig } from './config.ts'
import { checkFlowchart } from './flowchart.ts'
import { checkJson } from './json-block.ts'
import { isOutput } from './output.ts'

describe('what the checks of blocks take and refuse', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['Account 1\n', 'Account  1\n', true],
    ['Account 1\n', 'Account 2\n', false],
    ['Account 1\n', 'Account 1\nARN 2\n', false],
    ['until 2026-11-21 07:55:33 UTC', 'until 2027-01-02 03:04:05 UTC', true],
    ['User id AROABPYPEBIDACAKJ364H:x', 'User id AROAABCDEFGHIJKLMNOPQ:x', true],
    ['User id AROABPYPEBIDACAKJ364H:x', 'User id AROAABCDEFGHIJKLMNOPQ:y', false],
    ['one …, three', 'one, two, three', false],
    ['one, …, three', 'one, two, three', true],
    ['a (b) …', 'a (b) c\nd', true],
    ['{ "a": 1 }', '{ "a": 2 }', false],
  ]
  for (const [shown, printed, expected] of cases) {
    test(`${JSON.stringify(shown)} for ${JSON.stringify(printed)}`, () => {
      assert.equal(isOutput(shown, printed), expected)
    })
  }
})

const provider =
  'arn:aws:iam::111111111111:oidc-provider/oidc.circleci.com/org/a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'

function policy(subject: string): string {
  const key = `${provider.split('oidc-provider/')[1]}:sub`
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringLike: { [key]: subject } },
      },
    ],
  })
}

test('a trust policy must admit the tokens it claims to, and no others', async () => {
  await checkJson(policy('org/*'))
  await checkJson(policy('*/vcs-ref/refs/heads/main'), 'v2')
  await assert.rejects(checkJson(policy('*/vcs-ref/refs/heads/main')), /the v1 token/)
  await assert.rejects(checkJson(policy('org/*'), 'v2'), /the v1 token/)
  await assert.rejects(checkJson('{"Statement": []}'), /not a trust policy/)
})

test('other JSON must be a world or a session policy', async () => {
  await checkJson('{"job": {"branch": "main"}}')
  await assert.rejects(checkJson('{"jobs": {}}'), /unknown key "jobs"/)
  await assert.rejects(checkJson('[]'), /object|world/)
})

test('a YAML block is a config, a job or steps', () => {
  const step = 'run: "true"'
  for (const text of [
    `jobs: {a: {docker: [{image: x}], steps: [{${step}}]}}`,
    `steps: [{${step}}]`,
    `- ${step}`,
  ]) {
    assert.equal(compileConfig(text)[0]?.steps[0]?.command, 'true')
  }
  assert.throws(() => readConfig('foo: 1'), /a YAML block must be/)
  assert.throws(() => readConfig('a: [1'), /Flow sequence/)
  assert.throws(() => compileConfig('- nosuch/command'), /Cannot find a definition/)
})

test('a flowchart quotes its labels, which Mermaid would read as syntax', () => {
  checkFlowchart('flowchart LR\n  a["x (y)"] -- "no/yes" --> b{"Is it?"} --> c\n')
  const wrong = ['a[x (y)] --> b', 'a -- no --> b', 'a --- b', '"a" --> b', 'a["x" --> b']
  for (const line of wrong) assert.throws(() => checkFlowchart(`flowchart TD\n  ${line}\n`), line)
  assert.throws(() => checkFlowchart('graph LR\n  a --> b\n'))
  assert.throws(() => checkFlowchart('flowchart LR\n'))
})
