import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { invalidParts } from '../../../src/trust/policy/invalid.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'

type Part = readonly [path: string, problem: string, fix: string]

function partsOf(change: object, version = '2012-10-17'): Part[] {
  const statement = {
    ...{ Effect: 'Allow', Principal: { AWS: '111111111111' }, Action: 'sts:AssumeRole' },
    ...change,
  }
  const parsed = parseTrustPolicy({ Version: version, Statement: [statement] })
  assert.ok('policy' in parsed, JSON.stringify(parsed))
  return invalidParts(parsed.policy).map(({ path, problem, fix }) => [path, problem, fix])
}

const condition = (operator: string, values: unknown, key = 'aws:x') =>
  partsOf({ Condition: { [operator]: { [key]: values } } })

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
describe('operators of IAM', () => {
  for (const name of [
    ...['StringEquals', 'StringNotEqualsIgnoreCase', 'StringLike', 'BinaryEquals', 'ArnNotLike'],
    ...['StringLikeIfExists', 'ForAnyValue:StringLike', 'ForAllValues:StringNotLikeIfExists'],
    // Whether IAM takes other case is not documented.
    ...['stringlike', 'STRINGEQUALS', 'ForAnyValue:stringequals'],
  ]) {
    test(name, () => assert.deepEqual(condition(name, 'x'), []))
  }
})

describe('operators that are none', () => {
  for (const [name, meant] of [
    ['StringContains', 'StringLike'],
    ['StringNotContains', 'StringNotLike'],
    ['StringMatches', 'StringLike'],
    ['RegexMatch', 'StringLike'],
    ['StringStartsWith', 'StringLike'],
    ['BeginsWith', 'StringLike'],
    ['EndsWith', 'StringLike'],
    ['Prefix', 'StringLike'],
    ['SUFFIX', 'StringLike'],
    ['Glob', 'StringLike'],
    ['Like', 'StringLike'],
    ['ForAnyValue:Contains', 'ForAnyValue:StringLike'],
    ['Equals', 'StringEquals'],
    ['equal', 'StringEquals'],
    ['NotEquals', 'StringNotEquals'],
    ['ForAllValues:NotEqual', 'ForAllValues:StringNotEquals'],
    ['NullIfExists', 'Null'],
    ['IsNull', 'Null'],
    ['StringEqual', 'StringEquals'],
    ['StringEquals ', 'StringEquals'],
    ['xStringEquals', 'StringEquals'],
    ['StringEqualIfExists', 'StringEqualsIfExists'],
    ['NumericLesThan', 'NumericLessThan'],
    ['ForAnyValues:StringEquals', 'ForAnyValue:StringEquals'],
    ['ForAllValue:StringLike', 'ForAllValues:StringLike'],
    ['ForAnyValue::StringEquals', 'ForAnyValue:StringEquals'],
    ['ArnLikes', 'ArnLike'],
    ['Frobnicate', undefined],
  ] as const) {
    test(`${name}: ${meant ?? 'nothing'} is meant`, () => {
      const problem = `IAM knows no condition operator "${name}"`
      assert.deepEqual(condition(name, 'x'), [
        meant === undefined
          ? [`Statement[0].Condition.${name}`, problem, "Use one of IAM's operators."]
          : [
              `Statement[0].Condition.${name}`,
              `${problem}; you probably mean ${meant}`,
              `Use ${meant}.`,
            ],
      ])
    })
  }
})

const BOOLEAN = '"true" or "false"'
const NUMBER = 'a number'
const DATE = 'a date such as 2030-01-31T00:00:00Z'
const RANGE = 'an address or a range such as 203.0.113.0/24'

