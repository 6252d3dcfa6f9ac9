import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PYTHON, withoutModules } from '../../tools/python.ts'

export const withoutMoto = withoutModules('moto.server', 'flask_cors', 'awscli')

/** An account of moto's, 123456789012, and an administrator with the AWS CLI. */
export interface MotoAccount {
  readonly url: string
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** Runs a script, from stdin unless `args` name another. */
  runScript(script: string, args?: readonly string[]): Ended
  /** Everything IAM holds of the role and the providers, read with boto3. */
  state(roleName?: string): ReturnType<typeof JSON.parse>
  close(): void
}

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export async function openMotoAccount(): Promise<MotoAccount> {
  const home = mkdtempSync(join(tmpdir(), 'moto account-'))
  // The AWS CLI of the same Python as moto, whatever else is installed.
  writeFileSync(join(home, 'aws'), `#!/bin/sh\nexec "$TEST_PYTHON" -m awscli "$@"\n`)
  chmodSync(join(home, 'aws'), 0o755)
  const port = await freePort()
  const server = fileURLToPath(new URL('moto-server.py', import.meta.url))
  const moto = spawn(PYTHON, [server, String(port)], {
    env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
    stdio: 'ignore',
  })
  const url = `http://127.0.0.1:${port}`
  const env = {
    PATH: `${home}:${process.env['PATH']}`,
    HOME: home,
    TEST_PYTHON: PYTHON,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'eu-central-1',
  }
  const close = () => {
    moto.kill()
    rmSync(home, { recursive: true })
  }
  for (let tries = 0; tries < 300; tries += 1) {
    const up = await fetch(`${url}/moto-api/`).catch(() => undefined)
    if (up?.ok) {
      return {
        url,
        home,
        env,
        close,
        runScript: (script, args = ['-s']) => runScript(script, args, env),
        state: (roleName = 'circleci-oidc') => state(roleName, env),
      }
    }
    await sleep(100)
  }
  close()
  throw new Error('moto did not start')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

function runScript(input: string, args: readonly string[], env: MotoAccount['env']): Ended {
  const options = { env, input, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync('sh', ['-eu', ...args], options)
  return { status, stdout, stderr }
}

function state(roleName: string, env: MotoAccount['env']) {
  const program = `
import boto3, json, sys
iam = boto3.client('iam')
role = iam.get_role(RoleName=sys.argv[1])['Role']
providers = [p['Arn'] for p in iam.list_open_id_connect_providers()['OpenIDConnectProviderList']]
print(json.dumps({
  'role': {k: role.get(k) for k in ('Arn', 'AssumeRolePolicyDocument', 'MaxSessionDuration', 'Tags')},
  'inline': {n: iam.get_role_policy(RoleName=sys.argv[1], PolicyName=n)['PolicyDocument'] for n in iam.list_role_policies(RoleName=sys.argv[1])['PolicyNames']},
  'attached': [p['PolicyArn'] for p in iam.list_attached_role_policies(RoleName=sys.argv[1])['AttachedPolicies']],
  'providers': {arn: {k: v for k, v in iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn).items() if k in ('Url', 'ClientIDList', 'ThumbprintList', 'Tags')} for arn in providers},
}))`
  const python = spawnSync(PYTHON, ['-c', program, roleName], { env, encoding: 'utf8' })
  assert.equal(python.status, 0, python.stderr)
  return JSON.parse(python.stdout)
}
