import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConditionOutcome } from '../../../src/trust/policy/condition.ts'
import { evaluateCondition } from '../../../src/trust/policy/condition.ts'
import { contextKeys } from '../../../src/trust/policy/context-keys.ts'

interface Case {
  readonly operator: string
  readonly key?: string
  readonly values: string[]
  readonly actual: string | string[] | undefined
  readonly outcome: ConditionOutcome
}

const GUIDE = 'https://docs.aws.amazon.com/IAM/latest/UserGuide'
const PAGES: Record<string, Case[]> = {
  [`${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_String`]: [
    { operator: 'StringEquals', values: ['a'], actual: 'a', outcome: 'matched' },
    { operator: 'StringEquals', values: ['a'], actual: 'A', outcome: 'unmatched' },
    { operator: 'StringEquals', values: ['a*'], actual: 'ab', outcome: 'unmatched' },
    { operator: 'StringEquals', values: ['x', 'a'], actual: 'a', outcome: 'matched' },
    { operator: 'StringEquals', values: [], actual: 'a', outcome: 'unmatched' },
    { operator: 'StringNotEquals', values: ['a'], actual: 'b', outcome: 'matched' },
    { operator: 'StringNotEquals', values: ['a', 'b'], actual: 'b', outcome: 'unmatched' },
    { operator: 'StringEqualsIgnoreCase', values: ['aB'], actual: 'Ab', outcome: 'matched' },
    { operator: 'StringEqualsIgnoreCase', values: ['aB'], actual: 'Ac', outcome: 'unmatched' },
    { operator: 'StringNotEqualsIgnoreCase', values: ['aB'], actual: 'Ab', outcome: 'unmatched' },
    { operator: 'StringNotEqualsIgnoreCase', values: ['aB'], actual: 'Ac', outcome: 'matched' },
    { operator: 'StringLike', values: ['a*'], actual: 'ab', outcome: 'matched' },
    { operator: 'StringLike', values: ['A*'], actual: 'ab', outcome: 'unmatched' },
    { operator: 'StringLike', values: ['a?'], actual: 'abc', outcome: 'unmatched' },
    { operator: 'StringNotLike', values: ['a*'], actual: 'ab', outcome: 'unmatched' },
    { operator: 'StringNotLike', values: ['a*'], actual: 'b', outcome: 'matched' },
  ],
  [`${GUIDE}/reference_policies_elements_condition_operators.html "Important": absent keys`]: [
    { operator: 'StringEquals', values: ['a'], actual: undefined, outcome: 'unmatched' },
    { operator: 'StringLike', values: ['*'], actual: undefined, outcome: 'unmatched' },
    { operator: 'StringNotEquals', values: ['a'], actual: undefined, outcome: 'matched' },
    { operator: 'StringNotLike', values: ['*'], actual: undefined, outcome: 'matched' },
  ],
  [`${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_IfExists`]: [
    { operator: 'StringEqualsIfExists', values: ['a'], actual: undefined, outcome: 'matched' },
    { operator: 'StringEqualsIfExists', values: ['a'], actual: 'a', outcome: 'matched' },
    { operator: 'StringEqualsIfExists', values: ['a'], actual: 'b', outcome: 'unmatched' },
    { operator: 'StringLikeIfExists', values: ['a*'], actual: 'b', outcome: 'unmatched' },
    { operator: 'BoolIfExists', values: ['true'], actual: undefined, outcome: 'matched' },
  ],
  [`${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_Boolean`]: [
    { operator: 'Bool', values: ['true'], actual: 'true', outcome: 'matched' },
    { operator: 'Bool', values: ['true'], actual: 'false', outcome: 'unmatched' },
    { operator: 'Bool', values: ['true'], actual: undefined, outcome: 'unmatched' },
  ],
  [`${GUIDE}/reference_policies_elements_condition_operators.html#Conditions_Null`]: [
    { operator: 'Null', values: ['true'], actual: undefined, outcome: 'matched' },
    { operator: 'Null', values: ['true'], actual: 'a', outcome: 'unmatched' },
    { operator: 'Null', values: ['false'], actual: 'a', outcome: 'matched' },
    { operator: 'Null', values: ['true', 'false'], actual: 'a', outcome: 'matched' },
    { operator: 'Null', values: ['TRUE'], actual: [], outcome: 'matched' },
    { operator: 'Null', values: ['false'], actual: undefined, outcome: 'unmatched' },
    { operator: 'NullIfExists', values: ['false'], actual: 'a', outcome: 'undecided' },
  ],
  [`${GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html`]: [
    {
      operator: 'ForAnyValue:StringEquals',
      values: ['a', 'b'],
      actual: ['b', 'c'],
      outcome: 'matched',
    },
    {
      operator: 'ForAnyValue:StringEquals',
      values: ['a'],
      actual: ['b', 'c'],
      outcome: 'unmatched',
    },
    {
      operator: 'ForAnyValue:StringEquals',
      values: ['a'],
      actual: undefined,
      outcome: 'unmatched',
    },
    {
      operator: 'ForAnyValue:StringNotEquals',
      values: ['a'],
      actual: ['a', 'b'],
      outcome: 'matched',
    },
    { operator: 'ForAnyValue:StringLike', values: ['b*'], actual: ['a', 'bc'], outcome: 'matched' },
    {
      operator: 'ForAllValues:StringEquals',
      values: ['a', 'b'],
      actual: ['b', 'a'],
      outcome: 'matched',
    },
    {
      operator: 'ForAllValues:StringEquals',
      values: ['a', 'b'],
      actual: ['b', 'c'],
      outcome: 'unmatched',
    },
    { operator: 'ForAllValues:StringEquals', values: ['a'], actual: undefined, outcome: 'matched' },
    { operator: 'ForAllValues:StringEquals', values: ['a'], actual: [], outcome: 'matched' },
    {
      operator: 'ForAllValues:StringNotLike',
      values: ['a*'],
      actual: ['b', 'ab'],
      outcome: 'unmatched',
    },
    // Multivalued keys require a set operator; what IAM does without one is not documented.
    { operator: 'StringEquals', values: ['a'], actual: ['a', 'b'], outcome: 'undecided' },
    // IfExists and ForAnyValue contradict each other for an absent key.
    {
      operator: 'ForAnyValue:StringEqualsIfExists',
      values: ['a'],
      actual: undefined,
      outcome: 'undecided',
    },
  ],
  [`${GUIDE}/reference_policies_elements_condition.html: key names are not case-sensitive`]: [
    {
      operator: 'StringEquals',
      key: 'EXAMPLE.com/Issuer:SUB',
      values: ['a'],
      actual: 'a',
      outcome: 'matched',
    },
  ],
  'not evaluated': [
    { operator: 'BinaryEquals', values: ['YQ=='], actual: 'a', outcome: 'undecided' },
    { operator: 'IpAddress', values: ['10.0.0.0/8'], actual: '10.0.0.1', outcome: 'undecided' },
    { operator: 'toString', values: ['*'], actual: 'x', outcome: 'undecided' },
    { operator: 'ForSomeValues:StringEquals', values: ['a'], actual: 'a', outcome: 'undecided' },
    { operator: 'StringEquals', values: ['${aws:username}'], actual: 'a', outcome: 'undecided' },
    {
      operator: 'StringEquals',
      key: 'aws:SourceIp',
      values: ['1.2.3.4'],
      actual: undefined,
      outcome: 'undecided',
    },
    {
      operator: 'StringEquals',
      key: 'sts:RoleSessionName',
      values: ['job'],
      actual: undefined,
      outcome: 'undecided',
    },
    {
      operator: 'StringEquals',
      key: 'aws:RequestTag/team',
      values: ['x'],
      actual: undefined,
      outcome: 'unmatched',
    },
  ],
}

