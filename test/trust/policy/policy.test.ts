import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'

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

test('what IAM takes, too', () => {
  const taken = [
    { Sid: '' },
    { Principal: { AWS: ['*', 'AROAEXAMPLEEXAMPLE123', 'arn:aws-cn:iam::111111111111:root'] } },
    { Principal: { AWS: 'arn:aws:sts::111111111111:assumed-role/deploy/job-42' } },
    { Principal: { Federated: ['*', 'accounts.google.com'] } },
    { Principal: { Federated: 'arn:aws:iam::111111111111:saml-provider/ADFS' } },
    { Principal: { Service: 'ec2.amazonaws.com' } },
    { Action: ['sts:TagSession', 'STS:assumerole', 'sts:*', '*'] },
    { Condition: { StringLike: { a: 'ÿ' } } },
  ]
  for (const change of taken) {
    const parsed = parseTrustPolicy({
      Statement: [change, {}].map(() => ({ ...STATEMENT, ...change })),
    })
    assert.ok('policy' in parsed, JSON.stringify([change, parsed]))
  }
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
  [statement({ Principal: 'me' }), 'Statement[0].Principal', /^is "me"; it must be "\*"/],
  [
    { Statement: [1, 2].map(() => ({ ...STATEMENT, Sid: '' })), Id: [], Version: 1 },
    'Version',
    /is 1;/,
  ],
  [statement({ Principal: {} }), 'Statement[0].Principal', /is empty/],
  [statement({ Principal: { aws: '*' } }), 'Statement[0].Principal.aws', /does not belong/],
  [statement({ Principal: { AWS: [1] } }), 'Statement[0].Principal.AWS', /holds 1/],
  // "Federated principals must be valid domain names or SAML metadata ARNs", and for AWS
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
  [statement({ Principal: { AWS: 'nonsense' } }), 'Statement[0].Principal.AWS', /is "nonsense"/],
  [statement({ Principal: { AWS: '11111111111' } }), 'Statement[0].Principal.AWS', /12 digits/],
  [
    statement({ Principal: { AWS: ['*', 'arn:aws:iam::1:role/x'] } }),
    'Statement[0].Principal.AWS',
    /is "arn:aws:iam::1:role\/x"/,
  ],
  [
    statement({ Principal: { Federated: 'arn:aws:iam::1:oidc-provider/id.example' } }),
    'Statement[0].Principal.Federated',
    /the ARN of a provider/,
  ],
  [
    statement({ Principal: { Federated: 'https://id.example' } }),
    'Statement[0].Principal.Federated',
    /is "https:\/\/id\.example"/,
  ],
  // "AssumeRole policy may only specify STS AssumeRole actions."
  [statement({ Action: ['sts:AssumeRole', 's3:Get*'] }), 'Statement[0].Action', /holds "s3:Get\*"/],
  [statement({ Action: '*x' }), 'Statement[0].Action', /holds "\*x"; a trust policy allows/],
  [statement({ Action: 'AssumeRole' }), 'Statement[0].Action', /only sts actions/],
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
  [statement({ Sid: 'from-ci' }), 'Statement[0].Sid', /A-Z, a-z and 0-9/],
  [
    {
      Statement: [
        { ...STATEMENT, Sid: 'A' },
        { ...STATEMENT, Sid: 'A' },
      ],
    },
    'Statement[1].Sid',
    /"A" a second time/,
  ],
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html, AssumeRolePolicyDocument
  [statement({ Condition: { StringLike: { a: 'Ā' } } }), '', /"Ā".*U\+00FF/],
  ['{"Statement":[],"Statement":[]}', '', /has the key "Statement" twice/],
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
