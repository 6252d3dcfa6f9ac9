import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PYTHON, withoutModules } from '../../tools/python.ts'

export const withoutMoto = withoutModules('moto.server', 'flask_cors', 'awscli')

/** An account of moto's, 123456789012, and an administrator with the AWS CLI, who may be one of any account, too. */
export interface MotoAccount {
  readonly url: string
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** Runs a script, from stdin unless `args` name another. */
  runScript(script: string, args?: readonly string[]): Ended
  /** Everything IAM holds of the role and the providers, read with boto3. */
  state(roleName?: string): ReturnType<typeof JSON.parse>
  /** The providers and roles of other accounts, by account and name. */
  accounts(ids: readonly string[]): Readonly<Record<string, AccountState>>
  close(): void
}

export interface AccountState {
  /** Client ids by URL. */
  readonly providers: Readonly<Record<string, readonly string[]>>
  readonly roles: Readonly<Record<string, RoleState>>
}

export interface RoleState {
  readonly id: string
  readonly trustPolicy: { readonly Statement: readonly { readonly Condition: object }[] }
  readonly duration: number
  readonly boundary: string | null
  readonly attached: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export async function openMotoAccount(): Promise<MotoAccount> {
  const home = mkdtempSync(join(tmpdir(), 'moto account-'))
  // The AWS CLI of the same Python as moto, whatever else is installed.
  const [cli, socket] = [fileOf('../../tools/aws-cli-server.py'), join(home, 'aws.socket')]
  const call = `#!/bin/sh\nexec "$TEST_PYTHON" -SE '${cli}' call '${socket}' "$@"\n`
  writeFileSync(join(home, 'aws'), call, { mode: 0o755 })
  const aws = spawn(PYTHON, [cli, 'serve', socket], { stdio: 'ignore' })
  const port = await freePort()
  const moto = spawn(PYTHON, [fileOf('moto-server.py'), String(port)], {
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
    aws.kill()
    rmSync(home, { recursive: true })
  }
  for (let tries = 0; tries < 300; tries += 1) {
    const up = await fetch(`${url}/moto-api/`).catch(() => undefined)
    if (up?.ok && existsSync(socket)) {
      return {
        url,
        home,
        env,
        close,
        runScript: (script, args = ['-s']) => runScript(script, args, env),
        state: (roleName = 'circleci-oidc') => state(roleName, env),
        accounts: (ids) => accounts(ids, env),
      }
    }
    await sleep(100)
  }
  close()
  throw new Error('moto did not start')
}

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

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

function accounts(ids: readonly string[], env: MotoAccount['env']) {
  const program = `
import boto3, json, sys
sts = boto3.client('sts')
def of(account):
    keys = sts.assume_role(RoleArn=f'arn:aws:iam::{account}:role/reader', RoleSessionName='reader')['Credentials']
    names = {'AccessKeyId': 'aws_access_key_id', 'SecretAccessKey': 'aws_secret_access_key', 'SessionToken': 'aws_session_token'}
    iam = boto3.client('iam', **{names[k]: v for k, v in keys.items() if k in names})
    providers = [iam.get_open_id_connect_provider(OpenIDConnectProviderArn=p['Arn']) for p in iam.list_open_id_connect_providers()['OpenIDConnectProviderList']]
    roles = [iam.get_role(RoleName=r['RoleName'])['Role'] for r in iam.list_roles()['Roles']]
    return {
        'providers': {p['Url']: p['ClientIDList'] for p in providers},
        'roles': {r['RoleName']: {
            'id': r['RoleId'],
            'trustPolicy': r['AssumeRolePolicyDocument'],
            'duration': r['MaxSessionDuration'],
            'boundary': r.get('PermissionsBoundary', {}).get('PermissionsBoundaryArn'),
            'attached': [p['PolicyArn'] for p in iam.list_attached_role_policies(RoleName=r['RoleName'])['AttachedPolicies']],
            'tags': {t['Key']: t['Value'] for t in r.get('Tags', [])},
        } for r in roles},
    }
print(json.dumps({account: of(account) for account in sys.argv[1:]}))`
  const python = spawnSync(PYTHON, ['-c', program, ...ids], { env, encoding: 'utf8' })
  assert.equal(python.status, 0, python.stderr)
  return JSON.parse(python.stdout)
}
