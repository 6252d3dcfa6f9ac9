import { OidcError } from '../errors.ts'
import { settingName } from '../option-values.ts'
import type { Environment } from '../options.ts'
import { nearest } from '../text.ts'
import type { RoleArn } from './arn.ts'

/**
 * The region whose STS endpoint is asked: the option, `AWS_REGION`, `AWS_DEFAULT_REGION`,
 * else the default region of the role's partition.
 */
export function stsRegion(option: string | undefined, env: Environment, role: RoleArn): string {
  const given = givenRegion(option, env)
  if (!given) return PARTITIONS[role.partition]?.defaultRegion ?? 'us-east-1'
  const [where, region] = given
  const partition = partitionOf(region)
  if (PARTITIONS[role.partition] && partition !== role.partition) {
    throw new OidcError('invalid-region', {
      what: `The region "${region}" (from ${where}) is in the partition "${partition}", but the role is in "${role.partition}".`,
      why: `The role is ${role.arn}. Credentials never cross partitions.`,
      next: `Give a region of "${role.partition}", for instance --region ${PARTITIONS[role.partition]?.defaultRegion}.`,
    })
  }
  return region
}

/** The region from the option, `AWS_REGION` or `AWS_DEFAULT_REGION`, with the name of what gave it. */
export function givenRegion(
  option: string | undefined,
  env: Environment,
): readonly [where: string, region: string] | undefined {
  const sources = [
    [settingName('region', (text) => text.trim() === option, env), option],
    ['AWS_REGION', env['AWS_REGION']],
    ['AWS_DEFAULT_REGION', env['AWS_DEFAULT_REGION']],
  ] as const
  const [where, region] = sources.find(([, value]) => value) ?? []
  if (!where || !region) return undefined
  assertRegion(region, where)
  return [where, region]
}

/**
 * Throws `invalid-region` for what cannot be an AWS region, before it ends up in a host name or a file;
 * it need not be one we know. `where` names what gave it.
 */
export function assertRegion(region: string, where?: string): void {
  const meant = REGION.test(region) ? regionMeant(region) : zoneRegion(region)
  if (meant === region) return
  const zone = meant !== undefined && region.startsWith(meant)
  throw new OidcError('invalid-region', {
    what: `${JSON.stringify(region.slice(0, 100))}${where ? ` (from ${where})` : ''} is not an AWS region${meant ? `; you probably mean ${meant}` : ''}.`,
    why: zone
      ? `It is an availability zone of the region ${meant}.`
      : 'A region code is a part of the world, a direction and a number, in lower case.',
    next: meant
      ? `Give ${meant}, or another region code.`
      : 'Give the region code, for example "eu-central-1", not its display name or a zone.',
  })
}

/** Two to four letters, words, a number: `eu-central-1`, `us-gov-west-1`, `eusc-de-east-1`. */
const REGION = /^[a-z]{2,4}(-[a-z]{1,16}){1,3}-\d{1,2}$/

const AREAS = ['af', 'ap', 'ca', 'cn', 'eu', 'eusc', 'il', 'me', 'mx', 'sa', 'us']
const SIDES = ['central', 'north', 'south']
  .concat(['east', 'west'])
  .concat(['northeast', 'northwest', 'southeast', 'southwest'])

/** The region itself; where a word of it is none that AWS uses, the region with the nearest words. */
function regionMeant(region: string): string | undefined {
  const [area = '', ...rest] = region.split('-')
  const [number = '', side = '', ...between] = rest.reverse()
  const words = [known(area, AREAS), ...between.reverse(), known(side, SIDES), number]
  return words.includes(undefined) ? undefined : words.join('-')
}

function known(word: string, words: readonly string[]): string | undefined {
  return words.includes(word) ? word : nearest(word, words)
}

function zoneRegion(region: string): string | undefined {
  const [, name = ''] = /^([a-z-]+-\d)[a-z]$/.exec(region) ?? []
  return REGION.test(name) ? regionMeant(name) : undefined
}

interface Partition {
  readonly regions: RegExp
  /** Whose STS we ask when no region is given. */
  readonly defaultRegion: string
  /** What the host names of endpoints end in; those of endpoints for IPv4 and IPv6 end in `dualStackSuffix`. */
  readonly dnsSuffix: string
  readonly dualStackSuffix: string
}

// The SDK's own rules for endpoints would be 5 kB of the orb's step; a test compares with them.
const PARTITIONS: Readonly<Record<string, Partition>> = {
  'aws-cn': {
    regions: /^cn-/,
    defaultRegion: 'cn-north-1',
    dnsSuffix: 'amazonaws.com.cn',
    dualStackSuffix: 'api.amazonwebservices.com.cn',
  },
  'aws-us-gov': {
    regions: /^us-gov-/,
    defaultRegion: 'us-gov-west-1',
    dnsSuffix: 'amazonaws.com',
    dualStackSuffix: 'api.aws',
  },
  'aws-eusc': {
    regions: /^eusc-/,
    defaultRegion: 'eusc-de-east-1',
    dnsSuffix: 'amazonaws.eu',
    dualStackSuffix: 'api.amazonwebservices.eu',
  },
  'aws-iso': {
    regions: /^us-iso-/,
    defaultRegion: 'us-iso-east-1',
    dnsSuffix: 'c2s.ic.gov',
    dualStackSuffix: 'api.aws.ic.gov',
  },
  'aws-iso-b': {
    regions: /^us-isob-/,
    defaultRegion: 'us-isob-east-1',
    dnsSuffix: 'sc2s.sgov.gov',
    dualStackSuffix: 'api.aws.scloud',
  },
  'aws-iso-e': {
    regions: /^eu-isoe-/,
    defaultRegion: 'eu-isoe-west-1',
    dnsSuffix: 'cloud.adc-e.uk',
    dualStackSuffix: 'api.cloud-aws.adc-e.uk',
  },
  'aws-iso-f': {
    regions: /^us-isof-/,
    defaultRegion: 'us-isof-south-1',
    dnsSuffix: 'csp.hci.ic.gov',
    dualStackSuffix: 'api.aws.hci.ic.gov',
  },
  aws: {
    regions: /^[a-z]{2,4}-/,
    defaultRegion: 'us-east-1',
    dnsSuffix: 'amazonaws.com',
    dualStackSuffix: 'api.aws',
  },
}

/** The partition of a region; `aws` for what looks like none of another. */
function partitionOf(region: string): string {
  const found = Object.entries(PARTITIONS).find(([, { regions }]) => regions.test(region))
  return found?.[0] ?? 'aws'
}

/** The host of the region's STS. https://docs.aws.amazon.com/general/latest/gr/sts.html */
export function stsHost(region: string, useFips: boolean, useDualstack: boolean): string {
  const name = partitionOf(region)
  const { dnsSuffix, dualStackSuffix } = PARTITIONS[name] as Partition
  // All of GovCloud's endpoints for IPv4 are FIPS.
  const service = useFips && (useDualstack || name !== 'aws-us-gov') ? 'sts-fips' : 'sts'
  return `${service}.${region}.${useDualstack ? dualStackSuffix : dnsSuffix}`
}
