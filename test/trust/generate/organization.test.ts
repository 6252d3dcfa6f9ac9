import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { generateAll } from '../../../src/trust/generate/generate.ts'
import type { Organization } from '../../../src/trust/roles/organization.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'
import { CLI } from '../../acceptance/built-cli.ts'
import { Job } from '../../acceptance/job.ts'
import { jwt, secondsFromNow } from '../../token/jwt.ts'
import { PYTHON } from '../../tools/python.ts'
import { ORG, PROJECT, USER } from '../setup.ts'
import { type MotoAccount, openMotoAccount, withoutMoto as skip } from './moto-account.ts'

const ACCOUNTS = Array.from({ length: 20 }, (_, index) => `${100_000_000_001 + index}`)
const BOUNDARY = 'arn:aws:iam::aws:policy/PowerUserAccess'

/** Twenty accounts with three roles each. */
function rolesFile(duration = 7200): string {
  const accounts = ACCOUNTS.map(
    (id, index) => `[account team-${index}]\naccount_id = ${id}\nregion = eu-central-1\n`,
  )
  return `[organization]
org_id = ${ORG}
project_id = ${PROJECT}
tags = owner=platform, for=ci
${accounts.join('')}
[role deploy]
policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess
max_session_duration = ${duration}
[role release]
vcs_origin = github.com/acme/website
branch = main
permissions_boundary = ${BOUNDARY}
[role audit]
policy_arns = arn:aws:iam::aws:policy/SecurityAudit
`
}

// moto answers one request at a time, and sixty come at once.
const PATIENCE = ['--timeout-seconds', '600', '--max-attempts', '50']

/** The AWS CLI in a process that stays: the scripts call it a thousand times. */
async function startCli({ home, env }: MotoAccount): Promise<ChildProcess> {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
  const socket = join(home, 'aws.socket')
  const server = spawn(PYTHON, [path('aws-server.py'), socket], { env })
  await once(server.stdout, 'data')
  const client = `exec ${PYTHON} -IS '${path('aws-client.py')}' "$@"`
  writeFileSync(join(home, 'aws'), `#!/bin/sh\nAWS_SERVER='${socket}' ${client}\n`)
  return server
}

const organization = (text: string): Promise<Organization> =>
  parseRolesFile(text, 'roles.ini', '.', {})

