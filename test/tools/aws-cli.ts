import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTool, lacking, REQUIREMENTS, type Skip, without } from './programs.ts'

const directory = mkdtempSync(join(tmpdir(), 'aws-cli-'))
process.once('exit', () => rmSync(directory, { recursive: true, force: true }))

/**
 * Runs the AWS CLI in any environment. It may be a script, whose own programs a job's PATH need not have:
 * after the job's comes the PATH of this process.
 */
export const AWS_CLI = join(directory, 'aws')
writeFileSync(
  AWS_CLI,
  `#!/bin/sh
export PATH="$PATH":${quoted(process.env['PATH'] ?? '')}
exec ${quoted(findTool('aws') ?? 'aws')} "$@"
`,
  { mode: 0o755 },
)

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Why tests with the AWS CLI are skipped. */
export const withoutAwsCli: Skip = without('aws') || failing()

function failing(): Skip {
  // As in a job: with another home and a PATH that has nothing.
  const env = { HOME: directory, PATH: '/nonexistent' }
  const { status, stderr } = spawnSync(AWS_CLI, ['--version'], { env, encoding: 'utf8' })
  const [why = ''] = stderr.trim().split('\n')
  return status !== 0 && lacking('aws', `${findTool('aws')} fails (${why}): ${REQUIREMENTS}`)
}
