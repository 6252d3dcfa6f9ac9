import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subjectDifference } from '../../../src/trust/check/subject-difference.ts'
import { ORG, PROJECT, USER } from '../setup.ts'

const OTHER = 'd0e1f2a3-0000-4b5c-8d7e-123456789abc'
const V1 = `org/${ORG}/project/${PROJECT}/user/${USER}`
const ORIGIN = 'github.com/acme/website'
const on = (ref: string) => `${V1}/vcs-origin/${ORIGIN}/vcs-ref/${ref}`
const MAIN = on('refs/heads/main')
const TAG = on('refs/tags/v1')

// The subjects of CircleCI: https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
const WHOLE: readonly (readonly [pattern: string, subject: string, title: string])[] = [
  [` ${MAIN}`, MAIN, 'a space is part of the subject'],
  [`${MAIN}\n`, MAIN, 'a space is part of the subject'],
  ['repo:acme/website:*', MAIN, 'the subject has the form of GitHub Actions'],
  ['project_path:acme/website:*', MAIN, 'the subject has the form of GitLab'],
  ['organization:acme:pipeline:site:*', MAIN, 'the subject has the form of Buildkite'],
  [V1, MAIN, 'it has the subject of a V1 token, but the job sends a V2 token'],
  [MAIN, V1, 'it has the subject of a V2 token, but the job sends a V1 token'],
  [`${MAIN}*`, V1, 'it has the subject of a V2 token, but the job sends a V1 token'],
  [`org/${ORG}`, MAIN, '"/project/*" is missing at the end of the subject'],
  [`org/${ORG}/`, MAIN, '"/project/*" is missing at the end of the subject'],
  [`org/${ORG}/project/${PROJECT}`, MAIN, '"/user/*" is missing at the end of the subject'],
  [
    `org/${ORG}/projects/${PROJECT}/user/*`,
    MAIN,
    '"projects/" should be "project/" in the subject',
  ],
  [`Org/${ORG}/project/${PROJECT}/user/*`, MAIN, '"Org/" should be "org/" in the subject'],
  [`org/${OTHER}/projects/x`, MAIN, 'the subject has another form'],
  ['org/*/projects/x', MAIN, '"projects/" should be "project/" in the subject'],
]

for (const [pattern, subject, title] of WHOLE) {
  test(`${JSON.stringify(pattern)}: ${title}`, () => {
    const found = subjectDifference(pattern, subject)
    assert.deepEqual(found, { title, policy: pattern, token: subject })
  })
}

