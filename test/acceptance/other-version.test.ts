import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { SandboxOptions } from '../../src/sandbox/index.ts'
import { type Environment, ROLE, type SandboxJob, startJob } from './job.ts'
import {
  audience,
  aws,
  BRANCH,
  BY_ROLE,
  policyOf,
  SUBJECT,
  statement,
  subject,
  USER,
} from './refusals/set-up.ts'

const FOR_V1 = statement({ StringEquals: { ...audience, ...subject(`${SUBJECT}/${USER}`) } })
const FOR_MAIN = statement({ StringEquals: audience, StringLike: subject(`${BRANCH}/main`) })
const FOR_RELEASE = statement({ StringEquals: audience, StringLike: subject(`${BRANCH}/release`) })
const ASSUME = ['assume-role', ...BY_ROLE]

/** A job that has both tokens, as those of CircleCI, and a role with this statement. */
async function jobWithBoth(
  t: TestContext,
  allow: object,
  faults: SandboxOptions['faults'] = [],
): Promise<SandboxJob & { readonly env: Environment }> {
  const { job, sandbox } = await startJob(t, { ...aws({ policy: policyOf(allow) }), faults })
  return { job, sandbox, env: { CIRCLE_OIDC_TOKEN: await sandbox.mint({ version: 'v1' }) } }
}

test('a role for V1 tokens: says so, keeps nothing of the session that showed it', async (t) => {
  const { job, sandbox, env } = await jobWithBoth(t, FOR_V1)
  const what = /refuses the V2 token in CIRCLE_OIDC_TOKEN_V2, and allows the V1 token/
  const { stderr } = await job.fails(ASSUME, 'token-version-refused', what, { env })
  assert.match(stderr, /^ {2}Next: {3}Pass --token-version v1\b/m)
  assert.deepEqual(job.files(), {})
  const [refused, tried, ...more] = sandbox.requests.map(({ parameters }) => parameters)
  assert.deepEqual(more, [])
  // One name in CloudTrail; the session that was tried could have done nothing.
  assert.equal(tried?.['RoleSessionName'], refused?.['RoleSessionName'])
  assert.equal(tried?.['DurationSeconds'], '900')
  assert.match(tried?.['Policy'] ?? '', /"Deny","Action":"\*","Resource":"\*"/)
  await job.done([...ASSUME, '--token-version', 'v1'], { env })
})

test('a role for one branch: the advice to a V1 token opens nothing', async (t) => {
  const { job, env } = await jobWithBoth(t, FOR_MAIN)
  const v1 = [...ASSUME, '--token-version', 'v1']
  const what = /refuses the V1 token in CIRCLE_OIDC_TOKEN, and allows the V2 token/
  const { stderr } = await job.fails(v1, 'token-version-refused', what, { env })
  assert.match(stderr, /leave out --token-version/)
  assert.doesNotMatch(stderr, /\*/)
})

test('both are refused', async (t) => {
  const { job, sandbox, env } = await jobWithBoth(t, FOR_RELEASE)
  const { stderr } = await job.fails(
    ASSUME,
    'access-denied',
    /V1 token in CIRCLE_OIDC_TOKEN: refused, too/,
    {
      env,
    },
  )
  assert.doesNotMatch(stderr, /Attempt|policy: the subject of a V1/)
  assert.equal(sandbox.requests.length, 2)
})

test('an answer that does not come changes nothing of the refusal', async (t) => {
  const { job, sandbox, env } = await jobWithBoth(t, FOR_V1, [{ name: 'slow', count: 2 }])
  await job.fails([...ASSUME, '--timeout-seconds', '6'], 'access-denied', /AccessDenied/, { env })
  assert.equal(sandbox.requests.length, 2)
})

for (const [name, change] of [
  ['no other version', () => ({ CIRCLE_OIDC_TOKEN: undefined })],
  [
    'the same version in both',
    async ({ sandbox }) => ({ CIRCLE_OIDC_TOKEN: await sandbox.mint() }),
  ],
  [
    'an expired one',
    async ({ sandbox }) => ({
      CIRCLE_OIDC_TOKEN: await sandbox.mint({ version: 'v1', expiresIn: -60 }),
    }),
  ],
  [
    'one of another project',
    async ({ sandbox }) => {
      const sub = SUBJECT.replace('/project/', '/project/x')
      return { CIRCLE_OIDC_TOKEN: await sandbox.mint({ version: 'v1', claims: { sub } }) }
    },
  ],
  ['something else in the variable', () => ({ CIRCLE_OIDC_TOKEN: 'no token' })],
  [
    "a fork's token",
    async ({ sandbox }) => {
      const ref = 'refs/heads/pull/7'
      const sub = `${SUBJECT}/${USER}/vcs-origin/github.com/mallory/website/vcs-ref/${ref}`
      return {
        CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({
          claims: { sub, 'oidc.circleci.com/vcs-ref': ref },
        }),
      }
    },
  ],
] as const satisfies readonly [string, (job: SandboxJob) => Environment | Promise<Environment>][]) {
  test(`AWS is asked once where there is ${name}`, async (t) => {
    const { job, sandbox, env } = await jobWithBoth(t, FOR_RELEASE)
    const changed = { ...env, ...(await change({ job, sandbox })) }
    await job.fails(ASSUME, 'access-denied', new RegExp(ROLE), { env: changed })
    assert.equal(sandbox.requests.length, 1)
  })
}
