import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Job, ROLE } from '../acceptance/job.ts'
import { withoutAwsCli } from '../tools/aws-cli.ts'
import { addReaders, QUIET, READERS } from './readers.ts'

const ARN = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci-42-website-deploy'
/** What the last line of a script that runs in the sandbox says. */
async function inSandbox(job: Job, lines: readonly string[]): Promise<Record<string, string>> {
  addReaders(job)
  const script = ['set -eu', ...lines].join('\n')
  const { stdout } = await job.done(['sandbox', '--', 'bash', '-c', script], { env: QUIET })
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1))
}

const ASSUME = `circleci-aws-oidc assume-role --role-arn ${ROLE} --region eu-central-1`

// S1 of the recipes: a profile in another account, reached through ours.
const PLAYGROUND = `cat >> "$HOME/.aws/config" <<'END'
[profile playground]
role_arn = arn:aws:iam::222222222222:role/playground
role_session_name = from-dev
source_profile = dev
region = eu-central-1
END`

for (const { name, skip, command } of READERS) {
  describe(name, { skip }, () => {
    test('a profile by its name', async (t) => {
      const job = new Job(t)
      const identity = await inSandbox(job, [`${ASSUME} --profile dev`, `${command} dev`])
      assert.deepEqual([identity['Arn'], identity['Account']], [ARN, '111111111111'])
      if ('region' in identity) assert.equal(identity['region'], 'eu-central-1')
    })

    test('the default profile', async (t) => {
      const identity = await inSandbox(new Job(t), [`${ASSUME} --export none`, command])
      assert.equal(identity['Arn'], ARN)
    })

    for (const mode of ['profile', 'keys']) {
      test(`later steps, with --export ${mode} over static keys of the environment`, async (t) => {
        const identity = await inSandbox(new Job(t), [
          'export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=static/secret/static',
          `${ASSUME} --profile dev --export ${mode}`,
          `bash -euo pipefail -c '${command}'`,
        ])
        assert.equal(identity['Arn'], ARN)
        if ('region' in identity) assert.equal(identity['region'], 'eu-central-1')
      })
    }

    test('a profile of the user that starts from ours', async (t) => {
      const identity = await inSandbox(new Job(t), [
        `${ASSUME} --profile dev`,
        PLAYGROUND,
        `${command} playground`,
      ])
      assert.equal(identity['Arn'], 'arn:aws:sts::222222222222:assumed-role/playground/from-dev')
    })

    test('a profile that no longer holds good credentials is refused', async (t) => {
      const job = new Job(t)
      addReaders(job)
      const script = `${ASSUME} --profile dev >/dev/null
        sed -i 's/^\\(aws_secret_access_key = \\).*/\\1wrong/' "$HOME/.aws/credentials"
        if ${command} dev 2>&1; then exit 9; fi`
      const { stdout } = await job.done(['sandbox', '--', 'bash', '-c', script], { env: QUIET })
      assert.match(stdout, /SignatureDoesNotMatch|signature/i)
    })
  })
}

test('the AWS CLI reads region and output of the profile', {
  skip: withoutAwsCli,
}, async (t) => {
  const job = new Job(t)
  addReaders(job)
  const script = `${ASSUME} --profile dev --output yaml >/dev/null
    aws configure get region --profile dev
    aws configure get output --profile dev`
  const { stdout } = await job.done(['sandbox', '--', 'bash', '-euc', script])
  assert.equal(stdout, 'eu-central-1\nyaml\n')
})
