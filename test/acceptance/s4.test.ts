import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { startSandbox } from '../../src/sandbox/index.ts'
import { withoutAwsCli } from '../tools/aws-cli.ts'
import { callerIdentity } from './caller-identity.ts'
import { startIssuer } from './custom-issuer.ts'
import { deploy, REGISTERED } from './deployed-world.ts'
import { Job } from './job.ts'

// S4, a custom issuer (Jenkins): its own discovery document and keys, registered with the audience
// sts.amazonaws.com and a thumbprint; the build gets its token from a service by a bearer, or from a file.

const SUBJECT = 'https://jenkins.example.com/job/website/'
const THUMBPRINT = '6938fd4d98bab03faadb97b34396831e3780aea1'
const BUILD = {
  JENKINS_URL: 'https://jenkins.example.com/',
  BUILD_NUMBER: '7',
  JOB_NAME: 'website',
  STAGE_NAME: 'Deploy',
}
const SESSION = 'arn:aws:sts::111111111111:assumed-role/ci-oidc/jenkins-7-website-Deploy'

/** A build of Jenkins, the issuer of its tokens, and an account in which its template is deployed. */
async function startBuild(t: TestContext, subject = SUBJECT) {
  const job = new Job(t, BUILD)
  const issuer = await startIssuer(t, {
    audiences: ['sts.amazonaws.com', 'https://other.example.com'],
    subject,
    onToken: (token) => job.secrets.add(token),
  })
  job.secrets.add(issuer.bearer)
  const coordinates = ['--issuer', REGISTERED, '--subject', SUBJECT]
  const audience = ['--audience', 'sts.amazonaws.com', '--thumbprints', THUMBPRINT]
  const generate = ['trust', 'generate', '--for', 'cloudformation', ...coordinates, ...audience]
  const deployed = deploy((await job.done(generate)).stdout, issuer.url)
  const sandbox = await startSandbox({ world: deployed.world })
  t.after(() => sandbox.close())
  Object.assign(job.env, {
    AWS_ENDPOINT_URL_STS: sandbox.url,
    JENKINS_ID_TOKEN_REQUEST_URL: issuer.tokenUrl,
    JENKINS_ID_TOKEN_REQUEST_TOKEN: issuer.bearer,
  })
  const assume = ['assume-role', '--role-arn', deployed.roleArn, '--region', 'eu-west-1']
  return { job, issuer, sandbox, deployed, assume }
}

test('S4: the AWS side is a provider with audience and thumbprint, and a role for one job', async (t) => {
  const { deployed, issuer } = await startBuild(t)
  assert.deepEqual(deployed.thumbprints, [THUMBPRINT])
  const host = new URL(issuer.url).host
  assert.deepEqual(deployed.trustPolicy, {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${host}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com', [`${host}:sub`]: SUBJECT },
        },
      },
    ],
  })
})

test('S4: a token from the service, the exchange, the profile, whoami', async (t) => {
  const { job, issuer, sandbox, assume } = await startBuild(t)
  const { stdout, stderr } = await job.done([...assume, '--profile', 'dev', '--debug'])
  assert.match(stdout, new RegExp(`^Token +${issuer.url}, .*JENKINS_ID_TOKEN_REQUEST_URL`))
  assert.ok(
    stderr.includes(`token of ${issuer.url}, audience sts.amazonaws.com, subject ${SUBJECT}`),
  )
  assert.deepEqual(issuer.asked, ['?api-version=2.0&audience=sts.amazonaws.com'])
  assert.equal(sandbox.exchanges, 1)
  const whoami = await job.done(['whoami', '--profile', 'dev', '--format', 'json'])
  assert.equal(JSON.parse(whoami.stdout).arn, SESSION)
})

test('S4: the AWS CLI uses the profile', { skip: withoutAwsCli }, async (t) => {
  const { job, assume } = await startBuild(t)
  await job.done([...assume, '--profile', 'dev'])
  assert.equal(await callerIdentity(job, { AWS_PROFILE: 'dev' }), SESSION)
})

test('S4: credentials are renewed with a new token; the bearer is in no file', async (t) => {
  const { job, issuer, assume } = await startBuild(t)
  await job.done([...assume, '--credentials', 'refresh'])
  const files = job.files()
  for (const name of Object.keys(files)) {
    assert.ok(!files[name]?.includes(issuer.bearer), `${name} holds the bearer`)
    if (name.endsWith('credentials.json')) job.write(name, '')
  }
  const { stdout } = await job.done(['whoami', '--format', 'json'])
  assert.equal(JSON.parse(stdout).arn, SESSION)
  assert.equal(issuer.asked.length, 2)
})

test('S4: the same service by the names it has in GitHub Actions', async (t) => {
  const { job, issuer, assume } = await startBuild(t)
  const env = {
    GITHUB_ACTIONS: 'true',
    ACTIONS_ID_TOKEN_REQUEST_URL: issuer.tokenUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: issuer.bearer,
    JENKINS_ID_TOKEN_REQUEST_URL: undefined,
  }
  await job.done(assume, { env })
  assert.equal(issuer.asked.length, 1)
})

test('S4: a token from a file', async (t) => {
  const { job, issuer, assume } = await startBuild(t)
  const token = await issuer.mint({ subject: SUBJECT, audience: 'sts.amazonaws.com' })
  const file = job.write('token', token)
  const byPlugin = { JENKINS_ID_TOKEN_REQUEST_URL: undefined, AWS_WEB_IDENTITY_TOKEN_FILE: file }
  await job.done(assume, { env: byPlugin })
  await job.done([...assume, '--token-file', file])
  assert.equal(issuer.asked.length, 0)
})

test('S4: another audience, another job, another bearer', async (t) => {
  const { job, assume } = await startBuild(t)
  const other = [...assume, '--audience', 'https://other.example.com']
  await job.fails(other, 'audience-not-registered', /audience "https:\/\/other\.example\.com"/)
  const stranger = { JENKINS_ID_TOKEN_REQUEST_TOKEN: 'the-bearer-of-another-build' }
  await job.fails(assume, 'token-mint-failed', /HTTP 401: unknown bearer/, { env: stranger })

  const another = await startBuild(t, 'https://jenkins.example.com/job/other/')
  await another.job.fails(another.assume, 'access-denied', /job\/other\//)
})