// The forms of values on the same page; addresses: RFC 4632 and RFC 4291.
describe('values', () => {
  const taken: readonly (readonly [operator: string, values: readonly unknown[]])[] = [
    ['Null', ['true', 'FALSE', true]],
    ['Bool', ['true', 'False', false, '${aws:x}']],
    ['NumericEquals', ['1', 7, '-10', '+3', '2.75', '1e6', '1.5E+10', '3e-2', '100']],
    ['NumericLessThanIfExists', ['42']],
    ['DateGreaterThan', ['2030-01-31T00:00:00Z', '2030', '1577836801']],
    ['IpAddress', ['203.0.113.0/24', '10.0.0.1', '0.0.0.0/0', '255.255.255.255/32']],
    ['NotIpAddress', ['2001:DB8:1234:5678::/64', '::1/128', '::ffff:10.0.0.1', '${aws:x}']],
    ['StringEquals', ['anything', '${aws:x}']],
  ]
  for (const [operator, values] of taken) {
    for (const value of values) {
      test(`${operator} takes ${value}`, () => assert.deepEqual(condition(operator, value), []))
    }
  }
  const refused: readonly (readonly [operator: string, what: string, values: readonly string[]])[] =
    [
      ['Null', BOOLEAN, ['yes', 'nottrue', 'trueish', '']],
      ['Bool', BOOLEAN, ['1', 'untrue', 'falsely']],
      ['ForAnyValue:Bool', BOOLEAN, ['maybe']],
      [
        'NumericEquals',
        NUMBER,
        ['ten', 'x1', '1x', '1.', '1.x', '1e', '1ex', '', '1 ', '.5', '--1'],
      ],
      ['DateEquals', DATE, ['tomorrow', '2030-13-45', '31.01.2030', '2030-01-31T00:00:00']],
      [
        ...(['IpAddress', RANGE] as const),
        [
          ...[
            '10.0.0',
            '10.0.0.0.0',
            '10.0.0.256',
            '10.0.0.1000',
            '10.0.0.x',
            '10.0.0.x1',
            '10.0.0.1x',
          ],
          ...['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x8', '10.0.0.0/8x', '10.0.0.0/0008', ''],
          ...['10.0.0.0/8/8', '10.0..1', '2001:db8::/129', '::1/64/64', '::g', 'x::1', '::1x'],
          ...['::ffff:10.0.0.1.1', '::ffff:10.0.1', '::ffff:10.x.0.1', '::/x', 'localhost'],
        ],
      ],
    ]
  for (const [operator, what, values] of refused) {
    for (const value of values) {
      test(`${operator} does not take "${value}"`, () => {
        const path = `Statement[0].Condition.${operator}["aws:x"]`
        const problem = `"${value}" is not ${what}`
        assert.deepEqual(condition(operator, value), [[path, problem, `Give ${what}.`]])
      })
    }
  }
  test('only what does not fit is named', () => {
    const found = condition('NumericEquals', ['1', 'two', '3', 'four'])
    assert.deepEqual(
      found.map(([, problem]) => problem),
      ['"two" is not a number', '"four" is not a number'],
    )
  })
})

// "You can not use a policy variable with the Numeric condition operator", and with Date; Null takes true or false.
describe('policy variables', () => {
  for (const [operator, what] of [
    ['NumericEquals', NUMBER],
    ['DateLessThan', DATE],
    ['Null', BOOLEAN],
  ] as const) {
    test(`not in ${operator}`, () => {
      assert.deepEqual(condition(operator, '${aws:x}'), [
        [
          `Statement[0].Condition.${operator}["aws:x"]`,
          `${operator} does not accept a policy variable: "\${aws:x}"`,
          `Give ${what}.`,
        ],
      ])
    })
  }
  // reference_policies_elements_version.html: before 2012-10-17 a variable is plain text.
  test('none in version 2008-10-17', () => {
    const parts = partsOf({ Condition: { Bool: { 'aws:x': '${aws:x}' } } }, '2008-10-17')
    assert.deepEqual(
      parts.map(([, problem]) => problem),
      [`"\${aws:x}" is not ${BOOLEAN}`],
    )
  })
})

// "Condition key names are not case-sensitive": reference_policies_elements_condition.html
describe('a key twice', () => {
  test('in other case, under one operator', () => {
    const values = { 'id.example:aud': 'a', 'id.example:AUD': 'b', 'id.example:Aud': 'c' }
    const path = 'Statement[0].Condition.StringLike'
    const only = 'which IAM accepts only once per operator'
    const fix = 'Put the values in one list.'
    assert.deepEqual(partsOf({ Condition: { StringLike: values } }), [
      [path, `"id.example:aud" and "id.example:AUD" are the same key, ${only}`, fix],
      [path, `"id.example:aud" and "id.example:Aud" are the same key, ${only}`, fix],
    ])
  })
  test('under two operators, or two keys under one', () => {
    const values = { 'id.example:aud': 'a', 'id.example:sub': 'b' }
    assert.deepEqual(partsOf({ Condition: { StringLike: values, StringEquals: values } }), [])
  })
})

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
describe('principals', () => {
  test('NotPrincipal', () => {
    const change = { Principal: undefined, NotPrincipal: { AWS: '111111111111' } }
    assert.deepEqual(partsOf(change), [
      [
        'Statement[0].NotPrincipal',
        'IAM does not accept NotPrincipal in a trust policy',
        'Name who is allowed under Principal.',
      ],
    ])
  })
  test('"*" alone', () => {
    assert.deepEqual(partsOf({ Principal: '*' }), [
      [
        'Statement[0].Principal',
        'IAM does not accept "*" as the Principal of a trust policy',
        "Name the provider's ARN under Federated.",
      ],
    ])
  })
  test('a wildcard in an ARN', () => {
    const arns = ['arn:aws:iam::111111111111:role/*', 'arn:aws:iam::111111111111:user/ann?']
    assert.deepEqual(
      partsOf({ Principal: { AWS: ['*', ...arns, '222222222222'] } }),
      arns.map((arn) => [
        'Statement[0].Principal.AWS',
        `IAM does not accept a wildcard within a principal: "${arn}"`,
        'Write the ARN out, and put the wildcard into a condition.',
      ]),
    )
  })
})
