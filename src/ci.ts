import type { Environment } from './options.ts'

/** The CIs we know, each by variables that it sets in every job; the order decides between several. */
const MARKERS = {
  // https://circleci.com/docs/variables/#built-in-environment-variables
  circleci: ['CIRCLECI', 'CIRCLE_OIDC_TOKEN_V2', 'CIRCLE_OIDC_TOKEN'],
  // https://docs.github.com/actions/reference/workflows-and-actions/variables
  github: ['GITHUB_ACTIONS'],
  // https://docs.gitlab.com/ci/variables/predefined_variables/
  gitlab: ['GITLAB_CI'],
  // https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
  bitbucket: ['BITBUCKET_BUILD_NUMBER'],
  // https://buildkite.com/docs/pipelines/configure/environment-variables
  buildkite: ['BUILDKITE'],
  // https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables
  jenkins: ['JENKINS_URL', 'JENKINS_HOME'],
} as const satisfies Record<string, readonly string[]>

export type Ci = keyof typeof MARKERS

/** The CI whose job this is, if it is one that we know. */
export function detectCi(env: Environment): Ci | undefined {
  const cis = Object.keys(MARKERS) as Ci[]
  return cis.find((ci) => MARKERS[ci].some((name) => env[name]))
}
