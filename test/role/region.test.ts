import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRoleArn } from '../../src/role/arn.ts'
import { assertRegion, stsRegion } from '../../src/role/region.ts'

const role = (partition: string) => parseRoleArn(`arn:${partition}:iam::123456789012:role/deploy`)

test('the option, AWS_REGION, AWS_DEFAULT_REGION, in this order', () => {
  const both = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }
  assert.equal(stsRegion('ap-south-1', both, role('aws')), 'ap-south-1')
  assert.equal(stsRegion(undefined, both, role('aws')), 'eu-west-1')
  assert.equal(stsRegion(undefined, { ...both, AWS_REGION: '' }, role('aws')), 'eu-west-2')
})

// General Reference, "AWS STS endpoints"; partitions without us-east-1 need a region of their own.
const DEFAULTS = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
  'aws-eusc': 'eusc-de-east-1',
  'aws-iso': 'us-iso-east-1',
  'aws-iso-b': 'us-isob-east-1',
  'aws-iso-e': 'eu-isoe-west-1',
  'aws-iso-f': 'us-isof-south-1',
}

for (const [partition, region] of Object.entries(DEFAULTS)) {
  test(`${partition}: ${region} by default, and accepted when given`, () => {
    assert.equal(stsRegion(undefined, {}, role(partition)), region)
    assert.equal(stsRegion(region, {}, role(partition)), region)
  })

  test(`${partition}: regions of other partitions are refused`, () => {
    for (const [other, foreign] of Object.entries(DEFAULTS)) {
      if (other === partition) continue
      assert.throws(() => stsRegion(undefined, { AWS_REGION: foreign }, role(partition)), {
        code: 'invalid-region',
        exitCode: 2,
        message: `The region "${foreign}" (from AWS_REGION) is in the partition "${other}", but the role is in "${partition}".`,
        why: `The role is ${role(partition).arn}. Credentials never cross partitions.`,
        next: `Give a region of "${partition}", for instance --region ${region}.`,
      })
    }
  })
}

test('every region of the General Reference is one', () => {
  const regions =
    'us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-south-1 ap-south-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-5 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-west-1 eu-west-3 eu-south-1 eu-south-2 eu-north-1 il-central-1 mx-central-1 me-central-1 me-south-1 sa-east-1 cn-northwest-1 us-gov-east-1 us-iso-west-1 us-isob-west-1 us-isof-east-1'
  for (const region of regions.split(' ')) assert.doesNotThrow(() => assertRegion(region), region)
})

const MISSPELT = [
  ['eu-central-1a', 'eu-central-1', /availability zone/],
  ['eu-cental-1', 'eu-central-1', /direction/],
  ['us-eat-1', 'us-east-1', /direction/],
  ['us-gov-wast-1', 'us-gov-(w)?e?ast-1|us-gov-west-1', /direction/],
] as const

for (const [region, meant, why] of MISSPELT) {
  test(`${region} is no region, but ${meant} is`, () => {
    assert.throws(() => stsRegion(region, {}, role('aws')), {
      code: 'invalid-region',
      message: new RegExp(
        `"${region}" \\(from --region\\) is not an AWS region; (${meant}) may be meant\\.$`,
      ),
      why,
    })
  })
}

test('a region that AWS may open is one', () => {
  assert.equal(stsRegion('ap-northwest-9', {}, role('aws')), 'ap-northwest-9')
})

const WRONG = [
  'EU-WEST-1',
  'Frankfurt',
  'eu-west',
  'eu_west_1',
  'eu-west-1 ',
  'eu-west-1\n',
  'europe-west-1',
  'evil.example/eu-west-1',
  "x'; id; '",
]

for (const region of WRONG) {
  test(`${JSON.stringify(region)} is no region`, () => {
    assert.throws(() => stsRegion(region, {}, role('aws')), {
      code: 'invalid-region',
      message: `${JSON.stringify(region)} (from --region) is not an AWS region.`,
      next: 'Give the region code, for example "eu-central-1", not its display name or a zone.',
    })
  })
}
