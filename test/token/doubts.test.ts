import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claims } from '../../src/token/claims.ts'
import { doubts } from '../../src/token/doubts.ts'

// https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
const ISSUER = 'https://oidc.circleci.com/org/o1'
const V1 = 'org/o1/project/p1/user/u1'
const of = (ref: string) => ({
  iss: ISSUER,
  sub: `${V1}/vcs-origin/github.com/m/site/vcs-ref/${ref}`,
})
const claim = (name: string, value: unknown) => ({
  iss: ISSUER,
  [`oidc.circleci.com/${name}`]: value,
})
/** https://circleci.com/docs/variables/#built-in-environment-variables */
const JOB = { CIRCLECI: 'true', CIRCLE_ORGANIZATION_ID: 'o1', CIRCLE_PROJECT_ID: 'p1' }
const GITLAB = { iss: 'https://gitlab.com', sub: 'project_path:acme/site:ref_type:branch:ref:main' }

const CASES: [name: string, claims: Claims, env: Record<string, string>, ...found: string[]][] = [
  ['of this job', of('refs/heads/main'), JOB],
  ['without any claim', {}, JOB],
  [
    'of a pull request',
    of('refs/pull/12'),
    JOB,
    'fork-token: its vcs-ref is refs/pull/12, its vcs-origin github.com/m/site',
  ],
  [
    "of a fork's branch",
    of('refs/heads/pull/7'),
    JOB,
    'fork-token: its vcs-ref is refs/heads/pull/7, its vcs-origin github.com/m/site',
  ],
  [
    'with the ref in a claim',
    { ...claim('vcs-ref', 'refs/pull/3'), 'oidc.circleci.com/vcs-origin': 'github.com/a/b' },
    JOB,
    'fork-token: its vcs-ref is refs/pull/3, its vcs-origin github.com/a/b',
  ],
  ['of a branch named like one', of('refs/heads/pull/request'), JOB],
  ['of a branch that ends like one', of('refs/heads/x/refs/pull/1'), JOB],
  [
    'of the root issuer',
    { iss: 'https://oidc.circleci.com' },
    JOB,
    'root-issuer: its issuer is https://oidc.circleci.com',
  ],
  [
    'of the root issuer, with a slash',
    { iss: 'https://oidc.circleci.com/' },
    {},
    'root-issuer: its issuer is https://oidc.circleci.com/',
  ],
  [
    'of another project',
    of('refs/heads/main'),
    { ...JOB, CIRCLE_PROJECT_ID: 'p2' },
    'token-of-another-job: it is from the project p1, but the job is from p2',
  ],
  [
    'of another organization and project',
    of('refs/heads/main'),
    { CIRCLE_ORGANIZATION_ID: 'o2', CIRCLE_PROJECT_ID: 'p2' },
    'token-of-another-job: it is from the organization o1, but the job is from o2; it is from the project p1, but the job is from p2',
  ],
  ['where the job tells nothing', of('refs/heads/main'), { CIRCLE_PROJECT_ID: '' }],
  [
    'of another CI',
    GITLAB,
    JOB,
    'token-of-another-job: its issuer is https://gitlab.com, but this is a CircleCI job',
  ],
  ['of another CI, there', GITLAB, { GITLAB_CI: 'true' }],
  ['of CircleCI Server', { iss: 'https://ci.example.com/org/o1' }, JOB],
  [
    'of a job rerun with SSH',
    claim('ssh-rerun', true),
    JOB,
    'ssh-rerun: its claim ssh-rerun is true',
  ],
  ['of a job that was not', claim('ssh-rerun', false), JOB],
]

for (const [name, claims, env, ...expected] of CASES) {
  test(`a token ${name}: ${expected.join() || 'no doubt'}`, () => {
    assert.deepEqual(
      doubts(claims, env).map(({ kind, detail }) => `${kind}: ${detail}`),
      expected,
    )
  })
}
