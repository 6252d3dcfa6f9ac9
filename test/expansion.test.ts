import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expandVariables } from '../src/expansion.ts'

const ENV = { NAME: 'value', OTHER_1: 'two', DOLLAR: '$NAME', EMPTY: '', _x: 'low' }

const CASES: [text: string, expanded: string][] = [
  ['', ''],
  ['plain', 'plain'],
  ['$NAME', 'value'],
  ['${NAME}', 'value'],
  ['a-$NAME-b', 'a-value-b'],
  ['$NAME$OTHER_1', 'valuetwo'],
  ['${NAME}x', 'valuex'],
  ['$_x', 'low'],
  ['arn:aws:iam::$OTHER_1:role/${NAME}', 'arn:aws:iam::two:role/value'],
  // What a value holds is not expanded again.
  ['$DOLLAR', '$NAME'],
  ['${MISSING:-default}', 'default'],
  ['${EMPTY:-default}', 'default'],
  ['${NAME:-default}', 'value'],
  ['${MISSING:-}', ''],
  ['${MISSING:-a:-b}', 'a:-b'],
  // As in a shell, the default may refer to variables.
  ['${MISSING:-$NAME}', 'value'],
  ['${MISSING:-${NAME}-x}', 'value-x'],
  ['${MISSING:-${EMPTY:-$OTHER_1}}', 'two'],
  // Not references: they stay.
  ['$', '$'],
  ['$$', '$$'],
  ['5$', '5$'],
  ['$1', '$1'],
  ['${}', '${}'],
  ['${NAME', '${NAME'],
  ['${1}', '${1}'],
  ['$(id)', '$(id)'],
  ['`id`', '`id`'],
  // IAM policy variables.
  ['arn:aws:s3:::b/${aws:username}', 'arn:aws:s3:::b/${aws:username}'],
  ['${aws:PrincipalTag/team}', '${aws:PrincipalTag/team}'],
  ['${*}', '${*}'],
]

for (const [text, expanded] of CASES) {
  test(`${JSON.stringify(text)}: ${JSON.stringify(expanded)}`, () => {
    assert.equal(expandVariables(text, ENV, 'AWS_OIDC_ROLE_ARN'), expanded)
  })
}

for (const [text, name] of [
  ['$MISSING', 'MISSING'],
  ['a ${MISSING} b', 'MISSING'],
  ['$EMPTY', 'EMPTY'],
  ['${EMPTY}', 'EMPTY'],
  ['$NAMEX', 'NAMEX'],
  ['$NAME $FIRST $SECOND', 'FIRST'],
  ['$toString', 'toString'],
  ['$__proto__', '__proto__'],
] as const) {
  test(`${text}: ${name} is named as unset`, () => {
    assert.throws(() => expandVariables(text, ENV, 'AWS_OIDC_ROLE_ARN'), {
      code: 'unset-variable',
      exitCode: 2,
      message: `AWS_OIDC_ROLE_ARN refers to the environment variable ${name}, which is not set or empty.`,
      next: `Set ${name} in a context, the project settings or an earlier step, or give the value itself.`,
    })
  })
}

const variableName = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
const literal = fc.string({ unit: 'binary' }).filter((text) => !text.includes('$'))

test('text around references stays, and each reference becomes its value', () => {
  const piece = fc.tuple(variableName, fc.string({ minLength: 1, unit: 'binary' }), literal)
  fc.assert(
    fc.property(literal, fc.uniqueArray(piece, { selector: ([name]) => name }), (head, pieces) => {
      const env = Object.fromEntries(pieces)
      const text = head + pieces.map(([name, , tail]) => `\${${name}}${tail}`).join('')
      const expected = head + pieces.map(([, value, tail]) => `${value}${tail}`).join('')
      assert.equal(expandVariables(text, env, 'X'), expected)
    }),
  )
})
