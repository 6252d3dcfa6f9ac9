import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { COMMANDS } from '../../src/command-table.ts'
import { parameterVariable } from '../../src/option-values.ts'
import { OPTIONS, type OptionName, type OptionSpec } from '../../src/options.ts'
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

/** What the orb's copy can't do: it reads no token of another CI, and a step has no stdin. */
const NOT_IN_ORB: readonly string[] = [
  ...['github', 'gitlab', 'bitbucket', 'buildkite', 'jenkins'],
  'stdin',
]

/** How an option looks as a parameter. Numbers are strings, so that they can hold $NAME. */
function parameterOf(name: OptionName, description: string): Values {
  const { kind, default: value, ...spec }: OptionSpec = OPTIONS[name]
  const choices = (spec.choices ?? []).filter(
    (choice) => name !== 'token-source' || !NOT_IN_ORB.includes(choice),
  )
  if (kind === 'flag') return { type: 'boolean', description, default: false }
  if (kind !== 'choice') return { type: 'string', description, default: String(value ?? '') }
  if (value !== undefined) return { type: 'enum', enum: choices, description, default: value }
  // An enum cannot be left out, so this one is a string, and the helper checks it.
  return { type: 'string', description: `${description}: ${choices.join(', ')}`, default: '' }
}

/** The text of a profiles file travels beside the options. */
function variableOf(parameter: OptionName | 'profiles'): string {
  return parameter === 'profiles' ? 'AWS_OIDC_ORB_PROFILES' : parameterVariable(parameter)
}

// The copy in the orb has no trust evaluator.
const ORB_DOCTOR_OPTIONS = COMMANDS.doctor.options.filter((option) => option !== 'trust-policy')

const INSTALLING = ['helper', 'install-node', 'node-mirror', 'node-version', 'node-sha256']
const DESCRIPTIONS = { 'token-env': 'Variable that holds the token (source env)' }
const DOCTOR_DESCRIPTIONS = { ...DESCRIPTIONS, ...COMMANDS.doctor.descriptions }

/** What has a command's options as parameters, and which parameters are its own. */
const COMPONENTS: readonly {
  readonly name: string
  readonly component: Component | undefined
  readonly options: readonly OptionName[]
  readonly own: readonly string[]
  /** What an option means to this command, as its help says. */
  readonly descriptions?: Readonly<Partial<Record<OptionName, string>>>
}[] = [
  {
    name: 'command assume-role',
    component: commands['assume-role'],
    options: COMMANDS['assume-role'].options,
    own: ['profiles', ...INSTALLING, 'when'],
    descriptions: DESCRIPTIONS,
  },
  {
    name: 'job run',
    component: jobs['run'],
    options: COMMANDS['assume-role'].options,
    own: ['profiles', ...INSTALLING, 'executor', 'checkout', 'steps'],
    descriptions: DESCRIPTIONS,
  },
  {
    name: 'command whoami',
    component: commands['whoami'],
    options: COMMANDS.whoami.options,
    own: ['when'],
    descriptions: COMMANDS.whoami.descriptions,
  },
  {
    name: 'command doctor',
    component: commands['doctor'],
    options: ORB_DOCTOR_OPTIONS,
    own: ['profiles', ...INSTALLING, 'when'],
    descriptions: DOCTOR_DESCRIPTIONS,
  },
  {
    name: 'job doctor',
    component: jobs['doctor'],
    options: ORB_DOCTOR_OPTIONS,
    own: ['profiles', ...INSTALLING, 'executor', 'checkout'],
    descriptions: DOCTOR_DESCRIPTIONS,
  },
  {
    name: 'command cleanup',
    component: commands['cleanup'],
    options: COMMANDS.cleanup.options,
    own: ['when'],
    descriptions: COMMANDS.cleanup.descriptions,
  },
]

describe('the parameters are the options', () => {
  for (const { name, component, options, own, descriptions = {} } of COMPONENTS) {
    test(name, () => {
      const actual = Object.entries(component?.parameters ?? {})
      const [others, same] = [true, false].map((mine) =>
        Object.fromEntries(actual.filter(([key]) => own.includes(key) === mine)),
      )
      const expected = options.map((one) => [
        one,
        parameterOf(one, descriptions[one] ?? OPTIONS[one].description),
      ])
      assert.deepEqual(same, Object.fromEntries(expected))
      assert.deepEqual(Object.keys(others ?? {}).sort(), [...own].sort())
    })
  }
})

/** Every `run` step, however deep. */
function runSteps(value: unknown): Values[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'run' in value ? [value.run as Values] : []
  return [...own, ...Object.values(value).flatMap(runSteps)]
}

describe('every option reaches the helper as a variable of its own', () => {
  for (const [command, options] of [
    ['assume-role', ['profiles', ...COMMANDS['assume-role'].options]],
    ['whoami', COMMANDS.whoami.options],
    ['cleanup', COMMANDS.cleanup.options],
    ['doctor', ['profiles', ...ORB_DOCTOR_OPTIONS]],
  ] as const) {
    test(command, () => {
      const runs = runSteps(commands[command]?.steps).filter(({ environment }) => environment)
      const variables = options.map((one) => [variableOf(one), `<<parameters.${one}>>`])
      assert.ok(runs.length > 0)
      for (const { environment } of runs) {
        assert.deepEqual(environment, {
          AWS_OIDC_ORB_COMMAND: command,
          ...Object.fromEntries(variables),
        })
      }
    })
  }
})

describe('a job gives every parameter on', () => {
  for (const [job, command, options] of [
    ['run', 'assume-role', COMMANDS['assume-role'].options],
    ['doctor', 'doctor', ORB_DOCTOR_OPTIONS],
  ] as const) {
    test(job, () => {
      const steps = jobs[job]?.steps ?? []
      const use = steps.map((step) => step[command] as Values | undefined).find(Boolean)
      const given = ['profiles', ...options, ...INSTALLING].map((name) => [
        name,
        `<<parameters.${name}>>`,
      ])
      assert.deepEqual(use, Object.fromEntries(given))
    })
  }
})
