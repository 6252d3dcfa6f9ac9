import type { RoleSetup } from '../../src/trust/roles/setup.ts'
import { type CircleciCoordinates, circleciTokens } from '../../src/trust/subjects/circleci.ts'
import { githubTokens } from '../../src/trust/subjects/github.ts'
import { gitlabTokens } from '../../src/trust/subjects/gitlab.ts'
import { issuerTokens } from '../../src/trust/subjects/issuer.ts'
import type { TrustedParty } from '../../src/trust/subjects/party.ts'

export const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
export const PROJECT = '3c2d5e10-77aa-4f6b-8d0e-fedcba987654'
export const USER = '8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31'
export const ACCOUNT = '123456789012'

export function circleci(change: Partial<CircleciCoordinates> = {}) {
  return circleciTokens({
    orgId: ORG,
    projectId: PROJECT,
    anyProject: false,
    branch: undefined,
    vcsOrigin: undefined,
    userId: undefined,
    issuer: undefined,
    audience: undefined,
    ...change,
  })
}

export function setupFor(party: TrustedParty, change: Partial<RoleSetup> = {}): RoleSetup {
  return {
    party,
    accountId: ACCOUNT,
    partition: 'aws',
    roleName: 'circleci-oidc',
    policyArns: [],
    permissionPolicy: undefined,
    permissionsBoundary: undefined,
    thumbprints: [],
    tags: new Map(),
    maxSessionDuration: undefined,
    ...change,
  }
}

export const PERMISSIONS = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['eks:DescribeCluster', 'eks:ListClusters'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalTag/team': '${aws:PrincipalTag/team}' } },
    },
  ],
}

/** Everything a setup can have, as in scenarios S1 and S2. */
export function fullSetup(party: TrustedParty): RoleSetup {
  return setupFor(party, {
    policyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    permissionPolicy: PERMISSIONS,
    tags: new Map([
      ['Name', 'circleci-oidc'],
      ['cost:center', 'no'],
    ]),
    thumbprints: ['6938fd4d98bab03faadb97b34396831e3780aea1'],
    maxSessionDuration: 7200,
  })
}

export const none = {
  anyProject: false,
  branch: undefined,
  userId: undefined,
  refType: undefined,
  ref: undefined,
  environment: undefined,
}
export const gitlab = (change: object) =>
  gitlabTokens({ ...none, url: undefined, projectPath: 'g/p', audience: undefined, ...change })

export const github = (change: object) =>
  githubTokens({ ...none, repository: 'o/r', issuer: undefined, audience: undefined, ...change })

export const issuer = (change: object) =>
  issuerTokens({
    issuer: 'https://id.example/ci',
    audience: 'sts.amazonaws.com',
    subject: 'job:deploy',
    anyProject: false,
    ...change,
  })
