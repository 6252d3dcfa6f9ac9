import childProcess from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { compileFunction, constants } from 'node:vm'
import { AT_END, bundled } from './bundle.ts'
import { collectTests, runTests } from './node-test.ts'

// Runs tests for Stryker, in its worker: each test file is bundled once with the instrumented sources and then
// evaluated afresh for each change, in the same process, so that a change costs milliseconds.

interface Coverage {
  readonly static: Record<string, number>
  readonly perTest: Record<string, Record<string, number>>
}

interface Result {
  readonly id: string
  readonly name: string
  readonly fileName: string
  readonly timeSpentMs: number
  /** Stryker's numbers: 0 passed, 1 failed. */
  readonly status: 0 | 1
  readonly failureMessage: string
}

interface MutantRun {
  readonly activeMutant: { readonly id: string }
  readonly testFilter?: readonly string[]
  readonly hitLimit?: number
}

/** What instrumented code reads and counts, here and, by the variables, in the built CLI that tests start. */
const state: {
  activeMutant?: string | undefined
  currentTestId?: string | undefined
  mutantCoverage?: Coverage
  hitCount?: number | undefined
  hitLimit?: number | undefined
} = {}
Object.assign(globalThis, { __stryker__: state })
const ACTIVE = '__STRYKER_ACTIVE_MUTANT__'
const REACHED = 'MUTATION_REACHED'
/** Also programs that tests run as another user write here. */
let reachedFile = ''
const AT_END_FILE = 'at-end.cjs'
const TIMES_FILE = 'times.json'
/** Tests that fail without any change: here, where all that is installed is node_modules. */
const LEFT_OUT_FILE = '../../left-out.txt'
/** How long tests may take, in milliseconds, with their hooks. */
interface Patience {
  /** Tests that take longer are run only for what no quicker one reaches. */
  readonly slow: number
  /** Tests that take longer are not run for changes at all. */
  readonly tooSlow: number
  /** All tests of one change, the quickest first. */
  readonly each: number
}

class InProcessRunner {
  static inject = ['options'] as const
  readonly #names: readonly string[]
  readonly #patience: Patience
  readonly #files = new Map<string, (nodeTest: object) => void>()
  #times = new Map<string, number>()
  /** What of them the hooks of a test's suite took, which the suite's tests share. */
  readonly #hooks = new Map<string, number>()
  #strayError: { readonly error: unknown } | undefined

  constructor(options: { readonly mutationTests: readonly string[]; readonly patience: Patience }) {
    this.#names = options.mutationTests
    this.#patience = options.patience
  }

  capabilities() {
    return { reloadEnvironment: true }
  }

