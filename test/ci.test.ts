import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CIS, detectCi } from '../src/ci.ts'

/** Each CI with variables that its documentation says are in every job; `src/ci.ts` names the pages. */
const JOBS: [ci: keyof typeof CIS | undefined, ...variables: string[]][] = [
  ['circleci', 'CIRCLECI'],
  // The sandbox and other runners of jobs set the tokens alone.
  ['circleci', 'CIRCLE_OIDC_TOKEN_V2'],
  ['circleci', 'CIRCLE_OIDC_TOKEN'],
  ['github', 'GITHUB_ACTIONS', 'CI'],
  ['gitlab', 'GITLAB_CI', 'CI'],
  ['bitbucket', 'BITBUCKET_BUILD_NUMBER', 'CI'],
  ['buildkite', 'BUILDKITE', 'CI'],
  ['jenkins', 'JENKINS_URL', 'BUILD_NUMBER'],
  ['jenkins', 'JENKINS_HOME'],
  [undefined, 'CI'],
  [undefined],
  ['circleci', 'JENKINS_HOME', 'CIRCLECI'],
  ['gitlab', 'JENKINS_URL', 'GITLAB_CI'],
]

describe('whose job this is', () => {
  for (const [ci, ...variables] of JOBS) {
    test(`${variables.join(', ')}: ${ci}`, () => {
      assert.equal(detectCi(Object.fromEntries(variables.map((name) => [name, '1']))), ci)
      assert.equal(detectCi(Object.fromEntries(variables.map((name) => [name, '']))), undefined)
    })
  }
})
