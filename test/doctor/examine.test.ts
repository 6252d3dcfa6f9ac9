import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { runHere } from '../acceptance/run-here.ts'
import { AWS_SET_UPS } from './aws-set-ups.ts'
import { COMBINED_SET_UPS } from './combined-set-ups.ts'
import { FILE_SET_UPS, LOCAL_SET_UPS } from './local-set-ups.ts'
import { startBroken } from './set-ups.ts'
import { TOKEN_SET_UPS } from './token-set-ups.ts'

const SET_UPS = [TOKEN_SET_UPS, AWS_SET_UPS, FILE_SET_UPS, LOCAL_SET_UPS, COMBINED_SET_UPS]

let sandbox: Sandbox

// All sandboxes have one key: making one takes longer than a test.
const { subtle } = crypto
const generateKey = subtle.generateKey.bind(subtle) as (...given: unknown[]) => Promise<unknown>
const keys = new Map<string, Promise<unknown>>()
before(async () => {
  const generateOnce: typeof generateKey = (...given) => {
    const kind = JSON.stringify(given)
    if (!keys.has(kind)) keys.set(kind, generateKey(...given))
    return keys.get(kind) ?? generateKey(...given)
  }
  Object.assign(subtle, { generateKey: generateOnce })
  sandbox = await startSandbox()
})
after(() => {
  Object.assign(subtle, { generateKey })
  sandbox.close()
})

/** What is wrong by its code, and what was not checked, in the order of the report. */
function told(report: string): string[] {
  const found = report.matchAll(
    /^- Not checked: (.*)$|^ {4}More: npx circleci-aws-oidc explain (.*)$/gm,
  )
  return [...found].map(([, skipped, id]) => skipped ?? id ?? '')
}

for (const setUp of SET_UPS.flat()) {
  test(`one finding for one cause: ${setUp.name}`, async (t) => {
    const { job, args, settings } = await startBroken(t, setUp, sandbox)
    // These only a process of its own has.
    if (settings.asNobody || settings.env?.['NODE_OPTIONS']) return
    const { code, stdout } = await runHere(args, { ...job.env, ...settings.env })
    const [first = ''] = stdout.split('\n')
    assert.match(first, setUp.first)
    assert.equal(code, setUp.code)
    const [, ...also] = told(stdout)
    assert.deepEqual(also, setUp.also ?? [], stdout)
  })
}
