import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { Botocore, withoutBotocore } from '../profiles/botocore.ts'
import { type Skip, without } from '../tools/programs.ts'
import { compileConfig, readConfig, usesOrb } from './config.ts'
import { type Fence, pages, readFences } from './fences.ts'
import { checkFlowchart } from './flowchart.ts'
import { type Job, type StepResult, skipped, startJob } from './job.ts'
import { checkJson } from './json-block.ts'
import { runOrbConfig } from './orb-config.ts'
import { isOutput } from './output.ts'

/** What the blocks of one page share: the files it saved, a job per world, and what was printed last. */
interface Page {
  readonly files: Map<string, string>
  readonly jobs: Map<string | undefined, Job>
  last?: StepResult
}

const botocore = new Botocore()
before(() => withoutBotocore || botocore.start())
after(() => botocore.stop())

for (const name of pages()) {
  describe(name, () => {
    const page: Page = { files: new Map(), jobs: new Map() }
    const fences = readFences(name)
    // A page is one job, which lives as long as the tests of all its blocks.
    test('every block works', async (t) => {
      for (const fence of fences) {
        if (fence.notes['not run'] !== undefined) {
          // What needs an AWS account or another machine; the page's source says so in a comment.
          t.diagnostic(`${name}:${fence.line} is not run: ${fence.notes['not run']}`)
          continue
        }
        const title = `${name}:${fence.line} (${fence.language})`
        const skip = reasonToSkip(fence)
        if (fence.notes.file !== undefined) page.files.set(fence.notes.file, fence.text)
        // What a block prints that was skipped cannot be compared.
        if (skip) delete page.last
        await t.test(title, { skip }, () => checkFence(t, fence, page))
      }
    })
  })
}

function reasonToSkip(fence: Fence): Skip {
  if (fence.language === 'ini') return withoutBotocore
  if (fence.language === 'yaml' && usesOrb(fence.text)) return without('curl', 'busybox')
  return ['sh', 'bash', 'yaml'].includes(fence.language) && skipped(fence.text)
}

async function checkFence(t: TestContext, fence: Fence, page: Page): Promise<void> {
  const { language, text, notes } = fence
  if (notes.output !== undefined) checkOutput(text, page.last)
  switch (language) {
    case 'sh':
    case 'bash':
      page.last = await runShell(t, fence, page)
      return
    case 'yaml':
      return runConfig(t, fence, page)
    case 'json':
      return notes.output === undefined ? checkJson(text, notes.admits) : undefined
    case 'ini':
      assert.ok(await botocore.read('config', text), 'botocore cannot read it')
      return
    case 'text':
      return
    case 'mermaid':
      return checkFlowchart(text)
    default:
      assert.fail(`blocks of "${language}" are not run: say why with <!-- not run: … -->`)
  }
}

function checkOutput(shown: string, last: StepResult | undefined): void {
  // A shell block that was skipped has no output to compare with.
  if (last === undefined) return
  const found = [last.output, last.stdout].some((printed) => isOutput(shown, printed))
  assert.ok(found, `the block above printed:\n${last.output}`)
}

async function runShell(t: TestContext, fence: Fence, page: Page): Promise<StepResult> {
  const { world } = fence.notes
  const job = page.jobs.get(world) ?? (await startJob(t, worldOf(fence, page)))
  page.jobs.set(world, job)
  writeFiles(job, page)
  const result = await job.run({ command: fence.text })
  assert.equal(result.code, Number(fence.notes.exits ?? 0), result.output)
  return result
}

async function runConfig(t: TestContext, fence: Fence, page: Page): Promise<void> {
  if (usesOrb(fence.text)) return runOrbConfig(t, readConfig(fence.text))
  for (const { name, environment, steps } of compileConfig(fence.text)) {
    assert.ok(steps.length > 0, `the job ${name} has no step to run`)
    const job = await startJob(t, worldOf(fence, page))
    writeFiles(job, page)
    for (const step of steps) {
      const result = await job.run({
        ...step,
        environment: { ...environment, ...step.environment },
      })
      assert.equal(result.code, 0, `${step.name}:\n${result.output}`)
    }
  }
}

function worldOf({ notes: { world } }: Fence, page: Page): string {
  const text = world === undefined ? '{}' : page.files.get(world)
  assert.ok(text !== undefined, `no block of the page is saved as ${world}`)
  return text
}

function writeFiles({ directory }: Job, { files }: Page): void {
  for (const [name, text] of files) writeFileSync(join(directory, name), text)
}
