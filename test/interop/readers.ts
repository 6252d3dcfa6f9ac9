import { fileURLToPath } from 'node:url'
import type { Job } from '../acceptance/job.ts'
import { AWS_CLI, withoutAwsCli } from '../tools/aws-cli.ts'
import { findTool, type Skip, without } from '../tools/programs.ts'
import { PYTHON, withoutModules } from '../tools/python.ts'

/** A program of AWS's that finds credentials by itself. */
export interface Reader {
  readonly name: string
  readonly skip: Skip
  /** Prints the caller identity as JSON: of the profile named after it, else of what the environment says. */
  readonly command: string
}

export const READERS: readonly Reader[] = [
  { name: 'AWS CLI', skip: withoutAwsCli, command: 'aws-identity' },
  { name: 'boto3', skip: withoutModules('boto3'), command: 'boto3-identity' },
  { name: 'AWS SDK for JavaScript', skip: false, command: 'javascript-identity' },
  { name: 'AWS SDK for Go v1', skip: without('go-v1-identity'), command: 'go-v1-identity' },
  { name: 'AWS SDK for Go v2', skip: without('go-v2-identity'), command: 'go-v2-identity' },
]

/** What keeps the readers from remarks on the version of Node. */
export const QUIET = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }

/** Puts `aws` and the commands of all readers on the job's PATH. */
export function addReaders(job: Job): void {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
  job.program('aws', `exec '${AWS_CLI}' "$@"`)
  const identity = 'aws sts get-caller-identity --output json'
  job.program('aws-identity', `exec ${identity} \${1+--profile "$1"}`)
  job.program('boto3-identity', `exec '${PYTHON}' '${path('boto3-identity.py')}' "$@"`)
  job.program('javascript-identity', `exec node '${path('javascript-identity.mjs')}' "$@"`)
  for (const name of ['go-v1-identity', 'go-v2-identity']) {
    job.program(name, `exec '${findTool(name) ?? name}' "$@"`)
  }
}
