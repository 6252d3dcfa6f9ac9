import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startSandbox } from '../../src/sandbox/index.ts'
import { AWS_CLI, withoutAwsCli } from '../tools/aws-cli.ts'
import { callerIdentity } from './caller-identity.ts'
import { startIssuer } from './custom-issuer.ts'
import { deploy, REGISTERED } from './deployed-world.ts'
import { Job } from './job.ts'

// S5, GitLab: the audience is the issuer's URL, the subject names group, project and branch; the token is
// in a variable of the job. Either the SDK exchanges it from a file, or we exchange it for 900 seconds.

const SUBJECT = 'project_path:group/project:ref_type:branch:ref:main'
const GITLAB_JOB = {
  GITLAB_CI: 'true',
  CI_JOB_ID: '7',
  CI_PROJECT_NAME: 'project',
  CI_JOB_NAME: 'deploy',
}
const SESSION = 'arn:aws:sts::111111111111:assumed-role/gitlab-oidc/gitlab-7-project-deploy'

/** A GitLab job with its ID token, and an account where `trust generate` says whom to trust. */
async function startGitlabJob(t: TestContext, trusting = ['group/project', '--ref', 'main']) {
  const job = new Job(t, GITLAB_JOB)
  const issuer = await startIssuer(t, { audiences: [], subject: SUBJECT })
  const coordinates = ['--gitlab-url', REGISTERED, '--project-path', ...trusting]
  const { stdout } = await job.done([
    ...['trust', 'generate', '--for', 'cloudformation'],
    ...coordinates,
  ])
  const deployed = deploy(stdout, issuer.url)
  const sandbox = await startSandbox({ world: deployed.world })
  t.after(() => sandbox.close())
  job.env['AWS_ENDPOINT_URL_STS'] = sandbox.url
  job.env['GITLAB_OIDC_TOKEN'] = await issuer.mint({ subject: SUBJECT, audience: issuer.url })
  const assume = ['assume-role', '--role-arn', deployed.roleArn, '--profile', 'oidc']
  return { job, issuer, sandbox, deployed, assume }
}

test('S5: token to a file, profile oidc; the AWS CLI exchanges by itself', {
  skip: withoutAwsCli,
}, async (t) => {
  const { job, sandbox, deployed, assume } = await startGitlabJob(t)
  await job.done([...assume, '--credentials', 'token-file', '--region', 'eu-west-1'])
  const config = job.read('.aws/config') ?? ''
  assert.match(config, /^\[profile oidc\]$/m)
  assert.match(config, new RegExp(`^role_arn = ${deployed.roleArn}$`, 'm'))
  const [, file = ''] = /^web_identity_token_file = (.+)$/m.exec(config) ?? []
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(sandbox.exchanges, 1)
  // Without the variable: it is the file that the AWS CLI reads.
  const env = { AWS_PROFILE: 'oidc', GITLAB_OIDC_TOKEN: undefined }
  assert.equal(await callerIdentity(job, env), SESSION)
  assert.equal(sandbox.exchanges, 2)
})

test('S5: the direct exchange for 900 seconds, without credentials in the log', async (t) => {
  const { job, sandbox, assume } = await startGitlabJob(t)
  const { stdout } = await job.done([...assume, '--duration-seconds', '900', '--debug'])
  assert.match(stdout, /^Profile +oidc in /m)
  assert.doesNotMatch(stdout, /^Export/m)
  const [request] = sandbox.requests
  assert.equal(request?.parameters['DurationSeconds'], '900')
  const whoami = await job.done(['whoami', '--profile', 'oidc', '--format', 'json'])
  assert.equal(JSON.parse(whoami.stdout).arn, SESSION)
})

test('S5: the same for one command, which leaves no file', { skip: withoutAwsCli }, async (t) => {
  const { job, deployed } = await startGitlabJob(t)
  const exec = ['exec', '--role-arn', deployed.roleArn, '--duration-seconds', '900']
  const command = ['--', AWS_CLI, 'sts', 'get-caller-identity', '--query', 'Arn']
  const env = { AWS_DEFAULT_REGION: 'eu-west-1' }
  const { stdout } = await job.done([...exec, ...command], { env })
  assert.match(stdout, new RegExp(SESSION))
  assert.deepEqual(job.files(), {})
})

