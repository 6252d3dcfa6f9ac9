import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jobOf } from '../orb/config.ts'
import { type HostOptions, openHost, runJob } from '../orb/job-runner.ts'
import { addTool } from '../orb/tools.ts'
import { AWS_CLI, withoutAwsCli } from '../tools/aws-cli.ts'
import { ORG, PROJECT } from '../trust/setup.ts'

// S3, one command of an orb: its parameter names a variable of a context, which holds the role; AWS_REGION
// stands beside it. The role trusts one project.

const HOST = `oidc.circleci.com/org/${ORG}`
const CONTEXT = {
  AWS_IAM_ROLE_ARN: 'arn:aws:iam::111111111111:role/circleci-oidc',
  AWS_REGION: 'eu-west-1',
}
const JOB = jobOf(
  { 'aws-oidc/assume-role': { 'role-arn': 'AWS_IAM_ROLE_ARN' } },
  { run: 'aws sts get-caller-identity --output text --query Account; aws configure list' },
)

/** A world whose role trusts this project. */
function trusting(project: string): HostOptions {
  const trustPolicy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${HOST}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringLike: { [`${HOST}:sub`]: `org/${ORG}/project/${project}/*` } },
      },
    ],
  }
  const providers = [{ url: `https://${HOST}`, clientIds: [ORG] }]
  const roles = [{ name: 'circleci-oidc', trustPolicy }]
  return { world: { accounts: { '111111111111': { providers, roles } } } }
}

test('S3: the role from a variable of the context, and who the AWS CLI is', {
  skip: withoutAwsCli,
}, async (t) => {
  const host = await openHost(t, trusting(PROJECT))
  addTool(host.bin, 'aws', `exec '${AWS_CLI}' "$@"`)
  const { succeeded, output, steps } = await runJob(host, JOB, { env: CONTEXT })
  assert.ok(succeeded, output)
  assert.match(steps.at(-1)?.stdout ?? '', /^111111111111\n/)
  assert.match(output, /^ *region +[:|]? *eu-west-1/m)
})

test('S3: a role of another project refuses the job', async (t) => {
  const host = await openHost(t, trusting('00000000-0000-4000-8000-000000000000'))
  const { succeeded, output } = await runJob(host, JOB, { env: CONTEXT })
  assert.equal(succeeded, false)
  assert.match(
    output,
    /Error access-denied: AWS does not let this token assume arn:aws:iam::111111111111:role/,
  )
})

test('S3: without the context', async (t) => {
  const host = await openHost(t, trusting(PROJECT))
  const { succeeded, output } = await runJob(host, JOB)
  assert.equal(succeeded, false)
  assert.match(
    output,
    /role-arn refers to the environment variable AWS_IAM_ROLE_ARN, which is unset/,
  )
})
