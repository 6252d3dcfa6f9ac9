import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { AWS_CLI } from '../tools/aws-cli.ts'
import type { Environment, Job } from './job.ts'
import { assertConceals } from './secrets.ts'

/** The ARN that the AWS CLI finds itself to be in a later step of the job. */
export async function callerIdentity(job: Job, env: Environment): Promise<string> {
  const args = ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text']
  const child = spawn(AWS_CLI, args, { env: { ...job.env, ...env } })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  const [code] = await once(child, 'close')
  assert.equal(code, 0, text)
  assertConceals(text, job.secrets, 'the AWS CLI')
  return text.trim()
}
