import type { TestContext } from 'node:test'
import { readWorld } from '../../src/sandbox/aws/world.ts'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts'
import { type Environment, type Job, jobIn, ROLE, startJob } from '../acceptance/job.ts'

export const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
export const PROJECT = '3c2d5e10-77aa-4f6b-8d0e-fedcba987654'
export const USER = '8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31'
export const HOST = `oidc.circleci.com/org/${ORG}`
export const SUBJECT = `org/${ORG}/project/${PROJECT}/user`
export const BRANCH = `${SUBJECT}/*/vcs-origin/github.com/acme/website/vcs-ref/refs/heads`
export const BY_ROLE = ['--role-arn', ROLE]

/** What a broken set-up makes of a healthy job, and how `doctor` is called. */
export interface SetUp {
  readonly args?: readonly string[]
  readonly env?: Environment
  readonly asNobody?: boolean
}

export interface BrokenSetUp {
  readonly name: string
  readonly sandbox?: SandboxOptions
  readonly breakIt?: (job: Job, sandbox: Sandbox, t: TestContext) => SetUp | Promise<SetUp>
  /** The first line that `doctor` prints. */
  readonly first: RegExp
  readonly code: number
  /** The ids of what else is wrong, and what was not checked, in the order of the report. */
  readonly also?: readonly string[]
}

/** A trust policy with these conditions, as it stands in the role. */
export function trustPolicy(condition: object, more: object = {}) {
  const principal = { Federated: `arn:aws:iam::111111111111:oidc-provider/${HOST}` }
  const statement = { Effect: 'Allow', Principal: principal, Condition: condition, ...more }
  const action = 'sts:AssumeRoleWithWebIdentity'
  return { Version: '2012-10-17', Statement: [{ Action: action, ...statement }] }
}

export const audience = { [`${HOST}:aud`]: ORG }

/** The world in which the role has this trust policy. */
export function worldOf(policy: object, clientIds: readonly string[] = [ORG]) {
  const roles = [{ name: 'circleci-oidc', trustPolicy: policy }]
  const providers = [{ url: `https://${HOST}`, clientIds }]
  return readWorld({ accounts: { '111111111111': { providers, roles } } })
}

/** A job with this set-up, which would be in order without it; where it has no sandbox of its own, in one that is shared. */
export async function startBroken(
  t: TestContext,
  { sandbox: options, breakIt }: BrokenSetUp,
  shared?: Sandbox,
) {
  const { job, sandbox } =
    options || !shared
      ? await startJob(t, options)
      : { job: await jobIn(t, shared), sandbox: shared }
  job.env['BASH_ENV'] = job.write('bash_env', '')
  const { args = BY_ROLE, ...settings } = (await breakIt?.(job, sandbox, t)) ?? {}
  if (settings.asNobody) delete job.env['BASH_ENV']
  return { job, args: ['doctor', ...args], settings }
}