type Segment = readonly [name: string, policy: string, token: string]
const SEGMENTS: readonly (readonly [pattern: string, subject: string, title: string, Segment])[] = [
  [MAIN.replace(ORG, OTHER), MAIN, 'it requires another organization', ['org', OTHER, ORG]],
  [MAIN.replace(ORG, 'acme'), MAIN, 'org has a name where the id belongs', ['org', 'acme', ORG]],
  [MAIN.replace(ORG, 'acme*'), MAIN, 'it requires another organization', ['org', 'acme*', ORG]],
  [
    ...([MAIN.replace(PROJECT, OTHER), MAIN, 'it requires another project'] as const),
    ['project', OTHER, PROJECT],
  ],
  [
    ...([
      MAIN.replace(PROJECT, 'website'),
      MAIN,
      'project has a name where the id belongs',
    ] as const),
    ['project', 'website', PROJECT],
  ],
  [
    ...([MAIN.replace(PROJECT, `x${PROJECT}`), MAIN] as const),
    'project has a name where the id belongs',
    ['project', `x${PROJECT}`, PROJECT],
  ],
  [
    ...([MAIN.replace(PROJECT, `${PROJECT}x`), MAIN] as const),
    'project has a name where the id belongs',
    ['project', `${PROJECT}x`, PROJECT],
  ],
  [
    ...([MAIN.replace(PROJECT, PROJECT.toUpperCase()), MAIN] as const),
    'the case differs in project',
    ['project', PROJECT.toUpperCase(), PROJECT],
  ],
  [MAIN.replace(USER, OTHER), MAIN, 'it requires another user', ['user', OTHER, USER]],
  [
    on('refs/heads/Main'),
    MAIN,
    'the case differs in vcs-ref',
    ['vcs-ref', 'refs/heads/Main', 'refs/heads/main'],
  ],
  [
    on('refs/heads/main/'),
    MAIN,
    'vcs-ref ends with a slash',
    ['vcs-ref', 'refs/heads/main/', 'refs/heads/main'],
  ],
  [on('main'), MAIN, '"refs/heads/" is missing in vcs-ref', ['vcs-ref', 'main', 'refs/heads/main']],
  [on('m*'), MAIN, '"refs/heads/" is missing in vcs-ref', ['vcs-ref', 'm*', 'refs/heads/main']],
  [
    on('heads/main'),
    MAIN,
    '"refs/" is missing in vcs-ref',
    ['vcs-ref', 'heads/main', 'refs/heads/main'],
  ],
  [on('tags/v1'), TAG, '"refs/" is missing in vcs-ref', ['vcs-ref', 'tags/v1', 'refs/tags/v1']],
  [
    on('refs/tags/v*'),
    MAIN,
    'it requires a tag, but the job runs on a branch',
    ['vcs-ref', 'refs/tags/v*', 'refs/heads/main'],
  ],
  [
    on('refs/heads/dev'),
    MAIN,
    'it requires another branch',
    ['vcs-ref', 'refs/heads/dev', 'refs/heads/main'],
  ],
  [on('refs/tags/v2'), TAG, 'it requires another tag', ['vcs-ref', 'refs/tags/v2', 'refs/tags/v1']],
  [
    on('refs/heads/refs/tags/v1'),
    MAIN,
    'it requires another branch',
    ['vcs-ref', 'refs/heads/refs/tags/v1', 'refs/heads/main'],
  ],
  [
    on('refs/heads/main'),
    on('refs/heads/refs/tags/v1'),
    'it requires another branch',
    ['vcs-ref', 'refs/heads/main', 'refs/heads/refs/tags/v1'],
  ],
  [
    MAIN.replace(ORIGIN, `https://${ORIGIN}`),
    MAIN,
    'vcs-origin must not have "https://"',
    ['vcs-origin', `https://${ORIGIN}`, ORIGIN],
  ],
  [
    MAIN.replace(ORIGIN, `http://${ORIGIN}`),
    MAIN,
    'vcs-origin must not have "https://"',
    ['vcs-origin', `http://${ORIGIN}`, ORIGIN],
  ],
  [
    MAIN.replace(ORIGIN, `${ORIGIN}.git`),
    MAIN,
    'vcs-origin must not have ".git"',
    ['vcs-origin', `${ORIGIN}.git`, ORIGIN],
  ],
  [
    MAIN.replace(ORIGIN, 'acme/website'),
    MAIN,
    '"github.com/" is missing in vcs-origin',
    ['vcs-origin', 'acme/website', ORIGIN],
  ],
  [
    MAIN.replace(ORIGIN, 'github.com/acme/api'),
    MAIN,
    'it requires another repository',
    ['vcs-origin', 'github.com/acme/api', ORIGIN],
  ],
  // Of several differences, the first.
  [
    on('main').replace(PROJECT, OTHER),
    MAIN,
    'it requires another project',
    ['project', OTHER, PROJECT],
  ],
]

for (const [pattern, subject, title, [name, policy, token]] of SEGMENTS) {
  test(`${pattern}: ${title}`, () => {
    const found = subjectDifference(pattern, subject)
    assert.deepEqual(found, { title, policy: `${name}/${policy}`, token: `${name}/${token}` })
  })
}

test('no difference, or a subject of another issuer', () => {
  for (const pattern of [MAIN, `org/${ORG}/project/${PROJECT}/user/*`, `${V1}*`, on('*')]) {
    assert.equal(subjectDifference(pattern, MAIN), undefined, pattern)
  }
  assert.equal(subjectDifference(V1, V1), undefined)
  assert.equal(subjectDifference(MAIN, 'repo:acme/website:ref:refs/heads/main'), undefined)
})
