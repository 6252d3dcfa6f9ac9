import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { without } from '../tools/programs.ts'
import { compileWithOrb } from './config.ts'
import { openHost, runJob } from './job-runner.ts'
import { orb } from './packed-orb.ts'
import type { Values } from './parameters.ts'
import { addTool } from './tools.ts'

// What a job's parameters do is what those of its command do: injection.test.ts looks at these.

/** The jobs of the orb, by the command that each gives its parameters to. */
const COMMANDS: Readonly<Record<string, string>> = { run: 'assume-role', doctor: 'doctor' }
const jobs = orb['jobs'] as Readonly<
  Record<string, { parameters: Readonly<Record<string, Values>> }>
>

const targets = Object.entries(jobs).flatMap(([job, { parameters }]) =>
  Object.entries(parameters)
    .filter(([, { type }]) => type === 'string')
    .map(([parameter]) => ({ job, command: COMMANDS[job], parameter })),
)

const executors = { node: { docker: [{ image: 'cimg/node:lts' }] } }

function stepsOfJob(job: string, values: Values) {
  const steps = job === 'run' ? { steps: [] } : {}
  const use = { [`aws-oidc/${job}`]: { executor: 'node', checkout: false, ...steps, ...values } }
  return compileWithOrb({ executors, workflows: { w: { jobs: [use] } } })[0]
}

/** The job `run` cleans up after itself. */
function stepsOfCommand(command: string, values: Values) {
  const cleanup = command === 'assume-role' ? ['aws-oidc/cleanup'] : []
  const job = { executor: 'node', steps: [{ [`aws-oidc/${command}`]: values }, ...cleanup] }
  return compileWithOrb({ executors, jobs: { job } })[0]
}

test('every job has a command', () => {
  assert.deepEqual(Object.keys(COMMANDS).sort(), Object.keys(jobs).sort())
})

describe('a parameter of a job is data', { skip: without('dash') }, () => {
  for (const { job, command = '', parameter } of targets) {
    test(`${job}, ${parameter}`, async (t) => {
      // The config's own references, `<<…>>`, are CircleCI's matter.
      const text = fc.string({ unit: 'binary' }).filter((one) => !one.includes('<<'))
      fc.assert(
        fc.property(text, (value) => {
          const values = { [parameter]: value }
          assert.deepEqual(stepsOfJob(job, values)?.steps, stepsOfCommand(command, values)?.steps)
        }),
        { numRuns: 50 },
      )

      const host = await openHost(t)
      addTool(host.bin, 'pwn', `: > '${join(host.root, 'executed').replaceAll("'", `'\\''`)}'`)
      for (const [value, shell] of [
        [`'"; pwn; $(pwn) \`pwn\` "'`, 'bash -eo pipefail'],
        ['\npwn & | pwn; ${pwn:-$(pwn)}', 'dash -e'],
      ] as const) {
        const given = { 'timeout-seconds': '5', [parameter]: value }
        const compiled = stepsOfJob(job, given)
        assert.ok(compiled)
        const { steps } = await runJob(host, compiled, { shell })
        assert.equal(steps[0]?.code, 0)
        assert.ok([0, 2, 3, 4, 5, 6].includes(steps[1]?.code ?? 1), steps[1]?.stderr)
        assert.ok(!existsSync(join(host.root, 'executed')), value)
      }
    })
  }
})
