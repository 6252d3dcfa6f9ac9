import { createAuthority, serveOverTls } from '../acceptance/tls-server.ts'
import {
  audience,
  BRANCH,
  type BrokenSetUp,
  BY_ROLE,
  HOST,
  ORG,
  PROJECT,
  SUBJECT,
  trustPolicy,
  USER,
  worldOf,
} from './set-ups.ts'

/** A role whose trust policy is also in the repository. */
function withPolicy(name: string, policy: object, first: RegExp): BrokenSetUp {
  return {
    name,
    sandbox: { world: worldOf(policy) },
    breakIt: (job) => ({
      args: [...BY_ROLE, '--trust-policy', job.write('trust.json', JSON.stringify(policy))],
    }),
    first,
    code: 4,
  }
}

const subject = (value: string) => ({ [`${HOST}:sub`]: value })
const V1_ONLY = trustPolicy({ StringEquals: { ...audience, ...subject(`${SUBJECT}/${USER}`) } })
const ADMITTING = trustPolicy({ StringEquals: audience, StringLike: subject(`${SUBJECT}/*`) })

const OTHER_PROJECT = trustPolicy({
  StringEquals: audience,
  StringLike: subject(`org/${ORG}/project/other/user/*`),
})

const REJECTS = '^✗ The trust policy rejects this token: '

const GITHUB = 'token.actions.githubusercontent.com'
const PROVIDERS = 'arn:aws:iam::111111111111:oidc-provider'

/** A policy that trusts GitHub Actions first, and then another project of CircleCI. */
function afterGithub(name: string, provider: string, more: object = {}): BrokenSetUp {
  const Condition = {
    StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com', ...more },
    StringLike: { [`${GITHUB}:sub`]: 'repo:acme/website:*' },
  }
  const github = trustPolicy(Condition, { Principal: { Federated: `${PROVIDERS}/${provider}` } })
  return withPolicy(
    `another project, beside GitHub Actions${name}`,
    { ...github, Statement: [...github.Statement, ...OTHER_PROJECT.Statement] },
    new RegExp(`${REJECTS}project has a name where the id belongs \\(statement 2\\)\\.$`),
  )
}

