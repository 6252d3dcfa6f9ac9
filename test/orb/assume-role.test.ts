import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { compileWithOrb, jobOf } from './config.ts'
import { openHost, runJob } from './job-runner.ts'
import { SHELLS } from './shells.ts'

const ROLE = 'arn:aws:iam::111111111111:role/circleci-oidc'
const SESSION = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/'
const assumeRole = (values = {}) => ({ 'aws-oidc/assume-role': { 'role-arn': ROLE, ...values } })
const WHO = 'aws sts get-caller-identity'

for (const { command: shell, skip, busybox } of SHELLS) {
  describe(shell, { skip }, () => {
    test('a role, its profile, and who later steps are', async (t) => {
      const host = await openHost(t, { busybox })
      const job = jobOf(assumeRole({ region: 'eu-west-1' }), { run: WHO })
      const { succeeded, output, steps } = await runJob(host, job, { shell })
      assert.ok(succeeded, output)
      assert.ok(steps[2]?.stdout.includes(`${WHO.slice(4)} as ${SESSION}`), output)
      assert.match(readFileSync(join(host.home, '.aws/config'), 'utf8'), /^region = eu-west-1$/m)
      assert.deepEqual(host.sandbox.exchanges, 1)
    })

    test('variables of the job and of earlier steps', async (t) => {
      const host = await openHost(t, { busybox })
      writeFileSync(host.bashEnv, 'export ACCOUNT=111111111111\nexport PASSWORD=hunter2\n')
      const job = jobOf(
        { run: `echo 'export NAME=circleci-oidc' >> "$BASH_ENV"` },
        assumeRole({
          'role-arn': 'arn:aws:iam::${ACCOUNT}:role/$NAME',
          profile: '${PROFILE:-dev}',
          'role-session-name': '$CIRCLE_JOB',
        }),
        { run: `${WHO} --profile dev` },
      )
      const { succeeded, output, steps } = await runJob(host, job, { shell })
      assert.ok(succeeded, output)
      assert.ok(steps[3]?.stdout.includes(` as ${SESSION}deploy`), output)
      // Under -x bash itself traces the file; our scripts, where they source it, must not.
      if (!shell.startsWith('bash -eux')) assert.ok(!output.includes('hunter2'), output)
    })

    test('an error ends the step with the helper’s exit code', async (t) => {
      const host = await openHost(t, { busybox })
      const role = ROLE.replace('circleci-oidc', 'other')
      const job = jobOf(assumeRole({ 'role-arn': role }), { run: 'echo not reached' })
      const { steps } = await runJob(host, job, { shell })
      assert.deepEqual(
        steps.map(({ code }) => code),
        [0, 4],
      )
      assert.match(steps[1]?.stderr ?? '', /access-denied/)
    })
  })
}

test('variables of the job stand in for parameters left alone, and only for those', async (t) => {
  const host = await openHost(t)
  writeFileSync(host.bashEnv, 'export AWS_OIDC_REGION=us-west-2 AWS_OIDC_PROFILE=other\n')
  const chosen = { region: 'eu-central-1', profile: 'dev' }
  const env = { AWS_OIDC_ROLE_ARN: ROLE, AWS_OIDC_OUTPUT: 'json' }
  const job = jobOf({ 'aws-oidc/assume-role': chosen }, { run: `${WHO} --profile dev` })
  const { succeeded, output } = await runJob(host, job, { env })
  assert.ok(succeeded, output)
  const config = readFileSync(join(host.home, '.aws/config'), 'utf8')
  assert.match(config, /^\[profile dev\]\n.*\nregion = eu-central-1\noutput = json\n$/)
})

test('a profile that a context names is no step’s', async (t) => {
  const host = await openHost(t)
  const env = { AWS_OIDC_PROFILE: 'a' }
  const profiles = `[profile a]\nrole_arn = ${ROLE}\n[profile b]\nrole_arn = ${ROLE}\n`
  const job = jobOf({ 'aws-oidc/assume-role': { profiles } }, 'aws-oidc/cleanup')
  const { succeeded, output } = await runJob(host, job, { env })
  assert.ok(succeeded, output)
  assert.equal(existsSync(join(host.home, '.aws/credentials')), false)
})

test('a guard that a context sets holds', async (t) => {
  const host = await openHost(t)
  const env = { AWS_OIDC_ALLOWED_ACCOUNT_IDS: '222222222222' }
  const { steps } = await runJob(host, jobOf(assumeRole()), { env })
  assert.match(steps.at(-1)?.stderr ?? '', /account-not-allowed/)
  assert.deepEqual(host.sandbox.exchanges, 0)
})