describe('20 accounts with 3 roles each, from one file', { skip }, () => {
  let moto: MotoAccount
  let cli: ChildProcess
  before(async () => {
    moto = await openMotoAccount()
    cli = await startCli(moto)
  })
  after(() => {
    cli?.kill()
    moto?.close()
  })

  /** Writes the scripts into a directory and runs the one for all accounts. */
  async function setUp(directory: string, text: string) {
    const { files } = generateAll('aws-cli', await organization(text))
    for (const file of files) {
      const path = join(moto.home, directory, file.name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, file.text)
    }
    return moto.runScript('', [join(moto.home, directory, 'set-up.sh')])
  }

  /** What IAM holds in every account: providers, and roles with trust policy, duration, boundary and policies. */
  function states() {
    const program = `
import boto3, json, sys
sts = boto3.client('sts')
found = {}
for account in sys.argv[1:]:
    keys = sts.assume_role(RoleArn=f'arn:aws:iam::{account}:role/x', RoleSessionName='x')['Credentials']
    iam = boto3.client('iam', aws_access_key_id=keys['AccessKeyId'], aws_secret_access_key=keys['SecretAccessKey'], aws_session_token=keys['SessionToken'])
    roles = {r['RoleName']: iam.get_role(RoleName=r['RoleName'])['Role'] for r in iam.list_roles()['Roles']}
    found[account] = {
        'providers': {p['Arn']: sorted(iam.get_open_id_connect_provider(OpenIDConnectProviderArn=p['Arn'])['ClientIDList']) for p in iam.list_open_id_connect_providers()['OpenIDConnectProviderList']},
        'roles': {n: [r['AssumeRolePolicyDocument'], r['MaxSessionDuration'], r.get('PermissionsBoundary', {}).get('PermissionsBoundaryArn'), sorted(p['PolicyArn'] for p in iam.list_attached_role_policies(RoleName=n)['AttachedPolicies'])] for n, r in roles.items()},
    }
print(json.dumps(found))`
    const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', program, ...ACCOUNTS], {
      env: moto.env,
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout)
  }

  test('made once, the same the second time, and brought up to date from a changed file', async () => {
    const first = await setUp('first', rolesFile())
    assert.equal(first.status, 0, first.stderr)
    assert.equal(first.stdout.match(/:role\//g)?.length, 60)
    const made = states()
    const host = `oidc.circleci.com/org/${ORG}`
    const policies = JSON.parse(generateAll('trust-policy', await organization(rolesFile())).text)
    for (const account of ACCOUNTS) {
      const arn = `arn:aws:iam::${account}:oidc-provider/${host}`
      assert.deepEqual(made[account].providers, { [arn]: [ORG] })
      const trusted = policies[account]
      const policy = (name: string) => [`arn:aws:iam::aws:policy/${name}`]
      assert.deepEqual(made[account].roles, {
        deploy: [trusted.deploy, 7200, null, policy('ReadOnlyAccess')],
        release: [trusted.release, 3600, BOUNDARY, []],
        audit: [trusted.audit, 3600, null, policy('SecurityAudit')],
      })
    }

    const second = await setUp('first', rolesFile())
    assert.equal(second.status, 0, second.stderr)
    assert.equal(second.stdout, first.stdout)
    assert.deepEqual(states(), made)

    const changed = rolesFile(14_400).replace('branch = main', 'branch = main, release/*')
    const third = await setUp('second', changed)
    assert.equal(third.status, 0, third.stderr)
    const now = states()[ACCOUNTS[7] ?? '']
    assert.equal(now.roles.deploy[1], 14_400)
    assert.match(JSON.stringify(now.roles.release[0]), /refs\/heads\/release\/\*/)
  })

  test('all assumed in one step by the generated profiles file', async (t) => {
    const job = new Job(t, {
      AWS_ENDPOINT_URL_STS: moto.url,
      CIRCLE_OIDC_TOKEN_V2: jwt({
        iss: `https://oidc.circleci.com/org/${ORG}`,
        aud: ORG,
        sub: `org/${ORG}/project/${PROJECT}/user/${USER}`,
        exp: secondsFromNow(600),
      }),
    })
    const { text } = generateAll('profiles', await organization(rolesFile()))
    const path = join(moto.home, 'profiles')
    writeFileSync(path, text)
    const { stdout } = await job.done([
      'assume-role',
      '--profiles-file',
      path,
      '--format',
      'json',
      ...PATIENCE,
    ])
    const arns = JSON.parse(stdout).profiles.map((one: { assumedRoleArn: string }) =>
      one.assumedRoleArn.replace(/\/[^/]*$/, ''),
    )
    const expected = ACCOUNTS.flatMap((account) =>
      ['deploy', 'release', 'audit'].map((name) => `arn:aws:sts::${account}:assumed-role/${name}`),
    )
    assert.deepEqual(arns.sort(), expected.sort())
  })

  test('an account that fails is named, the others are set up', async () => {
    const text = `[account good]\naccount_id = ${ACCOUNTS[0]}\n[account bad]\naccount_id = ${ACCOUNTS[1]}
[role x]\nproject_path = a/b
[role y]\nproject_path = a/b\naccounts = bad\npolicy_arns = arn:aws:iam::${ACCOUNTS[1]}:policy/none`
    const { status, stdout, stderr } = await setUp('partly', text)
    assert.equal(status, 1)
    assert.match(stderr, new RegExp(`Not set up, see above: ${ACCOUNTS[1]}\\n$`))
    assert.match(stdout, new RegExp(`${ACCOUNTS[0]}:role/x\\n`))
  })

  test('CloudFormation takes the template, and a stack set is made of it', async () => {
    const { files } = generateAll('stack-set', await organization(rolesFile()))
    const template = files.find(({ name }) => name === 'template.yaml')
    assert.ok(template)
    writeFileSync(join(moto.home, 'template.yaml'), template.text)
    const { status, stdout, stderr } = moto.runScript(`
      aws cloudformation validate-template --template-body "file://$HOME/template.yaml" --query Description
      aws cloudformation create-stack-set --stack-set-name ci-oidc --template-body "file://$HOME/template.yaml" \
        --capabilities CAPABILITY_NAMED_IAM --permission-model SERVICE_MANAGED \
        --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false \
        --parameters ParameterKey=CreateProvider,ParameterValue=true >/dev/null
      aws cloudformation describe-stack-set --stack-set-name ci-oidc --query StackSet.PermissionModel`)
    assert.equal(status, 0, stderr)
    assert.match(stdout, /3 roles for CI jobs[\s\S]*SERVICE_MANAGED/)
  })
})

test('the sandbox rehearses the same file: 60 roles in one step, and another branch refused', async (t) => {
  const made = await organization(rolesFile())
  const job = new Job(t)
  writeFileSync(join(job.home, 'world.json'), generateAll('world', made).text)
  const world = JSON.parse(generateAll('world', made).text)
  writeFileSync(join(job.home, 'profiles'), generateAll('profiles', made).text)
  assert.deepEqual([world.organization, world.project], [ORG, PROJECT])
  const run = (path: string) =>
    job.run([
      'sandbox',
      '--world',
      path,
      '--',
      process.execPath,
      CLI,
      'assume-role',
      '--profiles-file',
      join(job.home, 'profiles'),
      '--format',
      'json',
    ])
  const { code, stdout, stderr } = await run(join(job.home, 'world.json'))
  assert.equal(code, 0, stderr)
  assert.equal(JSON.parse(stdout).profiles.length, 60)
  writeFileSync(
    join(job.home, 'other.json'),
    JSON.stringify({ ...world, job: { ...world.job, branch: 'feature' } }),
  )
  const refused = await run(join(job.home, 'other.json'))
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /release/)
})
