import { existsSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../options.ts'
import { shellWord } from '../text.ts'
import type { JobFacts, World } from './aws/world.ts'
import { hasTokens } from './issuer.ts'
import type { Sandbox } from './server.ts'

/** Bundles the job's commands run: our own CLI, and `src/sandbox/circleci.ts`. Absolute paths. */
export interface CommandPaths {
  readonly cli: string
  readonly circleci: string
}

/** The temporary directory of one job (mode 0700). */
export interface JobDirectory {
  readonly home: string
  /** First on the job's PATH; holds `circleci`, `circleci-agent` and `circleci-aws-oidc`. */
  readonly bin: string
  readonly bashEnv: string
  /** What makes a shell that reads it a job of the sandbox. */
  readonly variables: string
  readonly remove: () => Promise<void>
}

export async function createJobDirectory(paths: CommandPaths): Promise<JobDirectory> {
  const root = await mkdtemp(join(tmpdir(), 'circleci-aws-oidc-sandbox-'))
  // The asynchronous removal never runs when the process ends on an error.
  const removeAtExit = () => rmSync(root, { recursive: true, force: true })
  process.once('exit', removeAtExit)
  const directory: JobDirectory = {
    home: join(root, 'home'),
    bin: join(root, 'bin'),
    bashEnv: join(root, 'bash_env'),
    variables: join(root, 'job.sh'),
    remove: async () => {
      await rm(root, { recursive: true, force: true })
      process.off('exit', removeAtExit)
    },
  }
  await mkdir(directory.home, { mode: 0o700 })
  await mkdir(directory.bin, { mode: 0o700 })
  // The caller's directory is what `checkout` would have brought to the working directory.
  await symlink(process.cwd(), join(directory.home, 'project'))
  await writeFile(directory.bashEnv, '', { mode: 0o600 })
  await writeShim(directory.bin, 'circleci', paths.circleci)
  await writeShim(directory.bin, 'circleci-agent', paths.circleci)
  await writeShim(directory.bin, 'circleci-aws-oidc', paths.cli)
  return directory
}

async function writeShim(bin: string, name: string, script: string): Promise<void> {
  const text = `#!/bin/sh\nexec ${shellWord(process.execPath)} ${shellWord(script)} "$@"\n`
  await writeFile(join(bin, name), text, { mode: 0o755 })
}

/** The whole environment of a CircleCI job in this sandbox, from that of the surrounding shell. */
export function jobEnvironment(
  parent: Environment,
  world: World,
  url: string,
  directory: JobDirectory,
  tokens: JobTokens | undefined,
  passed: readonly string[] = [],
): Record<string, string | undefined> {
  const kept = Object.entries(parent).filter(
    ([name]) => passed.includes(name) || !isHiddenFromJob(name),
  )
  return {
    ...circleVariables(world),
    ...Object.fromEntries(kept),
    ...(tokens && { CIRCLE_OIDC_TOKEN: tokens.v1, CIRCLE_OIDC_TOKEN_V2: tokens.v2 }),
    ...sandboxVariables(url, directory, parent),
    HOME: directory.home,
  }
}

interface JobTokens {
  readonly v1: string
  readonly v2: string
}

/** The job's tokens; CircleCI makes none for a fork that gets no secrets. */
export async function mintTokens({ world, mint }: Pick<Sandbox, 'world' | 'mint'>) {
  if (!hasTokens(world)) return undefined
  return { v1: await mint({ version: 'v1' }), v2: await mint({ version: 'v2' }) }
}

/** What CircleCI has and a developer's shell may have too, by other CIs, by AWS tools or by us. */
const OF_PARENT =
  /^(AWS_.*|CIRCLE.*|CI|CI_.*|BASH_ENV|ENV|XDG_\w+|GITHUB_\w+|ACTIONS_\w+|RUNNER_\w+|GITLAB_\w+|BUILDKITE.*|BITBUCKET_\w+|JENKINS_\w+|HUDSON_\w+|BUILD_(NUMBER|ID|URL|TAG)|JOB_(NAME|URL|BASE_NAME)|STAGE_NAME|TRAVIS.*|TF_BUILD|TEAMCITY_\w+|DRONE.*|APPVEYOR.*|CODEBUILD_\w+|SEMAPHORE.*)$/

/** Whether a job would not see this variable of the surrounding shell. */
export function isHiddenFromJob(name: string): boolean {
  return OF_PARENT.test(name)
}

/** The variables CircleCI sets in every job: https://circleci.com/docs/variables/#built-in-environment-variables */
export function circleVariables(world: World): Record<string, string> {
  const { job } = world
  const { fork, tag, trigger } = job
  const [host, owner = '', repository = ''] = job.repository.split('/')
  const [, forkOwner = '', forkRepository = ''] = fork?.repository.split('/') ?? []
  const pullRequest = `https://${host}/${owner}/${repository}/pull/${fork?.pullRequest}`
  return {
    CI: 'true',
    CIRCLECI: 'true',
    // A tag build has no branch: https://circleci.com/docs/workflows/#executing-workflows-for-a-git-tag
    ...(tag === undefined ? { CIRCLE_BRANCH: branchOf(job) } : { CIRCLE_TAG: tag }),
    CIRCLE_BUILD_NUM: String(job.buildNumber),
    CIRCLE_BUILD_URL: `https://circleci.com/gh/${owner}/${repository}/${job.buildNumber}`,
    CIRCLE_JOB: job.name,
    CIRCLE_NODE_INDEX: '0',
    CIRCLE_NODE_TOTAL: '1',
    CIRCLE_ORGANIZATION_ID: world.organization,
    CIRCLE_PIPELINE_ID: job.pipelineId,
    ...(fork && {
      CIRCLE_PR_NUMBER: String(fork.pullRequest),
      CIRCLE_PR_REPONAME: forkRepository,
      CIRCLE_PR_USERNAME: forkOwner,
      CIRCLE_PULL_REQUEST: pullRequest,
      CIRCLE_PULL_REQUESTS: pullRequest,
    }),
    CIRCLE_PROJECT_ID: world.project,
    CIRCLE_PROJECT_REPONAME: repository,
    CIRCLE_PROJECT_USERNAME: owner,
    CIRCLE_REPOSITORY_URL: `git@${host}:${owner}/${repository}.git`,
    CIRCLE_SHA1: job.sha1,
    // Nobody triggers what a schedule or a custom webhook does.
    ...(trigger === 'push' || trigger === 'api' ? { CIRCLE_USERNAME: job.username } : {}),
    CIRCLE_WORKFLOW_ID: job.workflowId,
    CIRCLE_WORKFLOW_JOB_ID: job.jobId,
    CIRCLE_WORKFLOW_WORKSPACE_ID: job.workflowId,
    CIRCLE_WORKING_DIRECTORY: '~/project',
  }
}

function branchOf({ branch, fork }: JobFacts): string {
  return fork ? `pull/${fork.pullRequest}` : branch
}

/** What leads the job to the sandbox: endpoint, tools, and no proxy in between. */
export function sandboxVariables(
  url: string,
  directory: JobDirectory,
  parent: Environment,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_STS: url,
    CIRCLE_SANDBOX_URL: url,
    PATH: `${directory.bin}:${parent['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`,
    BASH_ENV: directory.bashEnv,
    NO_PROXY: withoutProxy(parent['NO_PROXY'] ?? parent['no_proxy']),
    no_proxy: withoutProxy(parent['no_proxy'] ?? parent['NO_PROXY']),
  }
}

function withoutProxy(list: string | undefined): string {
  return [...(list ? [list] : []), '127.0.0.1', 'localhost'].join(',')
}

/**
 * The command as CircleCI runs that of a step, when it is one text: https://circleci.com/docs/configuration-reference/#default-shell-options
 * A program with arguments is run as it is.
 */
export function stepCommand(command: readonly string[]): readonly string[] {
  const [text] = command
  if (text === undefined || command.length > 1) return command
  return [existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh', '-eo', 'pipefail', '-c', text]
}