for (const value of ['AWS_OIDC_ROLE_ARN', '$AWS_OIDC_ROLE_ARN', '${AWS_OIDC_ROLE_ARN:-none}']) {
  test(`a variable called like the option: ${value}`, async (t) => {
    const host = await openHost(t)
    const job = jobOf(assumeRole({ 'role-arn': value }), { run: WHO })
    const { output } = await runJob(host, job, { env: { AWS_OIDC_ROLE_ARN: ROLE } })
    assert.ok(output.includes(` as ${SESSION}`), output)
  })
}

test('profiles that refer to a variable called like an option', async (t) => {
  const host = await openHost(t)
  const profiles = '[default]\nrole_arn = ${AWS_OIDC_ROLE_ARN}\n'
  const job = jobOf({ 'aws-oidc/assume-role': { profiles } }, { run: WHO })
  const { output } = await runJob(host, job, { env: { AWS_OIDC_ROLE_ARN: ROLE } })
  assert.ok(output.includes(` as ${SESSION}`), output)
})

test('the keys themselves for later steps, never traced', async (t) => {
  const host = await openHost(t)
  const job = jobOf(assumeRole({ export: 'keys' }), { run: WHO })
  const { output, succeeded } = await runJob(host, job, { shell: 'bash -eux -o pipefail' })
  assert.ok(succeeded && output.includes(` as ${SESSION}`), output)
  assert.doesNotMatch(output, /ASIA\w+/)
})

test('a step without the helper says how to get it', async (t) => {
  const host = await openHost(t)
  const { steps } = await runJob(host, jobOf(assumeRole({ helper: 'installed' })))
  assert.deepEqual(
    steps.map(({ name, code }) => `${name} ${code}`),
    [`Assume AWS role ${ROLE}  6`],
  )
  assert.match(steps[0]?.stderr ?? '', /Next: leave the parameter helper at embedded, or install /)
})

test('whoami', async (t) => {
  const host = await openHost(t)
  const whoami = (values = {}) => ({ 'aws-oidc/whoami': values })
  const job = jobOf(assumeRole({ profile: 'dev' }), whoami(), whoami({ profile: 'dev' }))
  const { steps, output } = await runJob(host, job)
  for (const step of steps.slice(2)) assert.ok(step.stdout.includes(SESSION), output)
  assert.equal(steps.length, 4)
})

test('doctor, as a step and as a job', async (t) => {
  const host = await openHost(t)
  const job = jobOf({ 'aws-oidc/doctor': { 'role-arn': ROLE } })
  const { succeeded, output } = await runJob(host, job)
  assert.ok(succeeded, output)
  const [other] = compileWithOrb(`
    executors: { node: { docker: [{ image: 'cimg/node:lts' }] } }
    workflows:
      w:
        jobs:
          - aws-oidc/doctor:
              executor: node
              role-arn: arn:aws:iam::111111111111:role/nobody
  `)
  assert.ok(other)
  const refused = await runJob(host, other)
  assert.equal(refused.succeeded, false)
  assert.match(refused.output, /nobody/)
})

test('when', async (t) => {
  const host = await openHost(t)
  const job = jobOf({ run: 'false' }, assumeRole({ when: 'always', profile: 'post-mortem' }), {
    run: { command: `${WHO} --profile post-mortem`, when: 'on_fail' },
  })
  const { succeeded, steps, output } = await runJob(host, job)
  assert.equal(succeeded, false)
  assert.deepEqual(
    steps.map(({ code }) => code),
    [1, 0, 0, 0],
    output,
  )
})

test('the job cleans up, also when a step failed', async (t) => {
  for (const [command, succeeds] of [
    ['true', true],
    ['exit 3', false],
  ] as const) {
    const [job] = compileWithOrb({
      workflows: {
        w: {
          jobs: [
            {
              'aws-oidc/run': {
                checkout: false,
                'role-arn': ROLE,
                steps: [{ run: `${WHO} && ${command}` }],
              },
            },
          ],
        },
      },
    })
    assert.ok(job)
    const host = await openHost(t)
    const { output, succeeded } = await runJob(host, job)
    assert.equal(succeeded, succeeds, output)
    assert.match(output, / as arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//)
    assert.ok(!existsSync(join(host.home, '.aws/credentials')), output)
  }
})

test('the job: parameters, checkout, steps, executor', async (t) => {
  const [job] = compileWithOrb(`
    executors: { node: { docker: [{ image: 'cimg/node:lts' }], environment: { WHERE: here } } }
    commands: { who: { steps: [{ run: '${WHO}; echo $WHERE' }] } }
    workflows:
      deploy:
        jobs:
          - aws-oidc/run:
              name: deploy
              context: aws
              executor: node
              role-arn: ${ROLE}
              steps: [who]
  `)
  assert.ok(job)
  const host = await openHost(t)
  const { output } = await runJob(host, job)
  assert.match(output, /as arn:aws:sts::111111111111:assumed-role\/circleci-oidc\/.*\nhere\n/)
})