const KEY = 'example.com/issuer:sub'
for (const [page, cases] of Object.entries(PAGES)) {
  for (const { operator, key = KEY, values, actual, outcome } of cases) {
    const name = `${operator} ${key} ${JSON.stringify(values)}, request ${JSON.stringify(actual)}`
    test(`${name}: ${outcome} (${page})`, () => {
      const keys = contextKeys([[KEY, actual]])
      const result = evaluateCondition({ operator, key, values }, keys, '2012-10-17')
      assert.equal(result.outcome, outcome, result.reason)
      assert.notEqual(result.reason, '')
    })
  }
}

test('a result names the expected and the actual value', () => {
  const keys = contextKeys([[KEY, 'dev']])
  const condition = { operator: 'StringEquals', key: KEY, values: ['main', 'release'] }
  assert.deepEqual(evaluateCondition(condition, keys, '2012-10-17'), {
    operator: 'StringEquals',
    key: KEY,
    expected: ['main', 'release'],
    actual: ['dev'],
    outcome: 'unmatched',
    reason: `${KEY} is "dev", but the policy requires "main" or "release"`,
  })
})

test('policy variables are plain text before version 2012-10-17 (reference_policies_variables.html)', () => {
  const keys = contextKeys([[KEY, '${aws:username}']])
  const condition = { operator: 'StringEquals', key: KEY, values: ['${aws:username}'] }
  assert.equal(evaluateCondition(condition, keys, '2008-10-17').outcome, 'matched')
})

