import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Its absolute path: the jobs of tests have a PATH of their own. */
export const AWS_CLI = existsSync('.venv/bin/aws')
  ? resolve('.venv/bin/aws')
  : spawnSync('sh', ['-c', 'command -v aws'], { encoding: 'utf8' }).stdout.trim()

/** Why tests with the AWS CLI are skipped; false where they run. In CI they always run. */
export const withoutAwsCli: string | false =
  process.env['CI'] !== 'true' && spawnSync(AWS_CLI, ['--version']).status !== 0
    ? 'the AWS CLI is not installed: python3 -m venv .venv, then .venv/bin/pip install -r test/requirements.txt'
    : false
