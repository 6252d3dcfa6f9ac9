import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTrustPolicy } from '../../src/trust/policy.ts'

const STATEMENT = {
  Effect: 'Allow',
  Principal: { AWS: '111111111111' },
  Action: 'sts:AssumeRole',
}

test('a single statement and single values read like lists', () => {
  const single = parseTrustPolicy({ Version: '2012-10-17', Statement: STATEMENT })
  const lists = parseTrustPolicy({
    Version: '2012-10-17',
    Statement: [{ ...STATEMENT, Principal: { AWS: ['111111111111'] }, Action: ['sts:AssumeRole'] }],
  })
  assert.deepEqual(single, lists)
})

test('the whole shape', () => {
  const text = JSON.stringify({
    Id: 'trust',
    Statement: [
      {
        ...STATEMENT,
        Sid: 'One',
        Condition: { Bool: { 'aws:x': true }, StringLike: { a: ['b', 'c'], d: 'e' } },
      },
    ],
  })
  assert.deepEqual(parseTrustPolicy(text), {
    policy: {
      // Without Version: reference_policies_elements_version.html
      version: '2008-10-17',
      statements: [
        {
          sid: 'One',
          effect: 'Allow',
          principal: { anyone: false, entries: [{ kind: 'AWS', value: '111111111111' }] },
          actions: ['sts:AssumeRole'],
          notActions: undefined,
          conditions: [
            { operator: 'Bool', key: 'aws:x', values: ['true'] },
            { operator: 'StringLike', key: 'a', values: ['b', 'c'] },
            { operator: 'StringLike', key: 'd', values: ['e'] },
          ],
        },
      ],
    },
  })
})

const statement = (change: object) => ({ Statement: [{ ...STATEMENT, ...change }] })
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
const MALFORMED: [document: unknown, path: string, problem: RegExp][] = [
  ['{', '', /is not JSON/],
  ['"x"', '', /must be a JSON object/],
  [[], '', /must be a JSON object/],
  [{ Version: '2012-10-17' }, 'Statement', /missing/],
  [{ Statement: [] }, 'Statement', /empty/],
  [{ Statement: 'x' }, 'Statement', /must be a JSON object/],
  [{ Version: '2012-10-16', Statement: STATEMENT }, 'Version', /"2012-10-16"/],
  [{ Statements: STATEMENT }, 'Statements', /does not belong/],
  [statement({ Effect: 'allow' }), 'Statement[0].Effect', /"Allow" or "Deny"/],
  [statement({ Effect: undefined }), 'Statement[0].Effect', /missing/],
  [statement({ Sid: 1 }), 'Statement[0].Sid', /must be a string/],
  // A trust policy has no resource: "Has prohibited field Resource".
  [statement({ Resource: '*' }), 'Statement[0].Resource', /does not belong/],
  [statement({ Principal: undefined }), 'Statement[0].Principal', /missing/],
  [statement({ NotPrincipal: '*' }), 'Statement[0]', /both Principal and NotPrincipal/],
  [statement({ Principal: 'me' }), 'Statement[0].Principal', /must be "\*"/],
  [statement({ Principal: {} }), 'Statement[0].Principal', /nobody/],
  [statement({ Principal: { aws: '*' } }), 'Statement[0].Principal.aws', /does not belong/],
  [statement({ Principal: { AWS: [1] } }), 'Statement[0].Principal.AWS', /holds 1/],
  [statement({ Action: undefined }), 'Statement[0].Action', /missing/],
  [statement({ Action: [null] }), 'Statement[0].Action', /holds null/],
  [statement({ NotAction: 'x' }), 'Statement[0]', /both Action and NotAction/],
  [statement({ Condition: [] }), 'Statement[0].Condition', /must be a JSON object/],
  [
    statement({ Condition: { StringLike: 'x' } }),
    'Statement[0].Condition.StringLike',
    /must be a JSON object/,
  ],
  [
    statement({ Condition: { StringLike: { a: {} } } }),
    'Statement[0].Condition.StringLike["a"]',
    /holds \{\}/,
  ],
]

for (const [document, path, problem] of MALFORMED) {
  test(`malformed: ${JSON.stringify(document)}`, () => {
    const parsed = parseTrustPolicy(document)
    assert.ok(!('policy' in parsed))
    assert.equal(parsed.path, path)
    assert.match(parsed.problem, problem)
  })
}