test('S5: later commands learn of the profile from a file', async (t) => {
  const { job, assume } = await startGitlabJob(t)
  const file = job.write('aws.env', 'BUILD=7\nAWS_PROFILE=old\n')
  const { stdout } = await job.done([...assume, '--region', 'eu-west-1', '--export-file', file])
  assert.match(stdout, /^Export +AWS_PROFILE=oidc and region eu-west-1 in /m)
  assert.equal(
    job.read('aws.env'),
    'BUILD=7\nAWS_PROFILE=oidc\nAWS_REGION=eu-west-1\nAWS_DEFAULT_REGION=eu-west-1\n',
  )
})

const TRUSTED: readonly {
  readonly trusting: string[]
  readonly admitted: string[]
  readonly refused: string[]
}[] = [
  {
    trusting: ['group/project', '--ref', 'main'],
    admitted: [SUBJECT],
    refused: [
      'project_path:group/project:ref_type:branch:ref:main2',
      'project_path:group/project:ref_type:tag:ref:main',
      'project_path:group/other:ref_type:branch:ref:main',
      'project_path:Group/project:ref_type:branch:ref:main',
    ],
  },
  {
    trusting: ['group/project', '--ref-type', 'tag', '--ref', 'release/*'],
    admitted: ['project_path:group/project:ref_type:tag:ref:release/1'],
    refused: [SUBJECT, 'project_path:group/project:ref_type:branch:ref:release/1'],
  },
  {
    trusting: ['group/*', '--any-project'],
    admitted: [SUBJECT, 'project_path:group/sub/project:ref_type:tag:ref:1'],
    refused: ['project_path:group2/project:ref_type:branch:ref:main'],
  },
]

for (const { trusting, admitted, refused } of TRUSTED) {
  test(`S5: trusting ${trusting.join(' ')}`, async (t) => {
    const { job, issuer, deployed, assume } = await startGitlabJob(t, trusting)
    const policy = job.write('policy.json', JSON.stringify(deployed.trustPolicy))
    for (const subject of [...admitted, ...refused]) {
      const admits = admitted.includes(subject)
      const token = await issuer.mint({ subject, audience: issuer.url })
      const options = { env: { GITLAB_OIDC_TOKEN: token } }
      if (admits) await job.done(assume, options)
      else await job.fails(assume, 'access-denied', /trust policy/, options)
      const check = await job.run(['trust', 'check', '--policy', policy], options)
      assert.equal(check.code, admits ? 0 : 4, check.stdout)
    }
  })
}

test('S5: of other claims IAM sees nothing', async (t) => {
  const { job, issuer, deployed } = await startGitlabJob(t)
  const host = new URL(issuer.url).host
  const text = JSON.stringify(deployed.trustPolicy).replace(`${host}:sub`, `${host}:project_path`)
  const policy = job.write('policy.json', text)
  const claims = { project_path: SUBJECT }
  const token = await issuer.mint({ subject: SUBJECT, audience: issuer.url, claims })
  const check = await job.run(['trust', 'check', '--policy', policy], {
    env: { GITLAB_OIDC_TOKEN: token },
  })
  assert.equal(check.code, 4, check.stdout)
  assert.match(check.stdout, /project_path/)
})

test('S5: no id_tokens in the job', async (t) => {
  const { job, assume } = await startGitlabJob(t)
  const env = { GITLAB_OIDC_TOKEN: undefined }
  await job.fails(assume, 'token-not-found', /id_tokens:\n +GITLAB_OIDC_TOKEN:/, { env })
  const named = [...assume, '--token-env', 'AWS_TOKEN']
  await job.fails(named, 'token-not-found', /variable AWS_TOKEN is not set.*id_tokens/s, { env })
  assert.equal(job.read(join('.aws', 'config')), undefined)
})
