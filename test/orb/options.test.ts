import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ASSUME_ROLE_OPTIONS } from '../../src/commands/assume-role-options.ts'
import { environmentName, OPTIONS, type OptionName, type OptionSpec } from '../../src/options.ts'
import { orb } from './packed-orb.ts'
import type { Values } from './parameters.ts'

interface Component {
  readonly parameters: Readonly<Record<string, Values>>
  readonly steps: readonly Values[]
}
const { commands, jobs } = orb as unknown as Record<
  'commands' | 'jobs',
  Readonly<Record<string, Component>>
>

/** Parameters that are the orb's own, by component. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  'assume-role': ['install', 'when'],
  run: ['executor', 'checkout', 'steps'],
}

/** How an option looks as a parameter. Numbers are strings, so that they can hold $NAME. */
function parameterOf(name: OptionName): Values {
  const spec: OptionSpec = OPTIONS[name]
  const { kind, choices = [], description, default: value } = spec
  if (kind === 'flag') return { type: 'boolean', description, default: false }
  if (kind !== 'choice') return { type: 'string', description, default: String(value ?? '') }
  if (value !== undefined) return { type: 'enum', enum: choices, description, default: value }
  // An enum cannot be left out, so this one is a string, and the helper checks it.
  return { type: 'string', description: `${description}: ${choices.join(', ')}`, default: '' }
}

function assertParameters(name: string, component: Component | undefined) {
  const expected = ASSUME_ROLE_OPTIONS.map((option) => [option, parameterOf(option)])
  const own = Object.entries(component?.parameters ?? {}).filter(([key]) =>
    OWN[name]?.includes(key),
  )
  assert.deepEqual(component?.parameters, Object.fromEntries([...expected, ...own]))
  assert.equal(own.length, OWN[name]?.length)
}

describe('the parameters are the options of assume-role', () => {
  test('command assume-role', () => assertParameters('assume-role', commands['assume-role']))
  test('job run', () => assertParameters('run', jobs['run']))
})

test('every option reaches the helper as its environment variable', () => {
  const steps = commands['assume-role']?.steps ?? []
  const run = steps.map((step) => step['run'] as Values | undefined).find(Boolean)
  assert.deepEqual(run?.['environment'], {
    AWS_OIDC_ORB_COMMAND: 'assume-role',
    ...Object.fromEntries(
      ASSUME_ROLE_OPTIONS.map((name) => [environmentName(name), `<<parameters.${name}>>`]),
    ),
  })
})

test('the job gives every parameter on', () => {
  const steps = jobs['run']?.steps ?? []
  const use = steps.map((step) => step['assume-role'] as Values | undefined).find(Boolean)
  assert.deepEqual(
    use,
    Object.fromEntries(ASSUME_ROLE_OPTIONS.map((name) => [name, `<<parameters.${name}>>`])),
  )
})
