import { readWorld } from '../../src/sandbox/index.ts'

export const ONE = '111111111111'
export const TWO = '222222222222'

/** The file of a world: two accounts with a role `deploy` each, which trusts the jobs of the sandbox's project. */
export function twoAccounts() {
  const { organization, project, issuer } = readWorld({})
  const host = issuer.replace('https://', '')
  const account = (id: string) => ({
    providers: [{ url: issuer, clientIds: [organization] }],
    roles: [
      {
        name: 'deploy',
        trustPolicy: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { Federated: `arn:aws:iam::${id}:oidc-provider/${host}` },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: { [`${host}:aud`]: organization },
              StringLike: { [`${host}:sub`]: `org/${organization}/project/${project}/*` },
            },
          },
        },
      },
    ],
  })
  const accounts = Object.fromEntries([ONE, TWO].map((id) => [id, account(id)]))
  return { accounts }
}
