import type { Environment, OptionValue } from './options.ts'

/** The sources of a token that are CIs. */
type Ci = Exclude<OptionValue<'token-source'>, 'auto' | 'env' | 'file' | 'stdin'>

interface CiFacts {
  readonly name: string
  /** Variables that it sets in every job. */
  readonly markers: readonly string[]
  /** Number, project and job for the role session name, in that order; of a list the first that is set. */
  readonly sessionName: readonly (string | readonly string[])[]
}

/** The CIs we know; the order decides where a job has variables of several. */
export const CIS = {
  // https://circleci.com/docs/variables/#built-in-environment-variables
  circleci: {
    name: 'CircleCI',
    markers: ['CIRCLECI', 'CIRCLE_OIDC_TOKEN_V2', 'CIRCLE_OIDC_TOKEN'],
    sessionName: ['CIRCLE_BUILD_NUM', 'CIRCLE_PROJECT_REPONAME', 'CIRCLE_JOB'],
  },
  // https://docs.github.com/actions/reference/workflows-and-actions/variables
  github: {
    name: 'GitHub Actions',
    markers: ['GITHUB_ACTIONS'],
    sessionName: ['GITHUB_RUN_ID', 'GITHUB_REPOSITORY', 'GITHUB_JOB'],
  },
  // https://docs.gitlab.com/ci/variables/predefined_variables/
  gitlab: {
    name: 'GitLab CI',
    markers: ['GITLAB_CI'],
    sessionName: ['CI_JOB_ID', 'CI_PROJECT_NAME', 'CI_JOB_NAME'],
  },
  // https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
  bitbucket: {
    name: 'Bitbucket Pipelines',
    markers: ['BITBUCKET_BUILD_NUMBER'],
    // A step has a name, but no variable tells it.
    sessionName: [
      'BITBUCKET_BUILD_NUMBER',
      'BITBUCKET_REPO_SLUG',
      'BITBUCKET_DEPLOYMENT_ENVIRONMENT',
    ],
  },
  // https://buildkite.com/docs/pipelines/configure/environment-variables
  buildkite: {
    name: 'Buildkite',
    markers: ['BUILDKITE'],
    sessionName: [
      'BUILDKITE_BUILD_NUMBER',
      'BUILDKITE_PIPELINE_SLUG',
      ['BUILDKITE_STEP_KEY', 'BUILDKITE_LABEL'],
    ],
  },
  // https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables
  jenkins: {
    name: 'Jenkins',
    markers: ['JENKINS_URL', 'JENKINS_HOME'],
    sessionName: ['BUILD_NUMBER', 'JOB_NAME', 'STAGE_NAME'],
  },
} as const satisfies Record<Ci, CiFacts>

/** The CI whose job this is, if it is one that we know. */
export function detectCi(env: Environment): Ci | undefined {
  const cis = Object.keys(CIS) as Ci[]
  return cis.find((ci) => CIS[ci].markers.some((name) => env[name]))
}
