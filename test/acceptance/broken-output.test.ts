import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CLI } from './built-cli.ts'
import { type Job, ROLE, startJob } from './job.ts'

const FULL = '/dev/full'
const skip = existsSync(FULL) ? false : `there is no ${FULL}`

const LOST =
  "Error file-unwritable: stdout can't be written: ENOSPC: no space left on device, write.\n" +
  '  More:   npx circleci-aws-oidc explain file-unwritable\n'

/** The exit code of a program of Node with arguments and redirections, and what stderr shows. */
async function shell(job: Job, args: string, program = CLI) {
  // The reader is gone before anything is written; the exit code of a pipeline would be the reader's.
  const script = `run() { sleep 0.2; "${process.execPath}" "$PROGRAM" "$@"; echo "code $?" >&3; }
    run ${args}`
  const env = { ...job.env, PROGRAM: program }
  const child = spawn('sh', ['-c', script], { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  const texts = { stderr: '', code: '' }
  child.stderr?.on('data', (text) => {
    texts.stderr += text
  })
  child.stdio[3]?.on('data', (text) => {
    texts.code += text
  })
  await once(child, 'close')
  return { code: texts.code.trim(), stderr: texts.stderr }
}

/** A job whose profile renews itself: there are credentials in the cache, and the launcher. */
async function renewingJob(t: TestContext): Promise<{ job: Job; launcher: string }> {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  const launcher = Object.keys(job.files()).find((path) => path.endsWith('launcher.cjs')) ?? ''
  return { job, launcher: join(job.home, launcher) }
}

for (const args of [
  'token',
  'token --format json',
  `assume-role --role-arn ${ROLE} --profile other`,
  'credential-process --profile default',
  '--help',
]) {
  test(`${args}: a reader that leaves is no error`, async (t) => {
    const { job } = await renewingJob(t)
    assert.deepEqual(await shell(job, `${args} | true`), { code: 'code 0', stderr: '' })
  })

  test(`${args}: a full disk is one`, { skip }, async (t) => {
    const { job } = await renewingJob(t)
    assert.deepEqual(await shell(job, `${args} >${FULL}`), { code: 'code 6', stderr: LOST })
  })
}

test('the launcher', { skip }, async (t) => {
  const { job, launcher } = await renewingJob(t)
  const args = 'credential-process --profile default'
  assert.deepEqual(await shell(job, `${args} | true`, launcher), { code: 'code 0', stderr: '' })
  const lost = await shell(job, `${args} >${FULL}`, launcher)
  assert.deepEqual(lost, { code: 'code 6', stderr: LOST })
})

test('the work is done all the same', async (t) => {
  const { job } = await startJob(t)
  assert.equal((await shell(job, `assume-role --role-arn ${ROLE} | true`)).code, 'code 0')
  assert.match(job.read('.aws/credentials') ?? '', /^aws_session_token *= *\S/m)
})

test('stderr: a command that failed keeps its exit code', { skip }, async (t) => {
  const { job } = await startJob(t)
  for (const lost of [`2>${FULL}`, '2>&1 >/dev/null | true']) {
    assert.deepEqual(await shell(job, `trust ${lost}`), { code: 'code 2', stderr: '' })
  }
})
