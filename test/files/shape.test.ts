import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertShape, isCount, isOptionalText, isText, isTexts } from '../../src/files/shape.ts'

const CASES = [
  ['isText', isText, ['a', ' '], ['', undefined, 5, ['a']]],
  ['isOptionalText', isOptionalText, ['a', '', undefined], [null, 5, {}]],
  ['isTexts', isTexts, [[], ['a', 'b']], ['a', ['a', ''], ['a', 5], undefined, { length: 0 }]],
  ['isCount', isCount, [1, 43_200], [0, -1, 1.5, Number.NaN, '1', true, undefined]],
] as const
for (const [name, check, good, bad] of CASES) {
  test(name, () => {
    for (const value of good) assert.equal(check(value), true, JSON.stringify(value))
    for (const value of bad) assert.equal(check(value), false, JSON.stringify(value))
  })
}

test('the first member that is missing or of another type is named by its path', () => {
  const shape = { 'role.arn': isText, count: isCount }
  const fails = (value: unknown, path: string, at?: string) =>
    assert.throws(() => assertShape(value, shape, at), {
      name: 'TypeError',
      message: `${path} is missing or not valid.`,
    })
  assertShape({ role: { arn: 'a' }, count: 1, more: true }, shape)
  for (const value of [undefined, null, 'role', {}, { role: null }, { role: 'arn' }]) {
    fails(value, 'role.arn')
  }
  fails({ role: { arn: 'a' } }, 'count')
  fails({ role: { arn: 'a' } }, 'plan.count', 'plan')
})

test('what an object has of its prototype does not count', () => {
  assert.throws(() => assertShape({}, { 'constructor.name': isText }), TypeError)
  assert.throws(() => assertShape(Object.create({ name: 'a' }), { name: isText }), TypeError)
})
