import { defaultWorld } from '../../src/sandbox/aws/world.ts'

const { organization, project } = defaultWorld
const issuer = `oidc.circleci.com/org/${organization}`

function role(account: string, name: string, Condition: object) {
  return {
    name,
    maxSessionDuration: 43200,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${issuer}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition,
        },
      ],
    },
  }
}

function chained(role: string) {
  const statement = { Effect: 'Allow', Principal: { AWS: role }, Action: 'sts:AssumeRole' }
  return { Version: '2012-10-17', Statement: [statement] }
}

const audience = (value: string) => ({ StringEquals: { [`${issuer}:aud`]: value } })
const subject = (suffix: string) => ({
  StringLike: { [`${issuer}:sub`]: `org/${organization}/project/${project}/user/*${suffix}` },
})

/** The AWS accounts of the examples and of the documentation. */
export const exampleWorld = {
  accounts: {
    ...defaultWorld.accounts(`https://${issuer}`, organization, project),
    '123456789012': {
      providers: [{ url: `https://${issuer}`, clientIds: [organization] }],
      roles: [
        role('123456789012', 'deploy', { ...audience(organization), ...subject('') }),
        role('123456789012', 'release', subject('/vcs-ref/refs/heads/main')),
      ],
    },
    '210987654321': {
      providers: [{ url: `https://${issuer}`, clientIds: ['sts.amazonaws.com'] }],
      roles: [
        role('210987654321', 'deploy', audience('sts.amazonaws.com')),
        { name: 'playground', trustPolicy: chained('arn:aws:iam::123456789012:role/deploy') },
      ],
    },
  },
}
