import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../options.ts'
import { shellWord } from '../text.ts'
import type { World } from './aws/world.ts'

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
    remove: async () => {
      await rm(root, { recursive: true, force: true })
      process.off('exit', removeAtExit)
    },
  }
  await mkdir(directory.home, { mode: 0o700 })
  await mkdir(directory.bin, { mode: 0o700 })
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

// Credentials, profiles, files and endpoints of the parent must not reach the job.
const AWS_OF_PARENT =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CREDENTIAL_EXPIRATION|ACCOUNT_ID|PROFILE|DEFAULT_PROFILE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|WEB_IDENTITY_TOKEN_FILE|ROLE_ARN|ROLE_SESSION_NAME|CONTAINER_\w+|ENDPOINT_URL\w*|IGNORE_CONFIGURED_ENDPOINT_URLS|USE_FIPS_ENDPOINT|USE_DUALSTACK_ENDPOINT)$/
// Nor another CI's identity, nor directories that point into the real home.
const OTHER_OF_PARENT = /^(CIRCLE.*|CI|BASH_ENV|GITHUB_\w+|ACTIONS_\w+|GITLAB_\w+|XDG_\w+)$/

/** Whether a job would not see this variable of the surrounding shell. */
export function isHiddenFromJob(name: string): boolean {
  return AWS_OF_PARENT.test(name) || OTHER_OF_PARENT.test(name)
}

/** The variables CircleCI sets in every job: https://circleci.com/docs/variables/#built-in-environment-variables */
export function circleVariables(world: World): Record<string, string> {
  const { job } = world
  const [host, owner = '', repository = ''] = job.repository.split('/')
  return {
    CI: 'true',
    CIRCLECI: 'true',
    CIRCLE_BRANCH: job.branch,
    CIRCLE_BUILD_NUM: String(job.buildNumber),
    CIRCLE_BUILD_URL: `https://circleci.com/gh/${owner}/${repository}/${job.buildNumber}`,
    CIRCLE_JOB: job.name,
    CIRCLE_NODE_INDEX: '0',
    CIRCLE_NODE_TOTAL: '1',
    CIRCLE_ORGANIZATION_ID: world.organization,
    CIRCLE_PIPELINE_ID: job.pipelineId,
    CIRCLE_PROJECT_ID: world.project,
    CIRCLE_PROJECT_REPONAME: repository,
    CIRCLE_PROJECT_USERNAME: owner,
    CIRCLE_REPOSITORY_URL: `git@${host}:${owner}/${repository}.git`,
    CIRCLE_SHA1: job.sha1,
    CIRCLE_USERNAME: job.username,
    CIRCLE_WORKFLOW_ID: job.workflowId,
    CIRCLE_WORKFLOW_JOB_ID: job.jobId,
    CIRCLE_WORKFLOW_WORKSPACE_ID: job.workflowId,
  }
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

/** The whole environment of a CircleCI job in this sandbox, from that of the surrounding shell. */
export function jobEnvironment(
  parent: Environment,
  world: World,
  url: string,
  directory: JobDirectory,
  tokens: { readonly v1: string; readonly v2: string },
): Record<string, string | undefined> {
  const kept = Object.entries(parent).filter(([name]) => !isHiddenFromJob(name))
  return {
    ...Object.fromEntries(kept),
    ...circleVariables(world),
    CIRCLE_OIDC_TOKEN: tokens.v1,
    CIRCLE_OIDC_TOKEN_V2: tokens.v2,
    ...sandboxVariables(url, directory, parent),
    HOME: directory.home,
  }
}
