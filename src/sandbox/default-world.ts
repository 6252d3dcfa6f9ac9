import { issuerHostPath } from '../trust/context-keys.ts'

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