export const AWS_SET_UPS: readonly BrokenSetUp[] = [
  {
    name: 'a role that does not exist',
    breakIt: () => ({ args: ['--role-arn', 'arn:aws:iam::111111111111:role/Circleci-oidc'] }),
    first: /^✗ AWS does not let this token assume arn:aws:iam::111111111111:role\/Circleci-oidc:/,
    code: 4,
  },
  {
    name: 'a role that does not exist, with the trust policy it should have',
    breakIt: (job) => ({
      args: [
        ...['--role-arn', 'arn:aws:iam::111111111111:role/Circleci-oidc'],
        ...['--trust-policy', job.write('trust.json', JSON.stringify(ADMITTING))],
      ],
    }),
    first: /^✗ AWS refuses the role although this trust policy allows the token/,
    code: 4,
  },
  ...(
    [
      ['a role with a path, asked for without it', 'team/circleci-oidc', /team\/circleci-oidc/],
      ['a role asked for in another case', 'Circleci-OIDC', /Circleci-OIDC/],
    ] as const
  ).map(
    ([name, path, named]): BrokenSetUp => ({
      name: `${name}, and what get-role prints`,
      breakIt: (job) => {
        const Role = {
          Arn: `arn:aws:iam::111111111111:role/${path}`,
          AssumeRolePolicyDocument: ADMITTING,
        }
        return {
          args: [
            ...['--role-arn', 'arn:aws:iam::111111111111:role/circleci-OIDC'],
            ...['--trust-policy', job.write('role.json', JSON.stringify({ Role }))],
          ],
        }
      },
      first: new RegExp(`^✗ The trust policy belongs to another role: .*${named.source}`),
      code: 4,
    }),
  ),
  {
    name: 'a trust policy for V1 tokens, and both tokens in the job',
    sandbox: { world: worldOf(V1_ONLY) },
    breakIt: async (_, sandbox) => ({
      env: { CIRCLE_OIDC_TOKEN: await sandbox.mint({ version: 'v1' }) },
    }),
    first:
      /^✗ AWS refuses the V2 token in CIRCLE_OIDC_TOKEN_V2, and allows the V1 token in CIRCLE_OIDC_TOKEN\./,
    code: 4,
  },
  withPolicy(
    'a trust policy for V1 tokens, in a file',
    V1_ONLY,
    new RegExp(`${REJECTS}it has the subject of a V1 token, but the job sends a V2 token`),
  ),
  withPolicy(
    'StringEquals with a wildcard',
    trustPolicy({ StringEquals: { ...audience, ...subject(`${SUBJECT}/*`) } }),
    new RegExp(`${REJECTS}StringEquals reads a wildcard as a plain character`),
  ),
  withPolicy(
    'a trust policy for another branch',
    trustPolicy({ StringEquals: audience, StringLike: subject(`${BRANCH}/release`) }),
    new RegExp(`${REJECTS}it requires another branch \\(statement 1\\)\\.$`),
  ),
  withPolicy(
    'a condition on a claim that IAM never sees',
    trustPolicy({
      StringEquals: { ...audience, [`${HOST}:oidc.circleci.com/vcs-ref`]: 'refs/heads/main' },
      StringLike: subject(`${SUBJECT}/*`),
    }),
    new RegExp(`${REJECTS}IAM never sees this key \\(statement 1\\)\\.$`),
  ),
  withPolicy(
    'a claim that IAM never sees, and another project',
    trustPolicy({
      StringEquals: { ...audience, [`${HOST}:oidc.circleci.com/vcs-ref`]: 'refs/heads/main' },
      StringLike: subject(`org/${ORG}/project/other/user/*`),
    }),
    new RegExp(`${REJECTS}IAM never sees this key \\(statement 1\\); 1 more below`),
  ),
  afterGithub('', GITHUB),
  afterGithub(', with a claim that IAM never sees', GITHUB, { [`${GITHUB}:runner`]: 'x' }),
  afterGithub(', with a slash too many', `${GITHUB}/`),
  withPolicy(
    'another branch, beside another project',
    {
      Version: '2012-10-17',
      Statement: [
        ...OTHER_PROJECT.Statement,
        ...trustPolicy({ StringEquals: audience, StringLike: subject(`${BRANCH}/release`) })
          .Statement,
      ],
    },
    new RegExp(`${REJECTS}it requires another branch \\(statement 2\\)\\.$`),
  ),
  withPolicy(
    'the provider of another organization, beside GitHub Actions',
    {
      Version: '2012-10-17',
      Statement: [GITHUB, HOST.replace(ORG, PROJECT)].flatMap(
        (host) =>
          trustPolicy(
            { StringEquals: { [`${host}:aud`]: 'x' } },
            { Principal: { Federated: `${PROVIDERS}/${host}` } },
          ).Statement,
      ),
    },
    new RegExp(`${REJECTS}the principal is not the provider of this token \\(statement 2\\)\\.$`),
  ),
  withPolicy(
    'a statement that denies the token',
    {
      Version: '2012-10-17',
      Statement: [
        ...ADMITTING.Statement,
        ...OTHER_PROJECT.Statement,
        ...trustPolicy({ StringLike: subject('*/main') }, { Effect: 'Deny' }).Statement,
      ],
    },
    new RegExp(`${REJECTS}statement 3 denies it`),
  ),
  withPolicy(
    'capitals in the project id',
    trustPolicy({
      StringEquals: audience,
      StringLike: subject(`${SUBJECT.replace(PROJECT, PROJECT.toUpperCase())}/*`),
    }),
    new RegExp(`${REJECTS}Upper and lower case differ from the token`),
  ),
  withPolicy(
    'https:// in the key',
    trustPolicy({ StringEquals: { [`https://${HOST}:sub`]: `${SUBJECT}/${USER}` } }),
    new RegExp(`${REJECTS}https:// is not part of a condition key`),
  ),
  withPolicy(
    'sts:AssumeRole for a provider',
    trustPolicy({ StringEquals: audience }, { Action: 'sts:AssumeRole' }),
    new RegExp(`${REJECTS}statement 1 does not allow sts:AssumeRoleWithWebIdentity`),
  ),
  {
    name: 'an audience that the provider does not have',
    sandbox: { world: worldOf(ADMITTING, ['sts.amazonaws.com']) },
    first: /^✗ The token's audience "a6e1f8a0-.*" is not among the client ids of the OIDC provider/,
    code: 4,
  },
  {
    name: 'an account without the provider',
    breakIt: () => ({ args: ['--role-arn', 'arn:aws:iam::222222222222:role/playground'] }),
    first: /^✗ Account 222222222222 has no OIDC provider for the token's issuer, /,
    code: 4,
  },
  {
    name: 'STS turned off in the region',
    sandbox: { faults: [{ name: 'region-disabled', count: Number.POSITIVE_INFINITY }] },
    first: /^✗ AWS STS is not active in this region, at 127\.0\.0\.1:\d+, for account 111111111111/,
    code: 4,
  },
  {
    name: 'nobody listens at the endpoint',
    breakIt: () => ({ args: [...BY_ROLE, '--sts-endpoint', 'http://127.0.0.1:9'] }),
    first:
      /^✗ AWS STS can't be reached at 127\.0\.0\.1:9 \(from --sts-endpoint\): connection refused/,
    code: 5,
    also: ['exchange: STS cannot be reached'],
  },
  {
    name: 'a host that does not resolve',
    breakIt: () => ({ env: { AWS_ENDPOINT_URL_STS: 'https://sts.invalid' } }),
    first:
      /^✗ The DNS of this job does not (know|answer for) sts\.invalid \(from AWS_ENDPOINT_URL_STS\)\.$/,
    code: 5,
    also: ['exchange: STS cannot be reached'],
  },
  {
    name: 'a proxy that is not there',
    sandbox: {},
    breakIt: () => ({ env: { HTTP_PROXY: 'http://ana:s3cret-pass@127.0.0.1:9' } }),
    first: /^✗ The proxy 127\.0\.0\.1:9 \(HTTP_PROXY\) can't be reached/,
    code: 5,
    also: ['exchange: STS cannot be reached'],
  },
  {
    name: 'a proxy that is no URL',
    sandbox: {},
    breakIt: () => ({ env: { HTTP_PROXY: 'socks5://ana:s3cret-pass@127.0.0.1:9' } }),
    first: /^✗ The proxy in HTTP_PROXY is not an http:\/\/ or https:\/\/ URL/,
    code: 2,
    also: ['exchange: STS cannot be reached'],
  },
  {
    name: 'a certificate of a private CA',
    breakIt: async (_, sandbox, t) => ({
      env: {
        AWS_ENDPOINT_URL_STS: await serveOverTls(t, sandbox.url, await createAuthority('CA')),
      },
    }),
    first:
      /^✗ The certificate of 127\.0\.0\.1:\d+ \(from AWS_ENDPOINT_URL_STS\) is not from a CA that this job trusts\.$/,
    code: 5,
    also: ['exchange: STS cannot be reached'],
  },
  {
    name: 'certificates in a FIFO',
    breakIt: (job) => ({
      env: { AWS_ENDPOINT_URL_STS: 'https://127.0.0.1:9', AWS_CA_BUNDLE: job.fifo('ca.pem') },
    }),
    first: /^✗ The file \S*ca\.pem \(AWS_CA_BUNDLE\) can't be read: it is a FIFO\./,
    code: 6,
    also: ['exchange: STS cannot be reached'],
  },
  {
    name: 'a captive portal',
    sandbox: { faults: [{ name: 'html', count: Number.POSITIVE_INFINITY }] },
    first: /^✗ What answered at 127\.0\.0\.1:\d+ \(from AWS_ENDPOINT_URL_STS\) is not AWS STS/,
    code: 5,
  },
]
