import type { TestContext } from 'node:test'
import { readWorld } from '../../../src/sandbox/aws/world.ts'
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/index.ts'
import { type Environment, type Job, ROLE } from '../job.ts'

export const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
export const PROJECT = '3c2d5e10-77aa-4f6b-8d0e-fedcba987654'
export const USER = '8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31'
export const OTHER = 'd0e1f2a3-0000-4b5c-8d7e-123456789abc'
export const ACCOUNT = '111111111111'
export const HOST = `oidc.circleci.com/org/${ORG}`
export const ANYONE = '????????-????-????-????-????????????'
export const SUBJECT = `org/${ORG}/project/${PROJECT}/user`
export const REPOSITORY = `${SUBJECT}/${ANYONE}/vcs-origin/github.com/acme/website`
export const BRANCH = `${REPOSITORY}/vcs-ref/refs/heads`
export const BY_ROLE = ['--role-arn', ROLE]

/** The job that is run: what is added to a healthy one. */
export interface Call {
  /** Default: `--role-arn` of the healthy role. */
  readonly args?: readonly string[]
  readonly env?: Environment
  readonly input?: string
  readonly asNobody?: boolean
}

export interface Scene {
  readonly job: Job
  readonly sandbox: Sandbox
  readonly t: TestContext
}

/** AWS's side and the job's. Both are healthy where they say nothing. */
export interface SetUp {
  readonly sandbox?: SandboxOptions
  readonly call?: (scene: Scene) => Call | Promise<Call>
}

/** A broken set-up. Its words were written down before the messages were read. */
export interface Refusal extends SetUp {
  readonly name: string
  /** The true cause, in a sentence. */
  readonly cause: string
  /** All must stand in the first block of `assume-role`; for a trust policy, what can be known without it. */
  readonly says: readonly RegExp[]
  /** The trust policy of the role, also in a file: `doctor --trust-policy` is given it. */
  readonly policy?: object
  /** All must stand in the first block of `doctor`, where that can know more. */
  readonly doctor?: readonly RegExp[]
  /** The exit code of both, unless `doctor` has another one. */
  readonly code: number
  readonly doctorCode?: number
  /** What the printed fix must say. */
  readonly fix: readonly RegExp[]
  /** The set-up once that is done; `statement`: the printed statement is put into the policy. */
  readonly mended: SetUp | 'statement'
}

/** What AWS has: the healthy account unless told otherwise. */
export interface Side {
  readonly policy?: object
  readonly clientIds?: readonly string[]
  readonly name?: string
  readonly path?: string
  readonly maxSessionDuration?: number
  readonly issuer?: string
  /** Of the job and its token. */
  readonly job?: object
  readonly more?: Readonly<Record<string, object>>
}

export function statement(condition: object, more: object = {}) {
  return {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: condition,
    ...more,
  }
}

export const policyOf = (...statements: readonly object[]) => ({
  Version: '2012-10-17',
  Statement: statements,
})

export const audience = { [`${HOST}:aud`]: ORG }
export const subject = (...values: readonly string[]) => ({
  [`${HOST}:sub`]: values.length === 1 ? values[0] : values,
})

/** Allows every job of the project. */
export const HEALTHY = policyOf(
  statement({ StringEquals: audience, StringLike: subject(`${SUBJECT}/*`) }),
)

export function aws(side: Side = {}): SandboxOptions {
  const { policy = HEALTHY, clientIds = [ORG], name = 'circleci-oidc', path = '/', job } = side
  const roles = [
    { name, path, maxSessionDuration: side.maxSessionDuration ?? 3600, trustPolicy: policy },
  ]
  const providers = [{ url: side.issuer ?? `https://${HOST}`, clientIds }]
  const accounts = { [ACCOUNT]: { providers, roles }, ...side.more }
  return { world: readWorld({ accounts, ...(job ? { job } : {}) }) }
}

/** A module for NODE_OPTIONS that sets the clock of the process. */
export function clock(job: Job, minutes: number): Environment {
  const text = `const now = Date.now; const real = Date
  globalThis.Date = class extends real {
    constructor(...args) { super(...(args.length > 0 ? args : [now() + ${minutes} * 60_000])) }
    static now() { return now() + ${minutes} * 60_000 }
  }`
  return { NODE_OPTIONS: `--require ${job.write('clock.cjs', text)}` }
}

export const HEALTHY_SET_UP: SetUp = {}
export const NO_TOKEN: Environment = {
  CIRCLE_OIDC_TOKEN_V2: undefined,
  CIRCLE_OIDC_TOKEN: undefined,
}
