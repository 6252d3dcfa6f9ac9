import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, type TestContext, test } from 'node:test'
import { readWorld, startSandbox } from '../../src/sandbox/index.ts'
import { AWS_CLI } from '../tools/aws-cli.ts'
import {
  type MotoAccount,
  openMotoAccount,
  withoutMoto as skip,
} from '../trust/generate/moto-account.ts'
import { ACCOUNT, ORG, PERMISSIONS, PROJECT } from '../trust/setup.ts'
import { callerIdentity } from './caller-identity.ts'
import { Job } from './job.ts'

// S1, CircleCI by hand: provider, role and policy by the AWS CLI; [default] from the job's token for 900
// seconds, and a profile of the user's own that leads from there into a second account.

const HOST = `oidc.circleci.com/org/${ORG}`
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/circleci-oidc`
const PLAYGROUND = 'arn:aws:iam::222222222222:role/playground'
const CONFIG = `# written by hand
[default]
region = eu-central-1
output = json

[profile playground]
source_profile = default
role_arn = ${PLAYGROUND}
region = eu-central-1
`

let account: MotoAccount

before(async () => {
  if (!skip) account = await openMotoAccount()
})

after(() => account?.close())

/** The script that makes the AWS side. */
async function setUpScript(job: Job): Promise<string> {
  const { stdout } = await job.done([
    ...['trust', 'generate', '--for', 'aws-cli', '--account-id', ACCOUNT],
    ...['--org-id', ORG, '--project-id', PROJECT, '--max-session-duration', '7200'],
    ...['--tags', 'Name=circleci-oidc,cost:center=no'],
    ...['--permission-policy', job.write('permissions.json', JSON.stringify(PERMISSIONS))],
    ...['--thumbprints', '6938fd4d98bab03faadb97b34396831e3780aea1'],
    ...['--policy-arns', 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  ])
  return stdout
}

test('S1: the script makes provider, role and policy; a second run changes nothing', {
  skip,
}, async (t) => {
  const script = await setUpScript(new Job(t))
  const done = { status: 0, stdout: `${ROLE_ARN}\n`, stderr: '' }
  assert.deepEqual(account.runScript(script), done)
  const first = account.state()
  const Tags = [
    { Key: 'Name', Value: 'circleci-oidc' },
    { Key: 'cost:center', Value: 'no' },
  ]
  const providerArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}`
  assert.deepEqual(first, {
    role: {
      Arn: ROLE_ARN,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: providerArn },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: { [`${HOST}:aud`]: ORG },
              StringLike: { [`${HOST}:sub`]: `org/${ORG}/project/${PROJECT}/user/*` },
            },
          },
        ],
      },
      MaxSessionDuration: 7200,
      Tags,
    },
    inline: { 'circleci-oidc': PERMISSIONS },
    attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    providers: {
      [providerArn]: {
        Url: HOST,
        ClientIDList: [ORG],
        ThumbprintList: ['6938fd4d98bab03faadb97b34396831e3780aea1'],
        Tags,
      },
    },
  })
  assert.deepEqual(account.runScript(script), done)
  assert.deepEqual(account.state(), first)
})

/** A job in the world that the script made, with a role in a second account that trusts the first. */
async function startS1(t: TestContext) {
  const job = new Job(t)
  assert.equal(account.runScript(await setUpScript(job)).status, 0)
  const { role, providers } = account.state()
  const chained = ['trust', 'generate', '--trusts-role', ROLE_ARN, '--account-id', '222222222222']
  const { stdout } = await job.done([...chained, '--role-name', 'playground'])
  const [{ Url, ClientIDList }] = Object.values(providers) as [
    { Url: string; ClientIDList: string[] },
  ]
  const world = readWorld({
    accounts: {
      [ACCOUNT]: {
        providers: [{ url: `https://${Url}`, clientIds: ClientIDList }],
        roles: [{ name: 'circleci-oidc', trustPolicy: role.AssumeRolePolicyDocument }],
      },
      '222222222222': { roles: [{ name: 'playground', trustPolicy: JSON.parse(stdout) }] },
    },
  })
  const sandbox = await startSandbox({ world })
  t.after(() => sandbox.close())
  job.env['AWS_ENDPOINT_URL_STS'] = sandbox.url
  job.env['CIRCLE_OIDC_TOKEN'] = await sandbox.mint({ version: 'v1' })
  job.write('.aws/config', CONFIG)
  const assume = ['assume-role', '--role-arn', ROLE_ARN, '--duration-seconds', '900']
  return { job, sandbox, assume: [...assume, '--role-session-name', 'circleci-oidc'] }
}

test('S1: [default] for 900 seconds, and --profile playground in the second account', {
  skip,
}, async (t) => {
  const { job, sandbox, assume } = await startS1(t)
  await job.done(assume)
  assert.equal(sandbox.requests[0]?.parameters['DurationSeconds'], '900')
  assert.equal(job.read('.aws/config'), CONFIG, "the user's file is left alone")
  assert.match(job.read('.aws/credentials') ?? '', /^\[default\]\n(#.*\n)?aws_access_key_id = ASIA/)
  const session = `arn:aws:sts::${ACCOUNT}:assumed-role/circleci-oidc/circleci-oidc`
  assert.equal(await callerIdentity(job, {}), session)
  assert.match(
    await callerIdentity(job, { AWS_PROFILE: 'playground' }),
    /^arn:aws:sts::222222222222:assumed-role\/playground\//,
  )
  const { stdout: region } = spawnSync(AWS_CLI, ['configure', 'get', 'region'], {
    env: job.env,
    encoding: 'utf8',
  })
  assert.equal(region, 'eu-central-1\n')
})

test('S1: a job of another project gets nothing', { skip }, async (t) => {
  const { job, sandbox, assume } = await startS1(t)
  const sub = `org/${ORG}/project/00000000-0000-4000-8000-000000000000/user/u`
  const env = { CIRCLE_OIDC_TOKEN: await sandbox.mint({ version: 'v1', claims: { sub } }) }
  await job.fails(assume, 'access-denied', /trust policy/, { env })
  assert.equal(job.read('.aws/credentials'), undefined)
})
