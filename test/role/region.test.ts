import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRoleArn } from '../../src/role/arn.ts'
import { assertRegion, givenRegion, stsHost, stsRegion } from '../../src/role/region.ts'

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
        `"${region}" \\(from --region\\) is not an AWS region; you probably mean (${meant})\\.$`,
      ),
      why,
    })
  })
}

test('a region that AWS may open is one', () => {
  assert.equal(stsRegion('ap-northwest-9', {}, role('aws')), 'ap-northwest-9')
})

const WRONG = [
  'eu-west-123',
  '1eu-west-1',
  'eu-west-1ab',
  '-eu-west-1a',
  'e-west-1',
  'euxyz-west-1',
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

// https://docs.aws.amazon.com/general/latest/gr/sts.html, and the partitions of the SDKs.
const HOSTS: [region: string, ipv4: string, fips: string, dualstack: string, both: string][] = [
  [
    'us-east-1',
    'sts.us-east-1.amazonaws.com',
    'sts-fips.us-east-1.amazonaws.com',
    'sts.us-east-1.api.aws',
    'sts-fips.us-east-1.api.aws',
  ],
  [
    'us-gov-west-1',
    'sts.us-gov-west-1.amazonaws.com',
    'sts.us-gov-west-1.amazonaws.com',
    'sts.us-gov-west-1.api.aws',
    'sts-fips.us-gov-west-1.api.aws',
  ],
  [
    'cn-north-1',
    'sts.cn-north-1.amazonaws.com.cn',
    'sts-fips.cn-north-1.amazonaws.com.cn',
    'sts.cn-north-1.api.amazonwebservices.com.cn',
    'sts-fips.cn-north-1.api.amazonwebservices.com.cn',
  ],
  [
    'eusc-de-east-1',
    'sts.eusc-de-east-1.amazonaws.eu',
    'sts-fips.eusc-de-east-1.amazonaws.eu',
    'sts.eusc-de-east-1.api.amazonwebservices.eu',
    'sts-fips.eusc-de-east-1.api.amazonwebservices.eu',
  ],
  [
    'us-iso-east-1',
    'sts.us-iso-east-1.c2s.ic.gov',
    'sts-fips.us-iso-east-1.c2s.ic.gov',
    'sts.us-iso-east-1.api.aws.ic.gov',
    'sts-fips.us-iso-east-1.api.aws.ic.gov',
  ],
  [
    'us-isob-east-1',
    'sts.us-isob-east-1.sc2s.sgov.gov',
    'sts-fips.us-isob-east-1.sc2s.sgov.gov',
    'sts.us-isob-east-1.api.aws.scloud',
    'sts-fips.us-isob-east-1.api.aws.scloud',
  ],
  [
    'eu-isoe-west-1',
    'sts.eu-isoe-west-1.cloud.adc-e.uk',
    'sts-fips.eu-isoe-west-1.cloud.adc-e.uk',
    'sts.eu-isoe-west-1.api.cloud-aws.adc-e.uk',
    'sts-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk',
  ],
  [
    'us-isof-south-1',
    'sts.us-isof-south-1.csp.hci.ic.gov',
    'sts-fips.us-isof-south-1.csp.hci.ic.gov',
    'sts.us-isof-south-1.api.aws.hci.ic.gov',
    'sts-fips.us-isof-south-1.api.aws.hci.ic.gov',
  ],
]

for (const [region, ...hosts] of HOSTS) {
  test(`the hosts of STS in ${region}`, () => {
    const settings = [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const
    assert.deepEqual(
      settings.map(([fips, dualstack]) => stsHost(region, fips, dualstack)),
      hosts,
    )
  })
}

test('a role of a partition that is not known: the region as given, us-east-1 without one', () => {
  assert.equal(stsRegion(undefined, {}, role('aws-new')), 'us-east-1')
  assert.equal(stsRegion('eu-west-1', {}, role('aws-new')), 'eu-west-1')
})

test('nothing gives a region, or an empty variable does', () => {
  assert.equal(givenRegion(undefined, {}), undefined)
  assert.equal(givenRegion(undefined, { AWS_REGION: '', AWS_DEFAULT_REGION: '' }), undefined)
  assert.deepEqual(givenRegion(undefined, { AWS_REGION: 'eu-west-1' }), ['AWS_REGION', 'eu-west-1'])
})

test('a value that is no region: what is said of it', () => {
  assert.throws(() => assertRegion('eu-central-1a'), {
    message: '"eu-central-1a" is not an AWS region; you probably mean eu-central-1.',
    why: 'It is an availability zone of the region eu-central-1.',
    next: 'Give eu-central-1, or another region code.',
  })
  assert.throws(() => assertRegion('us-gov-weest-1'), {
    message: '"us-gov-weest-1" is not an AWS region; you probably mean us-gov-west-1.',
    why: 'A region code is a part of the world, a direction and a number, in lower case.',
  })
  assert.throws(() => assertRegion('x'.repeat(101)), {
    message: `"${'x'.repeat(100)}" is not an AWS region.`,
  })
})
