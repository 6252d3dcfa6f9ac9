import { issuerHostPath } from '../../trust/policy/context-keys.ts'
import { parseJson } from '../../trust/policy/json.ts'
import { type Account, readAccounts, readIssuer } from './account.ts'
import { JsonReader } from './json-reader.ts'

const ORGANIZATION = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
const PROJECT = '3c2d5e10-77aa-4f6b-8d0e-fedcba987654'

/** The world without a world file: one CircleCI project, an account it may enter, and one behind that. */
export const defaultWorld = {
  organization: ORGANIZATION,
  project: PROJECT,
  job: {
    name: 'deploy',
    buildNumber: 42,
    branch: 'main',
    tag: undefined as string | undefined,
    trigger: 'push' as Trigger,
    fork: undefined as Fork | undefined,
    repository: 'github.com/acme/website',
    sha1: '4f0c2a3b5d6e7f8091a2b3c4d5e6f708192a3b4c',
    username: 'octocat',
    userId: '8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31',
    jobId: '5d9a7e34-1c02-4f8e-9a6b-2e7d40c1b853',
    workflowId: 'c47b2f19-6e3d-48a5-b0f2-91d8e6a7c340',
    pipelineId: 'e02d4b6f-8a17-4c93-8e5d-37f1a9c6b204',
    pipelineDefinitionId: '71c9e5a8-3b40-4d26-a1f7-c8e2d6b40953',
    contextIds: [] as string[],
  },
  accounts,
}

