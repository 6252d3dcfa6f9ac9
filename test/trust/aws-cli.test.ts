import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { generate } from '../../src/trust/generate.ts'
import type { RoleSetup } from '../../src/trust/role-setup.ts'
import { trustedRole } from '../../src/trust/trusted-role.ts'
import { PYTHON, withoutModules } from './python.ts'
import { ACCOUNT, circleci, fullSetup, ORG, setupFor } from './setup.ts'

const skip = withoutModules('moto.server', 'flask_cors', 'awscli')
const HOST = `oidc.circleci.com/org/${ORG}`
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}`

let moto: ChildProcess
let home: string
let env: Record<string, string>

before(async () => {
  if (skip) return
  home = await mkdtemp(join(tmpdir(), 'trust aws-cli-'))
  // The AWS CLI of the same Python as moto, whatever else is installed.
  await writeFile(join(home, 'aws'), `#!/bin/sh\nexec "$TEST_PYTHON" -m awscli "$@"\n`)
  await chmod(join(home, 'aws'), 0o755)
  const port = await freePort()
  moto = spawn(PYTHON, [fileURLToPath(new URL('moto-server.py', import.meta.url)), String(port)], {
    env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
    stdio: 'ignore',
  })
  env = {
    PATH: `${home}:${process.env['PATH']}`,
    HOME: home,
    TEST_PYTHON: PYTHON,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'eu-central-1',
  }
  for (let tries = 0; tries < 300; tries += 1) {
    const up = await fetch(`http://127.0.0.1:${port}/moto-api/`).catch(() => undefined)
    if (up?.ok) return
    await sleep(100)
  }
  throw new Error('moto did not start')
})

after(async () => {
  moto?.kill()
  if (home) await rm(home, { recursive: true })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

/** Everything IAM holds of the role and the provider, read with boto3. */
function state(roleName = 'circleci-oidc') {
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

function runScript(script: string, args: readonly string[] = ['-s']) {
  const { status, stdout, stderr } = spawnSync('sh', ['-eu', ...args], {
    env,
    input: script,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('the script makes everything, prints the role ARN, and a second run changes nothing', {
  skip,
}, () => {
  const setup = fullSetup(circleci())
  const { text } = generate('aws-cli', setup)
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/circleci-oidc`
  const done = { status: 0, stdout: `${roleArn}\n`, stderr: '' }
  assert.deepEqual(runScript(text), done)
  const first = state()
  assert.deepEqual(first, {
    role: {
      Arn: roleArn,
      AssumeRolePolicyDocument: JSON.parse(generate('trust-policy', setup).text),
      MaxSessionDuration: 7200,
      Tags: [
        { Key: 'Name', Value: 'circleci-oidc' },
        { Key: 'cost:center', Value: 'no' },
      ],
    },
    inline: { 'circleci-oidc': setup.permissionPolicy },
    attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    providers: {
      [PROVIDER]: {
        Url: HOST,
        ClientIDList: [ORG],
        ThumbprintList: setup.thumbprints,
        Tags: first.role.Tags,
      },
    },
  })
  assert.deepEqual(runScript(text), done)
  assert.deepEqual(state(), first)
})

test('from a directory with blanks: a missing client id is added, the trust policy is brought up to date', {
  skip,
}, async () => {
  const party = circleci({
    audience: 'sts.amazonaws.com',
    branch: `it's-\${x}-"q"`,
    vcsOrigin: 'github.com/acme/site',
  })
  const setup = setupFor(party)
  for (const { name, text } of generate('aws-cli', setup).files) {
    await writeFile(join(home, name), text)
  }
  const { status, stderr } = runScript('', [join(home, 'set-up.sh')])
  assert.equal(status, 0, stderr)
  const { role, providers } = state()
  assert.deepEqual(providers[PROVIDER].ClientIDList, [ORG, 'sts.amazonaws.com'])
  assert.deepEqual(role.AssumeRolePolicyDocument, JSON.parse(generate('trust-policy', setup).text))
})

test('the audience "None", which is also how the AWS CLI prints null', { skip }, () => {
  const { status, stderr } = runScript(
    generate('aws-cli', setupFor(circleci({ audience: 'None' }))).text,
  )
  assert.equal(status, 0, stderr)
  assert.ok(state().providers[PROVIDER].ClientIDList.includes('None'))
})

test('from a directory whose name begins with a dash', { skip }, async () => {
  await mkdir(join(home, '-d'))
  for (const { name, text } of generate('aws-cli', setupFor(circleci())).files) {
    await writeFile(join(home, '-d', name), text)
  }
  const { status, stderr } = spawnSync('sh', ['--', '-d/set-up.sh'], {
    env,
    cwd: home,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})

test('a chained role needs no provider', { skip }, () => {
  const trusted = `arn:aws:iam::${ACCOUNT}:role/circleci-oidc`
  const setup = setupFor(trustedRole(trusted, 'acme:7'), { roleName: 'playground' })
  const { status, stdout, stderr } = runScript(generate('aws-cli', setup).text)
  assert.equal(status, 0, stderr)
  assert.equal(stdout, `arn:aws:iam::${ACCOUNT}:role/playground\n`)
  assert.deepEqual(state('playground').role.AssumeRolePolicyDocument.Statement, [
    {
      Effect: 'Allow',
      Principal: { AWS: trusted },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'acme:7' } },
    },
  ])
})

const failures: readonly (readonly [string, Partial<RoleSetup>, RegExp])[] = [
  [
    'another account',
    { accountId: '999999999999' },
    /belong to account 123456789012, not to 999999999999/,
  ],
  [
    'a policy that does not exist',
    { policyArns: [`arn:aws:iam::${ACCOUNT}:policy/none`] },
    /NoSuchEntity[\s\S]*now has the trust policy, but not all/,
  ],
]
for (const [name, change, message] of failures) {
  test(`${name} ends the script`, { skip }, () => {
    const { status, stderr } = runScript(generate('aws-cli', setupFor(circleci(), change)).text)
    assert.notEqual(status, 0)
    assert.match(stderr, message)
  })
}

test('dash and bash read the script alike', () => {
  const { text } = generate('aws-cli', fullSetup(circleci()))
  for (const shell of ['sh', 'bash']) {
    const { status, stderr } = spawnSync(shell, ['-n'], { input: text, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
})

const withoutShellcheck = spawnSync('shellcheck', ['--version']).status !== 0 && 'no shellcheck'
test('shellcheck has nothing to say', { skip: withoutShellcheck }, () => {
  const { text, files } = generate('aws-cli', fullSetup(circleci()))
  for (const input of [text, files.at(-1)?.text]) {
    const { status, stdout } = spawnSync('shellcheck', ['-'], { input, encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  }
})
