import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as sts from '@aws-sdk/client-sts'
import { AWS_CLI } from '../../tools/aws-cli.ts'
import { PYTHON } from '../../tools/python.ts'
import type { Request } from './send-request.ts'

/** Of each request, the code that the client reports; null: it succeeds. */
type Answers = Promise<(string | null)[]>

/** boto3 in one process, without its own check of parameters; `arn` is that of the session. */
export async function sendByBoto3(
  endpoint: string,
  requests: readonly Request[],
): Promise<{ code: string | null; arn: string | null }[]> {
  const script = fileURLToPath(new URL('boto3-sts.py', import.meta.url))
  const lines = requests.map((request) => JSON.stringify({ endpoint, ...request }))
  const { stdout, stderr, status } = await run(PYTHON, [script], { input: `${lines.join('\n')}\n` })
  if (status !== 0) throw new Error(stderr)
  const answers = stdout.trim().split('\n')
  return answers.map((line) => JSON.parse(line))
}

export async function sendByAwsCli(endpoint: string, requests: readonly Request[]): Answers {
  const home = mkdtempSync(join(tmpdir(), 'sandbox-cli-'))
  const file = join(home, 'request.json')
  const config = join(home, 'config')
  writeFileSync(config, '[default]\nparameter_validation = false\nregion = eu-central-1\n')
  const answers: (string | null)[] = []
  try {
    for (const { operation, parameters, credentials } of requests) {
      writeFileSync(file, JSON.stringify(parameters))
      const command = operation.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
      const env = {
        HOME: home,
        AWS_CONFIG_FILE: config,
        AWS_ENDPOINT_URL_STS: endpoint,
        AWS_MAX_ATTEMPTS: '1',
        AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? 'unused',
        AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? 'unused',
        ...(credentials && { AWS_SESSION_TOKEN: credentials.sessionToken }),
      }
      const args = ['sts', command, '--cli-input-json', `file://${file}`]
      const { status, stderr } = await run(AWS_CLI, args, { env })
      answers.push(status === 0 ? null : (/\((\w+)\) when calling/.exec(stderr)?.[1] ?? stderr))
    }
  } finally {
    rmSync(home, { recursive: true })
  }
  return answers
}

export async function sendByJavaScript(endpoint: string, requests: readonly Request[]): Answers {
  const commands = sts as unknown as Record<
    string,
    new (
      input: object,
    ) => sts.GetCallerIdentityCommand
  >
  const unused = { accessKeyId: 'unused', secretAccessKey: 'unused' }
  const answers: (string | null)[] = []
  for (const { operation, parameters, credentials = unused } of requests) {
    const region = 'eu-central-1'
    const client = new sts.STSClient({ endpoint, region, maxAttempts: 1, credentials })
    const Command = commands[`${operation}Command`]
    if (!Command) throw new Error(`The SDK knows no ${operation}`)
    const code = await client.send(new Command(parameters)).then(
      () => null,
      (error: Error & { Code?: string }) => error.Code ?? error.name,
    )
    client.destroy()
    answers.push(code)
  }
  return answers
}

function run(
  program: string,
  args: readonly string[],
  { env, input = '' }: { env?: Record<string, string | undefined>; input?: string },
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, env ? { env } : {})
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.once('error', fail)
    child.once('close', (status) => done({ status, stdout, stderr }))
    // That it ended early is told by its status.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
