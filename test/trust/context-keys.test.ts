import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenContextKeys } from '../../src/trust/context-keys.ts'

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif

test('a CircleCI token: aud, sub and project-id reach IAM, nothing else', () => {
  const issuer = 'oidc.circleci.com/org/o1'
  const keys = tokenContextKeys({
    iss: `https://${issuer}`,
    aud: 'o1',
    sub: 'org/o1/project/p1/user/u1',
    'oidc.circleci.com/project-id': 'p1',
    'oidc.circleci.com/vcs-ref': 'refs/heads/main',
    'oidc.circleci.com/context-ids': ['c1'],
    'oidc.circleci.com/ssh-rerun': false,
  })
  assert.deepEqual(Object.fromEntries(keys), {
    [`${issuer}:aud`]: ['o1'],
    [`${issuer}:oaud`]: ['o1'],
    [`${issuer}:sub`]: ['org/o1/project/p1/user/u1'],
    [`${issuer}:oidc.circleci.com/project-id`]: ['p1'],
  })
})

test('a GitHub token: the documented claims only', () => {
  const issuer = 'token.actions.githubusercontent.com'
  const keys = tokenContextKeys({
    iss: `https://${issuer}`,
    aud: 'sts.amazonaws.com',
    sub: 'repo:o/r:ref:refs/heads/main',
    repository: 'o/r',
    ref: 'refs/heads/main',
    runner_environment: 'github-hosted',
  })
  assert.deepEqual(
    [...keys.keys()].sort(),
    ['aud', 'oaud', 'ref', 'repository', 'sub'].map((name) => `${issuer}:${name}`),
  )
})

test('with azp, the aud key holds azp and oaud holds aud', () => {
  const keys = tokenContextKeys({
    iss: 'https://id.example',
    aud: ['api', 'info'],
    azp: 'app',
    sub: 's',
  })
  assert.deepEqual(keys.get('id.example:aud'), ['app'])
  assert.deepEqual(keys.get('id.example:oaud'), ['api', 'info'])
})

test('other issuers: no provider-specific claims, amr is a list, a trailing slash stays', () => {
  const keys = tokenContextKeys({
    iss: 'https://ID.example/',
    aud: 'a',
    sub: 's',
    amr: ['mfa', 'pwd'],
    repository: 'x',
    'oidc.circleci.com/project-id': 'p1',
  })
  assert.deepEqual(Object.fromEntries(keys), {
    'id.example/:aud': ['a'],
    'id.example/:oaud': ['a'],
    'id.example/:sub': ['s'],
    'id.example/:amr': ['mfa', 'pwd'],
  })
})
