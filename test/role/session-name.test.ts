import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { roleSessionName } from '../../src/role/session-name.ts'

// STS API Reference: RoleSessionName, 2 to 64 characters of [\w+=,.@-].
const AWS_RULE = /^[\w+=,.@-]{2,64}$/

const literal = (text: string) => ({ text, isVariable: false })
const silent = () => {}

for (const given of ['ab', 'deploy-42', 'a+=,.@-_9', 'n'.repeat(64)]) {
  test(`${given.slice(0, 20)} (${given.length}) is taken as given`, () => {
    assert.equal(roleSessionName(literal(given), { CIRCLE_JOB: 'other' }, silent), given)
  })
}

const REFUSED: [given: string, problem: string, suggestion: string][] = [
  ['x', 'has 1 character', 'circleci-aws-oidc'],
  ['n'.repeat(65), 'has 65 characters', 'n'.repeat(64)],
  ['my session', 'has characters that AWS does not accept', 'my-session'],
  ['feature/login', 'has characters that AWS does not accept', 'feature-login'],
  ['größe', 'has characters that AWS does not accept', 'gr-e'],
  ['--- a/b ---', 'has characters that AWS does not accept', 'a-b'],
  ['ß', 'has 1 character', 'circleci-aws-oidc'],
  ['äöü ß', 'has characters that AWS does not accept', 'circleci-aws-oidc'],
  ['a !', 'has characters that AWS does not accept', 'circleci-aws-oidc'],
  [`${'n'.repeat(63)}é`, 'has characters that AWS does not accept', 'n'.repeat(63)],
  ['a\nb', 'has characters that AWS does not accept', 'a-b'],
]

for (const [given, problem, suggestion] of REFUSED) {
  test(`${JSON.stringify(given.slice(0, 20))} ${problem}`, () => {
    assert.throws(() => roleSessionName(literal(given), {}, silent), {
      code: 'invalid-role-session-name',
      exitCode: 2,
      message: `The role session name "${given.replace('\n', '\\u000a')}" ${problem}.`,
      why: 'AWS accepts 2 to 64 letters, digits and _+=,.@-',
      next: `Use, for example, "${suggestion}".`,
    })
  })
}

for (const [given, , name] of REFUSED) {
  test(`${JSON.stringify(given.slice(0, 20))} of a variable is made valid, with a note`, () => {
    const notes: string[] = []
    const note = (text: string) => void notes.push(text)
    assert.equal(roleSessionName({ text: given, isVariable: true }, {}, note), name)
    assert.equal(notes.length, 1)
    assert.match(
      notes[0] ?? '',
      /^The role session name is "[\w+=,.@-]{2,64}", because AWS does not /,
    )
  })
}

const JOB = { CIRCLE_BUILD_NUM: '42', CIRCLE_PROJECT_REPONAME: 'website', CIRCLE_JOB: 'deploy' }

const DEFAULTS: [env: Record<string, string>, name: string][] = [
  [JOB, 'circleci-42-website-deploy'],
  [{ ...JOB, CIRCLE_JOB: 'deploy to prod (eu)' }, 'circleci-42-website-deploy-to-prod-eu'],
  [{ ...JOB, CIRCLE_JOB: 'größe' }, 'circleci-42-website-gr-e'],
  [{ ...JOB, CIRCLE_PROJECT_REPONAME: '' }, 'circleci-42-deploy'],
  [{ ...JOB, CIRCLE_JOB: 'j'.repeat(80) }, `circleci-42-website-${'j'.repeat(44)}`],
  [{ ...JOB, CIRCLE_JOB: `${'j'.repeat(43)} end` }, `circleci-42-website-${'j'.repeat(43)}`],
  [{}, 'circleci-aws-oidc'],
]

const OTHER_CIS: typeof DEFAULTS = [
  [
    {
      GITHUB_ACTIONS: 'true',
      GITHUB_RUN_ID: '1658821493',
      GITHUB_REPOSITORY: 'acme/website',
      GITHUB_JOB: 'deploy',
    },
    'github-1658821493-website-deploy',
  ],
  [
    { GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '1', GITHUB_REPOSITORY: 'website', GITHUB_JOB: 'a/b' },
    'github-1-website-a-b',
  ],
  [
    { GITLAB_CI: 'true', CI_JOB_ID: '7', CI_PROJECT_NAME: 'website', CI_JOB_NAME: 'deploy: [eu]' },
    'gitlab-7-website-deploy-eu',
  ],
  [{ BITBUCKET_BUILD_NUMBER: '7', BITBUCKET_REPO_SLUG: 'website' }, 'bitbucket-7-website'],
  [
    {
      BITBUCKET_BUILD_NUMBER: '7',
      BITBUCKET_REPO_SLUG: 'website',
      BITBUCKET_DEPLOYMENT_ENVIRONMENT: 'production',
    },
    'bitbucket-7-website-production',
  ],
  [
    {
      BUILDKITE: 'true',
      BUILDKITE_BUILD_NUMBER: '7',
      BUILDKITE_PIPELINE_SLUG: 'website',
      BUILDKITE_LABEL: ':rocket: Deploy',
    },
    'buildkite-7-website-rocket-Deploy',
  ],
  [
    { BUILDKITE: 'true', BUILDKITE_STEP_KEY: 'deploy', BUILDKITE_LABEL: ':rocket:' },
    'buildkite-deploy',
  ],
  [
    {
      JENKINS_URL: 'https://jenkins.example.com/',
      BUILD_NUMBER: '7',
      JOB_NAME: 'team/website/main',
      STAGE_NAME: 'Deploy',
    },
    'jenkins-7-team-website-main-Deploy',
  ],
  [{ GITLAB_CI: 'true' }, 'circleci-aws-oidc'],
]

for (const [env, name] of [...DEFAULTS, ...OTHER_CIS]) {
  test(`by default: ${name}`, () => assert.equal(roleSessionName(undefined, env, silent), name))
}

test('the default is valid whatever project and job are called', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (project, job) => {
      const env = { CIRCLE_PROJECT_REPONAME: project, CIRCLE_JOB: job }
      assert.match(roleSessionName(undefined, env, silent), AWS_RULE)
    }),
  )
})

test('of a long name the message shows the beginning', () => {
  assert.throws(() => roleSessionName(literal('n'.repeat(101)), {}, silent), {
    message: `The role session name "${'n'.repeat(100)}" has 101 characters.`,
  })
})
