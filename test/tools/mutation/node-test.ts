import { mock } from 'node:test'

type Body = (context: object) => unknown
type Arguments = readonly unknown[]

interface Suite {
  readonly name: string
  readonly parent: Suite | undefined
  readonly isSkipped: boolean
  readonly children: (Suite | Test)[]
  readonly before: Body[]
  readonly after: Body[]
  readonly beforeEach: Body[]
  readonly afterEach: Body[]
}

export interface Test {
  readonly id: string
  readonly name: string
  readonly isSkipped: boolean
  readonly body: Body
}

/** What of `node:test` the tests use, for running them again and again in one process. */
export function collectTests(file: string, load: (nodeTest: object) => void): TestFile {
  const root = suiteOf(file, undefined, false)
  const tests = new Map<string, Test>()
  let current = root

  const test = (...given: Arguments) => {
    const { name, isSkipped, body } = read(given)
    let id = `${pathOf(current)} > ${name}`
    while (tests.has(id)) id += ' again'
    const one = { id, name, isSkipped: isSkipped || isIn(current), body }
    tests.set(id, one)
    current.children.push(one)
  }
  const describe = (...given: Arguments) => {
    const { name, isSkipped, body } = read(given)
    const suite = suiteOf(name, current, isSkipped)
    current.children.push(suite)
    current = suite
    body({})
    current = suite.parent ?? root
  }
  const hook = (kind: 'before' | 'after' | 'beforeEach' | 'afterEach') => (body: Body) =>
    void current[kind].push(body)
  const [before, after] = [hook('before'), hook('after')]
  const all = { test, it: test, describe, suite: describe, before, after, mock }
  load(Object.assign(test, all, { beforeEach: hook('beforeEach'), afterEach: hook('afterEach') }))
  return { root, tests }
}

export interface TestFile {
  readonly root: Suite
  readonly tests: ReadonlyMap<string, Test>
}

/**
 * Runs the chosen tests of a file, with the hooks around them; `around` runs one test and tells whether to
 * go on; it is told how many milliseconds the hooks around its suites took.
 */
export async function runTests(
  { root }: TestFile,
  isChosen: (test: Test) => boolean,
  around: (test: Test, run: () => Promise<void>, hooks: number) => Promise<boolean>,
): Promise<void> {
  let goesOn = true
  const has = (one: Suite | Test): boolean =>
    'children' in one ? one.children.some(has) : isChosen(one) && !one.isSkipped
  const runSuite = async (suite: Suite, beforeEach: Body[], afterEach: Body[], hooks: number) => {
    const first = [...beforeEach, ...suite.beforeEach]
    const last = [...suite.afterEach, ...afterEach]
    const start = performance.now()
    const failed = await failureOf(suite.before)
    const ownHooks = hooks + performance.now() - start
    for (const child of suite.children) {
      if (!goesOn || !has(child)) continue
      if ('children' in child) await runSuite(child, first, last, ownHooks)
      else {
        const run = async () => {
          if (failed) throw failed.error
          try {
            for (const body of first) await body({})
            await runBody(child.name, child.body)
          } finally {
            mock.reset()
            for (const body of last) await body({})
          }
        }
        goesOn = await around(child, run, ownHooks)
      }
    }
    await failureOf(suite.after)
  }
  if (has(root)) await runSuite(root, [], [], 0)
}

async function runBody(name: string, body: Body): Promise<void> {
  const cleanUps: Body[] = []
  const signal = new AbortController()
  const nothing = () => {}
  const context = {
    name,
    mock,
    signal: signal.signal,
    after: (cleanUp: Body) => void cleanUps.push(cleanUp),
    test: async (...given: Arguments) => {
      const part = read(given)
      if (!part.isSkipped) await runBody(part.name, part.body)
    },
    diagnostic: nothing,
    skip: nothing,
    plan: nothing,
  }
  try {
    await body(context)
  } finally {
    for (const cleanUp of cleanUps) await cleanUp(context)
    signal.abort()
  }
}

async function failureOf(hooks: readonly Body[]): Promise<{ error: unknown } | undefined> {
  try {
    for (const body of hooks) await body({})
    return undefined
  } catch (error) {
    return { error }
  }
}

function read(given: Arguments) {
  const name = typeof given[0] === 'string' ? given[0] : ''
  const options = given.find((one) => typeof one === 'object') as { skip?: unknown } | undefined
  const body = given.find((one) => typeof one === 'function') as Body | undefined
  return { name, isSkipped: Boolean(options?.skip), body: body ?? (() => {}) }
}

function suiteOf(name: string, parent: Suite | undefined, isSkipped: boolean): Suite {
  return {
    ...{ name, parent, isSkipped: isSkipped || (parent?.isSkipped ?? false), children: [] },
    ...{ before: [], after: [], beforeEach: [], afterEach: [] },
  }
}

function isIn(suite: Suite): boolean {
  return suite.isSkipped
}

function pathOf({ name, parent }: Suite): string {
  return parent ? `${pathOf(parent)} > ${name}` : name
}
