import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseQuery } from '../../../src/sandbox/aws/request.ts'
import {
  inheritTags,
  tagsFromClaims,
  tagsFromParameters,
} from '../../../src/sandbox/aws/session-tags.ts'

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html

const tagged = (tags: Record<string, string>, ...transitiveTagKeys: string[]) => ({
  tags: new Map(Object.entries(tags)),
  transitiveTagKeys,
})
const NONE = tagged({})

test('transitive tags of the caller go with the next session, the others stay behind', () => {
  const caller = tagged({ team: 'web', stage: 'dev' }, 'team')
  assert.deepEqual(inheritTags(NONE, caller), tagged({ team: 'web' }, 'team'))
  assert.deepEqual(
    inheritTags(tagged({ app: 'shop' }, 'app'), caller),
    tagged({ team: 'web', app: 'shop' }, 'team', 'app'),
  )
  assert.deepEqual(
    inheritTags(tagged({ stage: 'live' }), caller),
    tagged({ team: 'web', stage: 'live' }, 'team'),
  )
  assert.deepEqual(inheritTags(NONE, tagged({ team: 'web' })), NONE)
})

test('an inherited tag cannot be set again, in small letters or large', () => {
  const caller = tagged({ Team: 'web', Stage: 'dev' }, 'Team', 'Stage')
  for (const key of ['Team', 'team', 'STAGE']) {
    assert.throws(() => inheritTags(tagged({ app: 'a', [key]: 'x' }), caller), {
      code: 'InvalidParameterValue',
      message: /conflicts with a transitive tag key from the calling session/,
    })
  }
})

test('tags and transitive keys of a request', () => {
  const read = (text: string) => tagsFromParameters(parseQuery(text))
  const team = 'Tags.member.1.Key=Team&Tags.member.1.Value=web'
  assert.deepEqual(read(''), NONE)
  assert.deepEqual(read('Tags.member.1.Key=a'), tagged({ a: '' }))
  assert.deepEqual(read(`${team}&TransitiveTagKeys.member.1=TEAM`), tagged({ Team: 'web' }, 'TEAM'))
  for (const [wrong, message] of [
    [`${team}&TransitiveTagKeys.member.1=Team&TransitiveTagKeys.member.2=x`, /must be included/],
    [`${team}&Tags.member.2.Key=b&Tags.member.3.Key=tEAM`, /^Duplicate tag keys found\. /],
    [`${team}&Tags.member.2.Key=aWs:b`, /^"aWs:b" begins with the reserved aws:$/],
  ] as const) {
    assert.throws(() => read(wrong), { code: 'InvalidParameterValue', message })
  }
  assert.deepEqual(read('Tags.member.1.Key=x-aws:'), tagged({ 'x-aws:': '' }))
})

test('tags of a token obey the same limits', () => {
  const many = (count: number) =>
    tagged(Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v'])), 'k0')
  assert.deepEqual(tagsFromClaims(many(50)), many(50))
  assert.deepEqual(tagsFromClaims(NONE), NONE)
  for (const [wrong, code, message] of [
    [many(51), 'ValidationError', /at 'tags' .* less than or equal to 50$/],
    [tagged({ a: 'v', 'b*': 'v' }), 'ValidationError', /Value 'b\*' at 'tags\.2\.member\.key' /],
    [tagged({ a: 'v'.repeat(257) }), 'ValidationError', /at 'tags\.1\.member\.value' .* 256$/],
    [tagged({ a: 'v', A: 'v' }), 'InvalidParameterValue', /^Duplicate tag keys found\. /],
    [tagged({ 'aws:a': 'v' }), 'InvalidParameterValue', /reserved aws:$/],
  ] as const) {
    assert.throws(() => tagsFromClaims(wrong), { code, message })
  }
})
