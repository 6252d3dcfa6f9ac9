import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSessionTags, readTransitiveTagKeys, tagProblem } from '../../src/role/session-tags.ts'

// STS API Reference, AssumeRole: Tags, at most 50; Tag: Key of 1 to 128, Value of 0 to 256 characters.
test('tags as they are taken', () => {
  assert.deepEqual(
    readSessionTags(' Team = ci, Cost=a=b,\nEmpty=\n, größe=東京 🙂'.replace(' 🙂', '')),
    [
      { key: 'Team', value: 'ci' },
      { key: 'Cost', value: 'a=b' },
      { key: 'Empty', value: '' },
      { key: 'größe', value: '東京' },
    ],
  )
  const [key, value] = ['k'.repeat(128), '𝐯'.repeat(256)]
  assert.deepEqual(readSessionTags(`${key}=${value}`), [{ key, value }])
  const fifty = Array.from({ length: 50 }, (_, index) => `k${index}=v`).join()
  assert.equal(readSessionTags(fifty).length, 50)
  assert.throws(() => readSessionTags(`${fifty},more=v`), {
    message: 'there are 51 session tags; AWS accepts at most 50.',
  })
})

const REFUSED: readonly (readonly [text: string, message: string])[] = [
  ['team', '"team" is not a session tag.'],
  ['=ci', '"=ci" is not a session tag.'],
  [
    'a=1, Team=ci, TEAM=ci',
    'the session tags "Team" and "TEAM" are the same to AWS, which ignores case in keys.',
  ],
  ['a!=x', 'the session tag "a!" is not valid: its key has other characters.'],
  ['a=!', 'the session tag "a" is not valid: its value has other characters.'],
  [
    'aws:team=x',
    'the session tag "aws:team" is not valid: AWS reserves keys that begin with "aws:".',
  ],
  [
    'AWS:team=x',
    'the session tag "AWS:team" is not valid: AWS reserves keys that begin with "aws:".',
  ],
  [`a=${'v'.repeat(257)}`, 'the session tag "a" is not valid: its value has 257 characters.'],
]
for (const [text, message] of REFUSED) {
  test(`refused: ${message.slice(0, 90)}`, () => {
    assert.throws(() => readSessionTags(text), { code: 'invalid-profiles-file', message })
  })
}

test('a tag, of a session as of a role', () => {
  assert.equal(tagProblem('', 'x'), 'its key is empty')
  assert.equal(tagProblem('k'.repeat(129), 'x'), 'its key has 129 characters')
  for (const key of ['team aws:', 'xaws:y', 'a_.:/=+-@1', 'k'.repeat(128)]) {
    assert.equal(tagProblem(key, 'v'.repeat(256)), undefined, key)
  }
})

test('transitive keys name tags of the session, in whatever case, each once', () => {
  const tags = [
    { key: 'Team', value: 'ci' },
    { key: 'cost', value: '1' },
  ]
  assert.deepEqual(readTransitiveTagKeys('team,\n Cost ,', tags), ['team', 'Cost'])
  assert.throws(() => readTransitiveTagKeys('team, other', tags), {
    message: 'the transitive tag key "other" is not among the profile\'s session tags.',
  })
  assert.throws(() => readTransitiveTagKeys('team, TEAM', tags), {
    message: 'the transitive tag key "TEAM" is given twice.',
  })
})
