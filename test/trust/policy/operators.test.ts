import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConditionOutcome } from '../../../src/trust/policy/condition.ts'
import { evaluateCondition } from '../../../src/trust/policy/condition.ts'
import { contextKeys } from '../../../src/trust/policy/context-keys.ts'

const OPERATORS =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html'
const VARIABLES =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html'

type Case = readonly [
  operator: string,
  values: readonly string[],
  actual: string | readonly string[] | undefined,
  outcome: ConditionOutcome,
]

const CASES: Record<string, readonly Case[]> = {
  [`${OPERATORS}#Conditions_Numeric`]: [
    ['NumericEquals', ['10'], '10', 'matched'],
    ['NumericEquals', ['10'], '10.0', 'matched'],
    ['NumericEquals', ['10'], '11', 'unmatched'],
    ['NumericEquals', ['9', '10'], '10', 'matched'],
    ['NumericNotEquals', ['10'], '11', 'matched'],
    ['NumericNotEquals', ['10', '11'], '11', 'unmatched'],
    ['NumericNotEquals', ['10'], undefined, 'matched'],
    ['NumericLessThan', ['10'], '9', 'matched'],
    ['NumericLessThan', ['10'], '10', 'unmatched'],
    ['NumericLessThanEquals', ['10'], '10', 'matched'],
    ['NumericLessThanEquals', ['10'], '10.5', 'unmatched'],
    ['NumericGreaterThan', ['10'], '10', 'unmatched'],
    ['NumericGreaterThan', ['-10'], '-9', 'matched'],
    ['NumericGreaterThanEquals', ['10'], '10', 'matched'],
    ['NumericGreaterThanEquals', ['10'], '9', 'unmatched'],
    ['NumericLessThan', ['10'], undefined, 'unmatched'],
    ['NumericLessThanIfExists', ['10'], undefined, 'matched'],
    ['ForAnyValue:NumericEquals', ['10'], ['9', '10'], 'matched'],
    ['ForAllValues:NumericLessThan', ['10'], ['9', '10'], 'unmatched'],
    ['NumericEquals', ['2.75'], '+2.75', 'matched'],
    ['NumericEquals', ['1234567890123456'], '1234567890123456', 'matched'],
    // More digits than a double holds.
    ['NumericEquals', ['12345678901234567'], '12345678901234567', 'undecided'],
    ['NumericEquals', ['10'], 'x10', 'undecided'],
    ['NumericEquals', ['10'], '10x', 'undecided'],
    // What IAM makes of a value that is no number is not documented.
    ['NumericEquals', ['10'], 'ten', 'undecided'],
    ['NumericLessThan', ['many'], '10', 'undecided'],
    ['NumericEquals', ['ten', '10'], '10', 'matched'],
    // "You can not use a policy variable with the Numeric condition operator."
    ['NumericEquals', ['${aws:x}'], '10', 'undecided'],
  ],
  [`${OPERATORS}#Conditions_Date`]: [
    ['DateEquals', ['2020-01-01T00:00:01Z'], '2020-01-01T00:00:01Z', 'matched'],
    ['DateEquals', ['2020-01-01T01:00:01+01:00'], '2020-01-01T00:00:01Z', 'matched'],
    ['DateEquals', ['1577836801'], '2020-01-01T00:00:01Z', 'matched'],
    ['DateEquals', ['2020-01-01'], '2020-01-01T00:00:00Z', 'matched'],
    ['DateNotEquals', ['2020-01-01T00:00:01Z'], '2020-01-01T00:00:02Z', 'matched'],
    ['DateLessThan', ['2020-01-01T00:00:01Z'], '2020-01-01T00:00:01Z', 'unmatched'],
    ['DateLessThan', ['2020-01-01T00:00:01Z'], '2019-12-31T23:59:59.9Z', 'matched'],
    ['DateLessThanEquals', ['2020-01-01T00:00:01Z'], '2020-01-01T00:00:01Z', 'matched'],
    ['DateGreaterThan', ['2020-01-01T00:00:01Z'], '2020-01-01T00:00:02Z', 'matched'],
    ['DateGreaterThan', ['2020-01-01T00:00:01Z'], '1577836801', 'unmatched'],
    ['DateGreaterThanEquals', ['2020'], '2020-01-01T00:00Z', 'matched'],
    ['DateGreaterThan', ['2020-01-01T00:00:01Z'], undefined, 'unmatched'],
    ['DateLessThanIfExists', ['2020-01-01'], undefined, 'matched'],
    // "Wildcards are not permitted for date condition operators."
    ['DateEquals', ['2020-*'], '2020-01-01', 'undecided'],
    ['DateEquals', ['yesterday'], '2020-01-01', 'undecided'],
    ['DateEquals', ['x1577836801'], '1577836801', 'undecided'],
    ['DateEquals', ['1577836801x'], '1577836801', 'undecided'],
    ['DateEquals', ['2020-13-01'], '2020-01-01', 'undecided'],
    ['DateEquals', ['2020-01'], '2020-01-01', 'matched'],
    // The W3C forms have no time without a zone.
    ['DateEquals', ['2020-01-01T00:00:00'], '2020-01-01', 'undecided'],
  ],
  [`${OPERATORS}#Conditions_ARN`]: [
    ['ArnEquals', ['arn:aws:sns:r:111122223333:t'], 'arn:aws:sns:r:111122223333:t', 'matched'],
    ['ArnLike', ['arn:aws:sns:*:111122223333:t'], 'arn:aws:sns:r:111122223333:t', 'matched'],
    ['ArnEquals', ['arn:aws:sns:*:111122223333:?'], 'arn:aws:sns:r:111122223333:t', 'matched'],
    ['ArnLike', ['arn:aws:SNS:*:111122223333:t'], 'arn:aws:sns:r:111122223333:t', 'unmatched'],
    // The page's own example, where StringLike matches and ArnLike does not.
    [
      'ArnLike',
      ['arn:aws:someservice:*:111122223333:finance/*'],
      'arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt',
      'unmatched',
    ],
    [
      'StringLike',
      ['arn:aws:someservice:*:111122223333:finance/*'],
      'arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt',
      'matched',
    ],
    ['ArnLike', ['arn:aws:sns:r:1:*'], 'arn:aws:sns:r:1:topic:subscription', 'matched'],
    ['ArnNotEquals', ['arn:aws:sns:r:1:t'], 'arn:aws:sns:r:1:u', 'matched'],
    ['ArnNotLike', ['arn:aws:sns:r:1:*'], 'arn:aws:sns:r:1:u', 'unmatched'],
    ['ArnNotLike', ['arn:aws:sns:r:1:*'], undefined, 'matched'],
    ['ArnLike', ['arn:aws:sns:r:1:*'], undefined, 'unmatched'],
    ['ForAnyValue:ArnLike', ['arn:aws:s3:::*'], ['arn:aws:s3:::a', 'arn:aws:x:::a'], 'matched'],
    // Of text without six components the page says nothing.
    ['ArnLike', ['*'], 'arn:aws:s3:::a', 'undecided'],
    ['ArnLike', ['arn:aws:s3:::*'], 'a', 'undecided'],
  ],
  [`${VARIABLES}#policy-vars-wheretouse`]: [
    ['StringEquals', ['${test:team}'], 'blue', 'matched'],
    ['StringEquals', ['${TEST:Team}'], 'blue', 'matched'],
    ['StringEquals', ['${test:team}'], 'red', 'unmatched'],
    ['StringLike', ['home/${test:team}/*'], 'home/blue/x', 'matched'],
    ['StringLike', ['home/${test:team}/*'], 'home/red/x', 'unmatched'],
    ['ArnLike', ['arn:aws:s3:::${test:team}/*'], 'arn:aws:s3:::blue/x', 'matched'],
    ['StringEquals', ['${test:unknown}'], 'blue', 'undecided'],
    ['StringEquals', ['${test:many}'], 'a', 'undecided'],
    ['StringEquals', ['${test:team'], 'blue', 'undecided'],
    ['StringLike', ['${test:wild}'], 'star', 'undecided'],
  ],
  [`${VARIABLES}#policy-vars-default-values`]: [
    ['StringEquals', ["${aws:PrincipalTag/team, 'company-wide'}"], 'company-wide', 'matched'],
    ['StringEquals', ["${aws:PrincipalTag/team, 'company-wide'}"], 'red', 'unmatched'],
    ['StringEquals', ["${test:team, 'company-wide'}"], 'blue', 'matched'],
    ['StringEquals', ["${aws:username, 'x'}"], 'x', 'undecided'],
    ['StringEquals', ["${test:aws:PrincipalTag/team, 'x'}"], 'x', 'undecided'],
    ['StringEquals', ["a-${ aws:RequestTag/team ,  'x' }-b"], 'a-x-b', 'matched'],
    ['StringEquals', ["${aws:PrincipalTag/team,'x'}"], 'x', 'matched'],
    ['StringEquals', ["${aws:PrincipalTag/team, 'x' y}"], 'x', 'undecided'],
    ['StringEquals', ["${a b aws:PrincipalTag/team, 'x'}"], 'x', 'undecided'],
    ['StringEquals', ['${}'], '', 'undecided'],
  ],
  [`${VARIABLES}#policy-vars-specialchars`]: [
    ['StringEquals', ['a${*}b'], 'a*b', 'matched'],
    ['StringLike', ['a${*}b'], 'a*b', 'matched'],
    ['StringLike', ['a${*}b'], 'axb', 'unmatched'],
    ['StringLike', ['a${?}*'], 'a?b', 'matched'],
    ['StringLike', ['a${?}*'], 'axb', 'unmatched'],
    ['StringEquals', ['${$}{team}'], '${team}', 'matched'],
  ],
}

const KEY = 'example.com:sub'
for (const [page, cases] of Object.entries(CASES)) {
  for (const [operator, values, actual, outcome] of cases) {
    test(`${operator} ${JSON.stringify(values)}, request ${JSON.stringify(actual)}: ${outcome} (${page})`, () => {
      const keys = contextKeys([
        [KEY, actual],
        ['test:team', 'blue'],
        ['test:many', ['a', 'b']],
        ['test:wild', 's*'],
      ])
      const result = evaluateCondition({ operator, key: KEY, values }, keys, '2012-10-17')
      assert.equal(result.outcome, outcome, result.reason)
    })
  }
}

test('an ordered comparison says which side it wants', () => {
  const keys = contextKeys([[KEY, '10']])
  const condition = { operator: 'NumericLessThan', key: KEY, values: ['5'] }
  assert.equal(
    evaluateCondition(condition, keys, '2012-10-17').reason,
    `${KEY} is "10", but the policy requires less than "5"`,
  )
})