// Why a condition came out as it did, for people: what the request has, and what the policy wants.
const REASONS: readonly (readonly [string, string[], string | string[] | undefined, string])[] = [
  [
    'StringNotEquals',
    ['a', 'b'],
    'a',
    `${KEY} is "a", but the policy requires anything but "a" or "b"`,
  ],
  ['StringEquals', ['a'], 'a', `${KEY} is "a"`],
  ['StringEquals', ['a'], ['a', 'b'], `${KEY} has 2 values; use ForAnyValue or ForAllValues`],
  [
    'ForAnyValue:StringEquals',
    ['x'],
    ['a', 'b'],
    `${KEY} is "a", "b", but the policy requires "x"`,
  ],
  ['StringEquals', ['a'], undefined, `${KEY} is absent from the request`],
  ['StringNotLike', ['a'], undefined, `${KEY} is absent, which a negated operator accepts`],
  ['StringLikeIfExists', ['a'], undefined, `${KEY} is absent, which IfExists accepts`],
  ['StringNotLikeIfExists', ['a'], undefined, `${KEY} is absent, which IfExists accepts`],
  ['ForAnyValue:StringLike', ['a'], undefined, `${KEY} is absent`],
  [
    'ForAnyValue:StringLikeIfExists',
    ['a'],
    undefined,
    `${KEY} is absent; AWS's documentation is unclear`,
  ],
  [
    'ForAllValues:StringLike',
    ['a'],
    [],
    `${KEY} is absent, and ForAllValues is true for no values`,
  ],
  ['Null', ['true'], undefined, 'the key is absent'],
  ['Null', ['true'], [], 'the key is absent'],
  ['Null', ['TRUE', 'x'], 'a', 'the key is present'],
  ['DateEquals', ['x', 'y'], '2030', `${KEY} is "2030", which can't be compared with "x" or "y"`],
  ['Foo', ['a'], 'a', "the operator Foo can't be evaluated here"],
  [
    'NumericEquals',
    ['${x}'],
    '1',
    '"${x}" has a policy variable, which this operator does not allow',
  ],
  ['StringEquals', ['${x'], '1', '"${x" has a policy variable that is not closed'],
  [
    'StringEquals',
    ['a', '${id.example:sub}'],
    '1',
    'the policy variable in "${id.example:sub}" can\'t be evaluated here',
  ],
]
for (const [operator, values, actual, reason] of REASONS) {
  test(`${operator} ${JSON.stringify(values)}, request ${JSON.stringify(actual)}, says why`, () => {
    const keys = contextKeys([[KEY, actual]])
    const result = evaluateCondition({ operator, key: KEY, values }, keys, '2012-10-17')
    assert.equal(result.reason, reason)
  })
}
