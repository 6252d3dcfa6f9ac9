import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listMembers, parseQuery, parseRoleArn } from '../../../src/sandbox/aws/request.ts'

test('of a repeated parameter the first counts', () => {
  assert.deepEqual(
    [...parseQuery('A=1&B=x%26y+z&A=2&C=')],
    [
      ['A', '1'],
      ['B', 'x&y z'],
      ['C', ''],
    ],
  )
})

test('the entries of a list, by their numbers', () => {
  const query = parseQuery(
    'Tags.member.10.Key=ten&Tags.member.2.Key=two&Tags.member.2.Value=v&Tags.member.x.Key=no' +
      '&TagsOfOther.member.1.Key=no&Tags.member.3x.Key=no&OtherTags.member.1=no&Keys.member.1=one',
  )
  const entries = (name: string) => listMembers(query, name).map((one) => Object.fromEntries(one))
  assert.deepEqual(entries('Tags'), [{ Key: 'two', Value: 'v' }, { Key: 'ten' }])
  assert.deepEqual(entries('Keys'), [{ '': 'one' }])
  assert.deepEqual(entries('None'), [])
})

test('an entry has nothing of one whose number begins with its own', () => {
  const query = parseQuery('Keys.member.1=one&Keys.member.12=twelve&Keys.member.1.Key=part')
  assert.deepEqual(
    listMembers(query, 'Keys').map((one) => [...one]),
    [
      [
        ['', 'one'],
        ['Key', 'part'],
      ],
      [['', 'twelve']],
    ],
  )
})

// reference_identifiers.html#identifiers-arns
test('the ARN of a role', () => {
  const arn = 'arn:aws-us-gov:iam::123456789012:role/team/ci'
  assert.deepEqual(parseRoleArn(arn), {
    ...{ arn, partition: 'aws-us-gov', account: '123456789012', resource: 'team/ci' },
  })
  for (const wrong of [
    ...['', 'xarn:aws:iam::123456789012:role/ci', 'arn:aws:iam::123456789012:role/'],
    ...['arn:aws:iam::12345678901:role/ci', 'arn:aws:iam::1234567890123:role/ci'],
    ...['arn:aws:iam::12345678901x:role/ci', 'arn:aws:iam::123456789012:user/ci'],
    ...['arn:aws:sts::123456789012:role/ci', 'arn:AWS:iam::123456789012:role/ci'],
    ...['arn:aws1:iam::123456789012:role/ci', 'arn:aws:iam:x:123456789012:role/ci'],
  ]) {
    assert.equal(parseRoleArn(wrong), undefined, wrong)
  }
})
