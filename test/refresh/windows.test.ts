import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ROLE, startJob } from '../acceptance/job.ts'

// Node on this machine, told that it is Windows: for what is written there, not for how it runs.

async function startWindowsJob(t: TestContext, data: string) {
  const { job } = await startJob(t)
  const platform = "Object.defineProperty(process, 'platform', { value: 'win32' })"
  const preload = job.write('windows.cjs', platform)
  job.env['NODE_OPTIONS'] = `--require ${preload}`
  job.env['XDG_DATA_HOME'] = join(job.home, data)
  return { job, args: ['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'] }
}

for (const [data, mark] of [
  ['data', ''],
  ['my data', '"'],
  ['my $data', '"'],
] as const) {
  test(`${data}: a file of commands, in quotation marks only where they are needed`, async (t) => {
    const { job, args } = await startWindowsJob(t, data)
    await job.done(args)
    const directory = join(job.home, data, 'circleci-aws-oidc')
    const [, word, start] =
      /^credential_process = (("?).*\.cmd\2) --profile default$/m.exec(
        job.read('.aws/config') ?? '',
      ) ?? []
    assert.equal(start, mark)
    assert.ok(word?.startsWith(`${mark}${directory}`), word)
    const commands = Object.entries(job.files()).find(([path]) => path.endsWith('.cmd'))?.[1]
    // cmd.exe: lines end with CR LF, %~dp0 is the directory of the file, %* all its arguments.
    assert.equal(
      commands,
      `@set NODE_OPTIONS=\r\n@"${process.execPath}" "%~dp0launcher.cjs" credential-process %*\r\n`,
    )
  })
}

test('a directory with a % is refused: cmd.exe would read a variable', async (t) => {
  const { job, args } = await startWindowsJob(t, '50%')
  await job.fails(args, 'invalid-usage', /50%.* can't be used in credential_process/)
})
