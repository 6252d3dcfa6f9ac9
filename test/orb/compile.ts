import { holds } from './condition.ts'
import {
  bindParameters,
  ConfigError,
  environmentText,
  substitute,
  type Value,
  type Values,
} from './parameters.ts'

export type When = 'on_success' | 'always' | 'on_fail'

export interface RunStep {
  readonly name: string
  readonly command: string
  readonly environment: Readonly<Record<string, string>>
  readonly when: When
  readonly shell: string | undefined
  readonly background: boolean
  /** CircleCI's own steps right before this one: `checkout`, … */
  readonly after: readonly string[]
}

export interface Job {
  readonly name: string
  /** The executor's keys: `docker`, `machine`, `environment`, `shell`, … */
  readonly executor: Values
  readonly environment: Readonly<Record<string, string>>
  readonly shell: string | undefined
  readonly steps: readonly RunStep[]
}

/** What names can stand for in a config or in an orb. */
interface Definitions {
  readonly commands: Values
  readonly jobs: Values
  readonly executors: Values
  readonly orbs: Readonly<Record<string, Definitions>>
}

const BUILT_IN = new Set([
  'checkout',
  'setup_remote_docker',
  'save_cache',
  'restore_cache',
  'store_artifacts',
  'store_test_results',
  'persist_to_workspace',
  'attach_workspace',
  'add_ssh_keys',
])

/** The jobs of a config's workflows, or all its jobs without workflows, resolved as CircleCI does. */
export function compile(config: Values): Job[] {
  const definitions = define(config)
  const workflows = Object.entries(map(config['workflows'])).filter(([name]) => name !== 'version')
  const used = workflows.flatMap(([, workflow]) => map(workflow)['jobs'] as Value[])
  const jobs = workflows.length > 0 ? used : Object.keys(definitions.jobs)
  return jobs.flatMap(expandMatrix).map((use) => compileJob(use, definitions))
}

/** https://circleci.com/docs/configuration-reference/#matrix: a job for each combination of the values. */
function expandMatrix(use: Value): Value[] {
  if (typeof use === 'string') return [use]
  const [name, given] = invocation(use)
  const { matrix, ...rest } = map(given)
  if (matrix === undefined) return [use]
  let combinations: Values[] = [{}]
  for (const [parameter, values] of Object.entries(map(map(matrix)['parameters']))) {
    combinations = combinations.flatMap((one) =>
      (values as Value[]).map((value) => ({ ...one, [parameter]: value })),
    )
  }
  return combinations.map((values) => ({ [name]: { ...rest, ...values } }))
}

function define(source: Values): Definitions {
  // Published orbs cannot be looked up here; only a config that uses one is refused.
  const inline = Object.entries(map(source['orbs'])).filter(([, orb]) => typeof orb !== 'string')
  const orbs = inline.map(([name, orb]) => [name, define(map(orb))])
  return {
    commands: map(source['commands']),
    jobs: map(source['jobs']),
    executors: map(source['executors']),
    orbs: Object.fromEntries(orbs),
  }
}

const WORKFLOW_KEYS = new Set(['requires', 'context', 'filters', 'type', 'name'])

function compileJob(use: Value, config: Definitions): Job {
  const [name, unresolved] = invocation(use)
  const given = map(substitute(unresolved, {}))
  const { definition, scope } = find('jobs', name, config)
  const { 'pre-steps': before = [], 'post-steps': after = [], ...rest } = given
  const own = Object.entries(rest).filter(([key]) => !WORKFLOW_KEYS.has(key))
  const values = bind(definition, Object.fromEntries(own), `job ${name}`)
  const { steps, parameters: _, ...body } = definition
  const job = map(substitute(body, values))
  const executor = job['executor'] ? resolveExecutor(job['executor'], scope, config) : job
  return {
    name: String(given['name'] ?? name),
    executor,
    environment: environment({ ...map(executor['environment']), ...map(job['environment']) }),
    shell: (job['shell'] ?? executor['shell']) as string | undefined,
    steps: runSteps([
      ...compileSteps(before as Value[], config),
      ...compileSteps(substitute(steps, values) as Value[], scope, config),
      ...compileSteps(after as Value[], config),
    ]),
  }
}