function accounts(issuerUrl: string, organization: string, project: string) {
  const issuer = issuerHostPath(issuerUrl)
  return {
    '111111111111': {
      providers: [{ url: issuerUrl, clientIds: [organization] }],
      roles: [
        {
          name: 'circleci-oidc',
          trustPolicy: {
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'CircleCIProject',
                Effect: 'Allow',
                Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${issuer}` },
                Action: 'sts:AssumeRoleWithWebIdentity',
                // user/* matches the subjects of V1 and of V2 tokens alike.
                Condition: {
                  StringEquals: { [`${issuer}:aud`]: organization },
                  StringLike: {
                    [`${issuer}:sub`]: `org/${organization}/project/${project}/user/*`,
                  },
                },
              },
            ],
          },
        },
      ],
    },
    '222222222222': {
      roles: [
        {
          name: 'playground',
          trustPolicy: {
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'CircleCIRole',
                Effect: 'Allow',
                Principal: { AWS: 'arn:aws:iam::111111111111:role/circleci-oidc' },
                Action: 'sts:AssumeRole',
              },
            ],
          },
        },
      ],
    },
  }
}

/** What started the pipeline; `webhook` is a custom one, which is of no branch and no repository. */
type Trigger = (typeof TRIGGERS)[number]

const TRIGGERS = ['push', 'api', 'schedule', 'webhook'] as const

interface Fork {
  /** `github.com/OWNER/REPOSITORY` */
  readonly repository: string
  readonly pullRequest: number
  /** Whether the project's setting "Pass secrets to builds from forked pull requests" is on: without, there are no tokens. */
  readonly passSecrets: boolean
}

/** What the CircleCI job is: the facts its token claims and `CIRCLE_*` variables are made of. */
export interface JobFacts {
  readonly name: string
  readonly buildNumber: number
  readonly branch: string
  /** Of a tag build, which has no branch. */
  readonly tag: string | undefined
  readonly trigger: Trigger
  /** Of a build of a pull request from a fork. */
  readonly fork: Fork | undefined
  /** `github.com/OWNER/REPOSITORY`, as in the claim `oidc.circleci.com/vcs-origin`. */
  readonly repository: string
  readonly sha1: string
  readonly username: string
  readonly userId: string
  readonly jobId: string
  readonly workflowId: string
  readonly pipelineId: string
  readonly pipelineDefinitionId: string
  readonly contextIds: readonly string[]
}

export interface World {
  readonly organization: string
  readonly project: string
  /** The `iss` of the tokens; the sandbox stands in for its host. */
  readonly issuer: string
  readonly tokenLifetimeSeconds: number
  /** How long STS takes a token after it has expired. */
  readonly tokenGraceSeconds: number
  /** Overrides the requested duration of all credentials, to rehearse their expiry. */
  readonly credentialsLifetimeSeconds: number | undefined
  /** Of the STS endpoint that the job asks: `aws:RequestedRegion` of a request that is not signed. */
  readonly region: string
  /** Delay of every STS answer. */
  readonly latencyMs: number
  readonly job: JobFacts
  readonly accounts: readonly Account[]
}

const DAY_SECONDS = 86_400

/** Reads a world from JSON text. Everything but a role's name and trust policy has a default. Throws `invalid-world`. */
export function parseWorld(text: string): World {
  const parsed = parseJson(text)
  return 'value' in parsed
    ? readWorld(parsed.value)
    : new JsonReader(undefined, '').fail(parsed.problem)
}

/** The same from a parsed value. */
export function readWorld(json: unknown): World {
  const world = new JsonReader(json, '')
  world.expectOnly([
    'organization',
    'project',
    'issuer',
    'tokenLifetimeSeconds',
    'tokenGraceSeconds',
    'credentialsLifetimeSeconds',
    'region',
    'latencyMs',
    'job',
    'accounts',
  ])
  const organization = world.field('organization').or(defaultWorld.organization, (one) => id(one))
  const project = world.field('project').or(defaultWorld.project, (one) => id(one))
  const issuer = world
    .field('issuer')
    .or(`https://oidc.circleci.com/org/${organization}`, readIssuer)
  const accounts = world.field('accounts').or(undefined, (one) => one)
  return {
    organization,
    project,
    issuer,
    tokenLifetimeSeconds: world
      .field('tokenLifetimeSeconds')
      .or(3600, (one) => one.integer(1, DAY_SECONDS)),
    tokenGraceSeconds: world
      .field('tokenGraceSeconds')
      .or(300, (one) => one.integer(0, DAY_SECONDS)),
    credentialsLifetimeSeconds: world
      .field('credentialsLifetimeSeconds')
      .or<number | undefined>(undefined, (one) => one.integer(1, DAY_SECONDS)),
    region: world
      .field('region')
      .or('us-east-1', (one) => one.text(/^[a-z]+(-[a-z]+)+-\d+$/, 'a region such as us-east-1')),
    latencyMs: world.field('latencyMs').or(0, (one) => one.integer(0, 60_000)),
    job: readJob(world.field('job')),
    accounts:
      accounts === undefined
        ? readAccounts(
            new JsonReader(defaultWorld.accounts(issuer, organization, project), 'accounts'),
          )
        : readAccounts(accounts),
  }
}

function readJob(job: JsonReader): JobFacts {
  const facts: JobFacts = defaultWorld.job
  if (job.absent) return facts
  job.expectOnly(Object.keys(facts))
  const text = (name: Exclude<keyof JobFacts, 'tag' | 'trigger' | 'fork'>) =>
    job.field(name).or(String(facts[name]), (one) => one.text(/./, 'a non-empty string'))
  return {
    name: text('name'),
    buildNumber: job
      .field('buildNumber')
      .or(facts.buildNumber, (one) => one.integer(1, Number.MAX_SAFE_INTEGER)),
    branch: text('branch'),
    tag: job.field('tag').or(facts.tag, (one) => one.text(/./, 'a non-empty string')),
    trigger: job.field('trigger').or(facts.trigger, readTrigger),
    fork: job.field('fork').or<Fork | undefined>(facts.fork, readFork),
    repository: job.field('repository').or(facts.repository, readRepository),
    sha1: text('sha1'),
    username: text('username'),
    userId: text('userId'),
    jobId: text('jobId'),
    workflowId: text('workflowId'),
    pipelineId: text('pipelineId'),
    pipelineDefinitionId: text('pipelineDefinitionId'),
    contextIds: job.field('contextIds').or(facts.contextIds, (one) => one.items().map(id)),
  }
}

function readTrigger(trigger: JsonReader): Trigger {
  const found = TRIGGERS.find((one) => one === trigger.value)
  return found ?? trigger.fail(`must be one of ${TRIGGERS.join(', ')}`)
}

function readFork(fork: JsonReader): Fork {
  fork.expectOnly(['repository', 'pullRequest', 'passSecrets'])
  const passSecrets = fork.field('passSecrets')
  if (!passSecrets.absent && typeof passSecrets.value !== 'boolean') {
    passSecrets.fail('must be true or false')
  }
  return {
    repository: readRepository(fork.field('repository')),
    pullRequest: fork.field('pullRequest').integer(1, Number.MAX_SAFE_INTEGER),
    passSecrets: passSecrets.value === true,
  }
}

function readRepository(repository: JsonReader): string {
  return repository.text(/^[^/]+\/[^/]+\/.+$/, 'like github.com/owner/name')
}

function id(reader: JsonReader): string {
  return reader.text(/^\S+$/, 'a string without spaces')
}
