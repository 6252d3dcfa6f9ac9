import { issuerHostPath } from '../../trust/policy/context-keys.ts'
import { parseJson } from '../../trust/policy/json.ts'
import { parseTrustPolicy, type TrustPolicy } from '../../trust/policy/policy.ts'
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

/** What the CircleCI job is: the facts its token claims and `CIRCLE_*` variables are made of. */
export interface JobFacts {
  readonly name: string
  readonly buildNumber: number
  readonly branch: string
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

/** An IAM OIDC provider: CreateOpenIDConnectProvider's `Url` and `ClientIDList`. */
export interface Provider {
  readonly url: string
  readonly clientIds: readonly string[]
}

export interface Role {
  readonly name: string
  /** Begins and ends with `/`, as in IAM. */
  readonly path: string
  /** Seconds. */
  readonly maxSessionDuration: number
  readonly trustPolicy: TrustPolicy
}

export interface Account {
  readonly id: string
  readonly partition: string
  readonly providers: readonly Provider[]
  readonly roles: readonly Role[]
}

export interface World {
  readonly organization: string
  readonly project: string
  /** The `iss` of the tokens; the sandbox stands in for its host. */
  readonly issuer: string
  readonly tokenLifetimeSeconds: number
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
    'credentialsLifetimeSeconds',
    'region',
    'latencyMs',
    'job',
    'accounts',
  ])
  const organization = world.field('organization').or(defaultWorld.organization, (one) => id(one))
  const project = world.field('project').or(defaultWorld.project, (one) => id(one))
  const issuer = world.field('issuer').or(`https://oidc.circleci.com/org/${organization}`, url)
  const accounts = world.field('accounts').or(undefined, (one) => one)
  return {
    organization,
    project,
    issuer,
    tokenLifetimeSeconds: world
      .field('tokenLifetimeSeconds')
      .or(3600, (one) => one.integer(1, DAY_SECONDS)),
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
  const text = (name: keyof JobFacts) =>
    job.field(name).or(String(facts[name]), (one) => one.text(/./, 'a string that is not empty'))
  return {
    name: text('name'),
    buildNumber: job
      .field('buildNumber')
      .or(facts.buildNumber, (one) => one.integer(1, Number.MAX_SAFE_INTEGER)),
    branch: text('branch'),
    repository: job
      .field('repository')
      .or(facts.repository, (one) => one.text(/^[^/]+\/[^/]+\/.+$/, 'like github.com/owner/name')),
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

function readAccounts(accounts: JsonReader): Account[] {
  return accounts.entries().map(([account, reader]) => {
    if (!/^\d{12}$/.test(account)) reader.fail('must be named by an account id of 12 digits')
    reader.expectOnly(['partition', 'providers', 'roles'])
    return {
      id: account,
      partition: reader.field('partition').or('aws', (one) => one.text(/^aws[a-z-]*$/, 'like aws')),
      providers: reader.field('providers').items().map(readProvider),
      roles: reader.field('roles').items().map(readRole),
    }
  })
}

function readProvider(provider: JsonReader): Provider {
  provider.expectOnly(['url', 'clientIds'])
  return {
    url: url(provider.field('url')),
    clientIds: provider.field('clientIds').items().map(id),
  }
}

function readRole(role: JsonReader): Role {
  role.expectOnly(['name', 'path', 'maxSessionDuration', 'trustPolicy'])
  const trust = role.field('trustPolicy')
  const parsed = parseTrustPolicy(trust.value)
  if (!('policy' in parsed)) {
    const path = parsed.path === '' ? trust.path : `${trust.path}.${parsed.path}`
    return new JsonReader(trust.value, path).fail(parsed.problem)
  }
  return {
    name: role.field('name').text(/^[\w+=,.@-]{1,64}$/, 'a role name'),
    path: role
      .field('path')
      .or('/', (one) => one.text(/^\/(.*\/)?$/, 'a path such as / or /team/')),
    maxSessionDuration: role
      .field('maxSessionDuration')
      .or(3600, (one) => one.integer(3600, 43_200)),
    trustPolicy: parsed.policy,
  }
}

function id(reader: JsonReader): string {
  return reader.text(/^\S+$/, 'a string without blanks')
}

function url(reader: JsonReader): string {
  return reader.text(/^https?:\/\/[^\s/?#]+[^\s?#]*$/, 'an https:// or http:// URL')
}