  async init() {
    // The built CLI is in it, which some tests run as another user.
    chmodSync('.', 0o755)
    writeFileSync(AT_END_FILE, AT_END)
    for (const event of ['unhandledRejection', 'uncaughtException']) {
      process.on(event, (error) => {
        this.#strayError ??= { error }
      })
    }
    for (const name of this.#names) this.#files.set(name, evaluation(await bundled(name)))
    if (existsSync(TIMES_FILE)) this.#times = new Map(JSON.parse(readFileSync(TIMES_FILE, 'utf8')))
  }

  async dryRun() {
    const coverage: Coverage = { static: {}, perTest: {} }
    state.mutantCoverage = coverage
    reachedFile = join(mkdtempSync(join(tmpdir(), 'reached-')), 'mutants.txt')
    chmodSync(dirname(reachedFile), 0o755)
    writeFileSync(reachedFile, '')
    chmodSync(reachedFile, 0o666)
    process.env[REACHED] = reachedFile
    const results: Result[] = []
    const { slow, tooSlow, each } = this.#patience
    const slowTests = new Set<string>()
    for (const name of this.#names) {
      const own = await this.#runFile(name, undefined)
      results.push(...own)
      // What loading a file reaches, each of its tests reaches.
      const loaded = { ...coverage.static }
      for (const { id, timeSpentMs } of own) {
        this.#times.set(id, timeSpentMs)
        if (timeSpentMs > slow) slowTests.add(id)
        coverage.perTest[id] = timeSpentMs > tooSlow ? {} : { ...loaded, ...coverage.perTest[id] }
      }
      for (const key of Object.keys(loaded)) delete coverage.static[key]
    }
    const leftOut = results.filter(({ status }) => status === 1)
    for (const { id } of leftOut) delete coverage.perTest[id]
    leaveToQuickOnes(coverage, slowTests)
    keepWithin(each, coverage, this.#times, this.#hooks)
    writeFileSync(
      LEFT_OUT_FILE,
      leftOut.map(({ id, failureMessage }) => `${id}: ${failureMessage}\n`).join(''),
    )
    delete process.env[REACHED]
    rmSync(dirname(reachedFile), { recursive: true })
    writeFileSync(TIMES_FILE, JSON.stringify([...this.#times]))
    const tests = results.filter(({ status }) => status === 0)
    return { status: 'complete', tests, mutantCoverage: coverage }
  }

  async mutantRun({ activeMutant, testFilter = [], hitLimit }: MutantRun) {
    Object.assign(state, { activeMutant: activeMutant.id, hitLimit, hitCount: 0 })
    process.env[ACTIVE] = activeMutant.id
    const timeOf = (name: string) =>
      testFilter
        .filter((id) => id.startsWith(`${name} > `))
        .reduce((sum, id) => sum + (this.#times.get(id) ?? 0), 0)
    const names = this.#names
      .filter((name) => testFilter.some((id) => id.startsWith(`${name} > `)))
      .toSorted((one, other) => timeOf(one) - timeOf(other))
    let nrOfTests = 0
    try {
      for (const name of names) {
        const results = await this.#runFile(name, new Set(testFilter))
        nrOfTests += results.length
        const failed = results.find(({ status }) => status === 1)
        if (state.hitCount !== undefined && hitLimit !== undefined && state.hitCount > hitLimit) {
          return { status: 'timeout' }
        }
        if (failed) {
          const { id, failureMessage } = failed
          return { status: 'killed', killedBy: [id], failureMessage, nrOfTests }
        }
      }
      return { status: 'survived', nrOfTests }
    } finally {
      delete process.env[ACTIVE]
      Object.assign(state, { activeMutant: undefined, hitLimit: undefined, hitCount: undefined })
    }
  }

  /** Runs tests of a file, with a change until the first that fails. */
  async #runFile(fileName: string, chosen: ReadonlySet<string> | undefined): Promise<Result[]> {
    const results: Result[] = []
    const result = (id: string, start: number, failure: { error: unknown } | undefined) => {
      const failureMessage = failure ? String(failure.error) : ''
      const timeSpentMs = performance.now() - start
      const status = failure ? 1 : 0
      results.push({ id, name: id, fileName, timeSpentMs, status, failureMessage })
    }
    const start = performance.now()
    try {
      const load = this.#files.get(fileName) ?? (() => {})
      const file = collectTests(fileName, load)
      await runTests(
        file,
        ({ id }) => chosen?.has(id) ?? true,
        async ({ id }, run, hooks) => {
          // What the hooks of its suite started counts for all tests of the file.
          if (!chosen) takeReached(undefined)
          const begun = performance.now() - hooks
          if (!chosen) this.#hooks.set(id, hooks)
          state.currentTestId = id
          this.#strayError = undefined
          const failure = await run().then(
            () => this.#strayError,
            (error: unknown) => ({ error }),
          )
          state.currentTestId = undefined
          if (!chosen) takeReached(id)
          result(id, begun, failure)
          return !chosen || !failure
        },
      )
    } catch (error) {
      state.currentTestId = undefined
      result([...(chosen ?? [`${fileName} > loads`])].join(), start, { error })
    }
    return results
  }
}

/** Slow tests are run only for what no quick one reaches. */
function leaveToQuickOnes({ perTest }: Coverage, slow: ReadonlySet<string>): void {
  const quick = Object.entries(perTest).filter(([id]) => !slow.has(id))
  const reached = new Set(quick.flatMap(([, ids]) => Object.keys(ids)))
  for (const id of slow) {
    const own = Object.entries(perTest[id] ?? {}).filter(([mutant]) => !reached.has(mutant))
    if (perTest[id]) perTest[id] = Object.fromEntries(own)
  }
}

/** Each change gets its quickest tests, as many as this time allows, and always one. */
function keepWithin(
  limit: number,
  { perTest }: Coverage,
  times: ReadonlyMap<string, number>,
  hooks: ReadonlyMap<string, number>,
): void {
  const spent = new Map<string, number>()
  const begun = new Set<string>()
  const quickestFirst = [...times].toSorted(([, one], [, other]) => one - other)
  for (const [id, time] of quickestFirst) {
    const suite = id.slice(0, id.lastIndexOf(' > '))
    const own = Object.entries(perTest[id] ?? {}).filter(([mutant]) => {
      const before = spent.get(mutant) ?? 0
      const inSuite = `${mutant} ${suite}`
      const after = before + time - (begun.has(inSuite) ? (hooks.get(id) ?? 0) : 0)
      if (before > 0 && after > limit) return false
      spent.set(mutant, after)
      begun.add(inSuite)
      return true
    })
    if (perTest[id]) perTest[id] = Object.fromEntries(own)
  }
}

/** What evaluates a bundle, as a module whose `node:test` is ours. */
function evaluation(code: string): (nodeTest: object) => void {
  const require = createRequire(resolve('package.json'))
  const evaluate = compileFunction(code, ['require', 'module', 'exports'], {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  return (nodeTest) => {
    const load = (name: string) => {
      if (name === 'node:test') return nodeTest
      return name === 'node:child_process' ? passingOn : require(name)
    }
    const module = { exports: {} }
    evaluate(Object.assign(load, require), module, module.exports)
  }
}

/** `node:child_process`, for children with an environment of their own in which the change is to be active as well. */
const passingOn = Object.fromEntries(
  Object.entries(childProcess).map(([name, value]) => {
    if (typeof value !== 'function' || !/^(spawn|execFile|fork)/.test(name)) return [name, value]
    const start = value as (...given: unknown[]) => unknown
    const started = promisify(start) as typeof start
    const passing = (...given: unknown[]) => start(...reporting(given).map(withVariables))
    const promise = (...given: unknown[]) => started(...reporting(given).map(withVariables))
    return [name, Object.assign(passing, { [promisify.custom]: promise })]
  }),
)

/** Lets each Node tell what it reached, also where it runs no built program. */
function reporting([program, args, ...rest]: readonly unknown[]): unknown[] {
  const isNode = program === process.execPath && Array.isArray(args) && process.env[REACHED]
  return [program, isNode ? ['--require', resolve(AT_END_FILE), ...args] : args, ...rest]
}

function withVariables(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || !('env' in given)) return given
  const { [ACTIVE]: active, [REACHED]: reached } = process.env
  return { ...given, env: { ...(given.env as object), [ACTIVE]: active, [REACHED]: reached } }
}

/** Adds to a test, or to all of its file, what the programs that it started wrote at their end. */
function takeReached(test: string | undefined): void {
  const ids = readFileSync(reachedFile, 'utf8').split(/[\n,]/).filter(Boolean)
  writeFileSync(reachedFile, '')
  const { perTest = {}, static: loaded = {} } = state.mutantCoverage ?? {}
  if (test !== undefined) perTest[test] ??= {}
  const reached = test === undefined ? loaded : perTest[test]
  for (const id of ids) if (reached) reached[id] = (reached[id] ?? 0) + 1
}

export const strykerValidationSchema = {
  properties: { mutationTests: { type: 'array' }, patience: { type: 'object' } },
}
export const strykerPlugins = [
  { kind: 'TestRunner', name: 'in-process', injectableClass: InProcessRunner },
  { kind: 'Ignore', name: 'texts', value: { shouldIgnore: isText } },
]

interface NodePath {
  readonly node: { readonly type: string; readonly value?: unknown }
  readonly parent: { readonly type: string }
  readonly parentPath: NodePath | null
}

/** What is no logic: sentences for people, and the `''` of `[, name = '']` that only the type checker asks for. */
function isText({ node, parent, parentPath }: NodePath): string | undefined {
  if (node.type !== 'StringLiteral') return undefined
  const isDefault =
    parent.type === 'AssignmentPattern' && parentPath?.parent.type === 'ArrayPattern'
  if (node.value === '' && isDefault) return 'a default without a meaning'
  return /[a-z,;:.] [A-Za-z]/.test(String(node.value)) ? 'a text for people' : undefined
}