function runSteps(steps: readonly (RunStep | string)[]): RunStep[] {
  let after: string[] = []
  return steps.flatMap((step) => {
    if (typeof step === 'string') {
      after.push(step)
      return []
    }
    const before = after
    after = []
    return [{ ...step, after: before }]
  })
}

function resolveExecutor(use: Value, scope: Definitions, config: Definitions): Values {
  const given = typeof use === 'string' ? { name: use } : map(use)
  const { name, ...values } = given
  // An executor given to an orb's job is named in the config that uses it.
  const known = [scope, config].find((one) => has('executors', String(name), one)) ?? scope
  const { definition } = find('executors', String(name), known)
  const { parameters: _, ...body } = definition
  return map(substitute(body, bind(definition, values, `executor ${name}`)))
}

/** CircleCI's own steps by name. `caller` knows the commands that steps given as a parameter are made of. */
function compileSteps(
  steps: Value[],
  scope: Definitions,
  caller = scope,
): readonly (RunStep | string)[] {
  return steps.flatMap((step) => {
    const [name, body] = typeof step === 'string' ? [step, {}] : invocation(step)
    if (BUILT_IN.has(name)) return [name]
    if (name === 'run') return [runStep(Object.values(map(step))[0])]
    if (name === 'steps') return compileSteps(Object.values(map(step))[0] as Value[], scope, caller)
    if (name === 'when' || name === 'unless') {
      const chosen = holds(body['condition']) === (name === 'when')
      return chosen ? compileSteps(body['steps'] as Value[], scope, caller) : []
    }
    const home = [scope, caller].find((one) => has('commands', name, one)) ?? scope
    const { definition, scope: inner } = find('commands', name, home)
    const values = bind(definition, body, `command ${name}`)
    return compileSteps(substitute(definition['steps'], values) as Value[], inner, caller)
  })
}

function runStep(body: Value): RunStep {
  const step = map(typeof body === 'string' ? { command: body } : body)
  const { name, command, shell } = step
  if (typeof command !== 'string') throw new ConfigError(`A run step has no command: ${name}`)
  return {
    name: String(name ?? command),
    command,
    environment: environment(map(step['environment'])),
    when: (step['when'] ?? 'on_success') as When,
    shell: shell as string | undefined,
    background: step['background'] === true,
    after: [],
  }
}

function bind(definition: Values, given: Values, where: string): Values {
  const values = bindParameters(map(definition['parameters']), given, where)
  const names = Object.entries(values).map(([key, value]) => [`parameters.${key}`, value])
  return Object.fromEntries(names)
}

type Kind = 'commands' | 'jobs' | 'executors'

function has(kind: Kind, name: string, scope: Definitions): boolean {
  const [orb, inner] = name.includes('/') ? name.split('/') : [undefined, name]
  const home = orb === undefined ? scope : scope.orbs[orb]
  return home !== undefined && inner !== undefined && Object.hasOwn(home[kind], inner)
}

function find(kind: Kind, name: string, scope: Definitions) {
  if (!has(kind, name, scope)) throw new ConfigError(`Cannot find a definition for ${name}`)
  const [orb, inner = ''] = name.includes('/') ? name.split('/') : [undefined, name]
  const home = orb === undefined ? scope : (scope.orbs[orb] as Definitions)
  return { definition: map(home[kind][inner]), scope: home }
}

function invocation(use: Value): readonly [string, Values] {
  if (typeof use === 'string') return [use, {}]
  const [[name, body] = [''], ...more] = Object.entries(map(use))
  if (more.length > 0) throw new ConfigError(`One key expected: ${Object.keys(map(use))}`)
  return [name, typeof body === 'object' && body ? (body as Values) : {}]
}

function environment(variables: Values): Record<string, string> {
  const entries = Object.entries(variables)
  return Object.fromEntries(entries.map(([name, value]) => [name, environmentText(value)]))
}

function map(value: Value): Values {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ConfigError(`A map expected: ${JSON.stringify(value)}`)
  }
  return value as Values
}
