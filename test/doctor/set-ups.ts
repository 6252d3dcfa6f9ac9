import type { TestContext } from 'node:test'
import { readWorld } from '../../src/sandbox/aws/world.ts'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts'
import { type Environment, type Job, ROLE, startJob } from '../acceptance/job.ts'

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

/** Runs `doctor` on a broken set-up. */
export async function examine(t: TestContext, { sandbox: options, breakIt }: BrokenSetUp) {
  const { job, sandbox } = await startJob(t, options ?? {})
  const { args = BY_ROLE, ...settings } = (await breakIt?.(job, sandbox, t)) ?? {}
  const before = job.files()
  const outcome = await job.run(['doctor', ...args], settings)
  return { ...outcome, job, sandbox, before, after: job.files() }
}
