import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { INPUTS, type Shape, validateParameters } from '../../../src/sandbox/aws/constraints.ts'
import { parseQuery } from '../../../src/sandbox/aws/request.ts'
import { partitionOf } from '../../../src/sandbox/aws/signature.ts'
import { ROWS } from './request-table.ts'

/** A shape as botocore's copy of the API model writes it. */
interface ModelShape {
  readonly type: string
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly sensitive?: boolean
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, { readonly shape: string }>>
  readonly member?: { readonly shape: string }
}

interface Model {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>
  readonly shapes: Readonly<Record<string, ModelShape>>
}

const VENV = '.venv/lib'
const [python = ''] = existsSync(VENV) ? readdirSync(VENV) : []
const DATA = join(VENV, python, 'site-packages/botocore/data')
const skip =
  process.env['CI'] !== 'true' &&
  !existsSync(DATA) &&
  'botocore is not installed in .venv: see test/requirements.txt'

function shapeOf(model: Model, name: string): Shape {
  const {
    type,
    min,
    max,
    pattern,
    sensitive,
    members = {},
    member,
    required = [],
  } = model.shapes[name] ?? assert.fail(name)
  switch (type) {
    case 'structure': {
      const shapes = Object.entries(members).map(([key, { shape }]) => [key, shapeOf(model, shape)])
      return { type, required, members: Object.fromEntries(shapes) }
    }
    case 'list': {
      const count =
        min === undefined && max === undefined ? {} : { count: [min ?? 0, max ?? 0] as const }
      return { type, member: shapeOf(model, member?.shape ?? ''), ...count }
    }
    case 'integer':
      return { type, range: [min ?? 0, max ?? 0] }
    case 'string':
      return {
        type,
        length: [min ?? 0, max],
        ...(pattern === undefined ? {} : { pattern }),
        ...(sensitive ? { sensitive: true } : {}),
      }
    default:
      return assert.fail(`a shape of type ${type}`)
  }
}

const readModel = (): Model =>
  JSON.parse(
    gunzipSync(readFileSync(join(DATA, 'sts/2011-06-15/service-2.json.gz'))).toString('utf8'),
  )

test("the table of constraints is that of botocore's model", { skip }, () => {
  const model = readModel()
  for (const [action, input] of Object.entries(INPUTS)) {
    assert.deepEqual(input, shapeOf(model, model.operations[action]?.input?.shape ?? ''), action)
  }
})

test('the members that requests name as their source are in the model', { skip }, () => {
  const { shapes } = readModel()
  const members = ROWS.flatMap(({ source }) => /^model (\w+)\.(\w+)$/.exec(source)?.slice(1) ?? [])
  assert.ok(members.length > 100)
  for (let at = 0; at < members.length; at += 2) {
    const [input = '', member = ''] = members.slice(at)
    assert.ok(shapes[input]?.members?.[member], `${input}.${member}`)
  }
})

// The expressions for names of regions in botocore's partitions.json, which AWS's SDKs share: \\w+ and \\d+ at the end.
for (const [region, partition] of [
  ['eu-central-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['eusc-de-east-1', 'aws-eusc'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['us-gov-west-1', 'aws-us-gov'],
] as const) {
  test(`regions like "${region}" are in ${partition}`, () => {
    assert.equal(partitionOf(region), partition)
    assert.equal(partitionOf(`${region}2`), partition)
    const start = region.replace(/-\w+-\d$/, '')
    for (const wrong of [
      ...[`a${region}`, `-${region}`, `${region}a`, `${region}-`, ` ${region}`, `${region}\n`],
      ...[start, `${start}-`, `${start}-west`, `${start}-west-`, `${start}--1`, `${start}-west-x`],
      ...[`${start}-we.st-1`, `${start}-.-1`, `${start}-${region}`],
    ]) {
      assert.equal(partitionOf(wrong), undefined, JSON.stringify(wrong))
    }
  })
}

test('what is the name of no region', () => {
  for (const wrong of ['', 'xx-east-1', 'us', 'US-EAST-1', 'nowhere-1']) {
    assert.equal(partitionOf(wrong), undefined, wrong)
  }
})

test('a parameter that comes as a structure has no value', () => {
  const faults = (query: string) => {
    const given = `RoleArn=${'x'.repeat(20)}&RoleSessionName=job&${query}`
    try {
      validateParameters(parseQuery(given), INPUTS.AssumeRole)
    } catch (error) {
      return (error as Error).message
    }
    return undefined
  }
  const failed = 'failed to satisfy constraint: Member must'
  assert.equal(faults(''), undefined)
  for (const [query, message] of [
    ['DurationSeconds.x=900', `Value '' at 'durationSeconds' ${failed} be an integer`],
    [
      'ExternalId.x=abc',
      `Value '' at 'externalId' ${failed} have length greater than or equal to 2`,
    ],
    ['DurationSeconds=9e2', `Value '9e2' at 'durationSeconds' ${failed} be an integer`],
    ['DurationSeconds=a900', `Value 'a900' at 'durationSeconds' ${failed} be an integer`],
    ['DurationSeconds=900s', `Value '900s' at 'durationSeconds' ${failed} be an integer`],
    [
      'Tags.member.3.Key=a&Tags.member.3.Value=&Tags.member.7.Value=b',
      `Value null at 'tags.2.member.key' ${failed} not be null`,
    ],
    ['Tags.member.1.Key=a', `Value null at 'tags.1.member.value' ${failed} not be null`],
  ] as const) {
    assert.equal(faults(query), `1 validation error detected: ${message}`)
  }
})

test("every region of botocore's list is in its partition", { skip }, () => {
  const { partitions } = JSON.parse(readFileSync(join(DATA, 'partitions.json'), 'utf8')) as {
    partitions: { id: string; regions: Record<string, unknown> }[]
  }
  assert.ok(partitions.length >= 8)
  for (const { id, regions } of partitions) {
    for (const region of Object.keys(regions).filter((name) => !name.endsWith('-global'))) {
      assert.equal(partitionOf(region), id, region)
    }
  }
  assert.equal(partitionOf('nowhere-1'), undefined)
})
