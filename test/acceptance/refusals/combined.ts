import {
  audience,
  aws,
  BRANCH,
  BY_ROLE,
  clock,
  HOST,
  NO_TOKEN,
  ORG,
  OTHER,
  policyOf,
  type Refusal,
  statement,
  subject,
} from './set-up.ts'

const NOBODY = 'arn:aws:iam::111111111111:role/nobody'
const NOWHERE = 'http://127.0.0.1:9'

const RELEASE_ONLY = policyOf(
  statement({ StringEquals: audience, StringLike: subject(`${BRANCH}/release`) }),
)

const TWO_CONDITIONS = policyOf(
  statement({
    StringEquals: { [`${HOST}:aud`]: 'sts.amazonaws.com' },
    StringLike: subject(`org/${ORG}/project/${OTHER}/user/*`),
  }),
)

/** Two and three faults at once: the words of each. */
export const COMBINED: readonly (Pick<Refusal, 'name' | 'call' | 'sandbox' | 'policy'> & {
  readonly doctor: readonly RegExp[]
})[] = [
  {
    name: 'no role of that name, and a home that may not be written',
    call: () => ({
      args: ['--role-arn', 'arn:aws:iam::111111111111:role/nobody'],
      asNobody: true,
    }),
    doctor: [/role\/nobody/, /\.aws.*(EACCES|permission)/],
  },
  {
    name: 'no token, and a credentials file that can not be read',
    call: ({ job }) => {
      job.write('.aws/credentials', '[default]\n[default]\n')
      return { env: { CIRCLE_OIDC_TOKEN_V2: undefined } }
    },
    doctor: [/no OIDC token/i, /credentials, line 2/],
  },
  {
    name: 'a role ARN that is none, no token, and BASH_ENV a directory',
    call: ({ job }) => ({
      args: ['--role-arn', 'circleci-oidc'],
      env: { CIRCLE_OIDC_TOKEN_V2: undefined, BASH_ENV: job.home },
    }),
    // A value that is no ARN is not shown: it may be a secret.
    doctor: [/role ARN.*name of a role/, /no OIDC token/i, /BASH_ENV/],
  },
  {
    name: 'a region that is none, and a profile name with a bracket',
    call: () => ({ args: [...BY_ROLE, '--profile', 'a]b'], env: { AWS_REGION: 'eu-cental-1' } }),
    doctor: [/eu-cental-1/, /a\]b/],
  },
  {
    name: 'a misspelt variable, an endpoint where nobody listens',
    call: () => ({
      env: { AWS_OIDC_REGON: 'eu-west-1', AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' },
    }),
    doctor: [/AWS_OIDC_REGON/, /127\.0\.0\.1:9\b/],
  },
  {
    name: 'an expired token, and no role of that name',
    call: async ({ sandbox }) => ({
      args: ['--role-arn', 'arn:aws:iam::111111111111:role/nobody'],
      env: { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ expiresIn: -600 }) },
    }),
    doctor: [/expired/],
  },
  {
    name: 'an expired token, a proxy that is not there, a section twice',
    call: async ({ job, sandbox }) => {
      job.write('.aws/config', '[default]\n[default]\n')
      return {
        env: {
          CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ expiresIn: -600 }),
          HTTP_PROXY: 'http://127.0.0.1:9',
        },
      }
    },
    doctor: [/expired/, /HTTP_PROXY/, /config, line 2/],
  },
  {
    name: 'a variable that is not set, and a duration of a minute',
    call: () => ({ args: ['--role-arn', 'DEPLOY_ROLE', '--duration-seconds', '60'] }),
    doctor: [/DEPLOY_ROLE/, /900/],
  },
  {
    name: 'an account that is not allowed, and no token',
    call: () => ({
      env: { AWS_OIDC_ALLOWED_ACCOUNT_IDS: '222222222222', CIRCLE_OIDC_TOKEN_V2: undefined },
    }),
    doctor: [/222222222222/, /no OIDC token/i],
  },
  {
    name: 'a provider without the audience, static keys, a profile of nobody',
    sandbox: aws({ clientIds: ['sts.amazonaws.com'] }),
    call: () => ({ env: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_PROFILE: 'staging' } }),
    doctor: [/client id/, /AWS_ACCESS_KEY_ID/, /staging/],
  },
  {
    name: 'a blank in the profile name, BASH_ENV unset, a role that does not exist',
    call: () => ({
      args: ['--role-arn', 'arn:aws:iam::111111111111:role/nobody', '--profile', 'my profile'],
      env: { CIRCLECI: 'true', BASH_ENV: undefined },
    }),
    doctor: [/my profile/, /BASH_ENV/, /role\/nobody/],
  },
  {
    name: 'the token of GitLab, and a config file that is a directory',
    call: async ({ job, sandbox }) => ({
      env: {
        CIRCLECI: 'true',
        CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ claims: { iss: 'https://gitlab.com' } }),
        AWS_CONFIG_FILE: job.home,
      },
    }),
    doctor: [/gitlab\.com/, /AWS_CONFIG_FILE/],
  },
  {
    name: 'a clock an hour behind, and an endpoint where nobody listens',
    call: ({ job }) => ({
      args: [...BY_ROLE, '--sts-endpoint', NOWHERE],
      env: clock(job, -60),
    }),
    doctor: [/clock/, /60 minutes/, /127\.0\.0\.1:9\b/],
  },
  {
    name: 'the ARN of a user, static keys, BASH_ENV a directory',
    call: ({ job }) => ({
      args: ['--role-arn', 'arn:aws:iam::111111111111:user/ana'],
      env: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', BASH_ENV: job.home },
    }),
    doctor: [/:user\/ana/, /AWS_ACCESS_KEY_ID/, /BASH_ENV/],
  },
  {
    name: 'a region that is none, an expired token, a section twice',
    call: async ({ job, sandbox }) => {
      job.write('.aws/config', '[default]\n[default]\n')
      return {
        env: {
          AWS_REGION: 'eu-cental-1',
          CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ expiresIn: -600 }),
        },
      }
    },
    doctor: [/eu-cental-1/, /expired/, /config, line 2/],
  },
  {
    name: 'a duration of a minute, a session policy that is no JSON, no token',
    call: () => ({
      args: [...BY_ROLE, '--duration-seconds', '60', '--policy', '{'],
      env: { ...NO_TOKEN, CIRCLECI: 'true' },
    }),
    doctor: [/900/, /JSON/, /no OIDC token/i],
  },
  {
    name: 'AWS_PROFILE of nobody, credentials for all to read, no such role',
    call: ({ job }) => {
      job.write('.aws/credentials', '[other]\nregion = eu-west-1\n', 0o644)
      return { args: ['--role-arn', NOBODY], env: { AWS_PROFILE: 'staging' } }
    },
    doctor: [/staging/, /mode 644/, /role\/nobody/],
  },
  {
    name: 'a proxy that is not there, and a token file that is not there',
    call: ({ job }) => ({
      args: [...BY_ROLE, '--token-file', `${job.home}/none`],
      env: { HTTP_PROXY: NOWHERE },
    }),
    doctor: [/HTTP_PROXY/, /\/none/],
  },
  {
    name: 'a CA bundle that is not there, and a session name with a slash',
    call: ({ job }) => ({
      args: [...BY_ROLE, '--role-session-name', 'feature/login'],
      env: { AWS_ENDPOINT_URL_STS: 'https://127.0.0.1:9', AWS_CA_BUNDLE: `${job.home}/none.pem` },
    }),
    doctor: [/none\.pem/, /feature\/login/],
  },
  {
    name: 'a policy for another branch, and static keys',
    policy: RELEASE_ONLY,
    sandbox: aws({ policy: RELEASE_ONLY }),
    call: () => ({ env: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE' } }),
    doctor: [/refs\/heads\/release/, /AWS_ACCESS_KEY_ID/],
  },
  {
    name: 'a policy for another audience and another project',
    policy: TWO_CONDITIONS,
    sandbox: aws({ policy: TWO_CONDITIONS }),
    doctor: [/sts\.amazonaws\.com/, new RegExp(OTHER), /audience/, /project/],
  },
  {
    name: 'an account without the provider, a misspelt variable, two regions',
    call: () => ({
      args: ['--role-arn', 'arn:aws:iam::222222222222:role/circleci-oidc'],
      env: {
        AWS_OIDC_REGON: 'eu-west-1',
        AWS_REGION: 'eu-west-1',
        AWS_DEFAULT_REGION: 'us-east-1',
      },
    }),
    doctor: [/222222222222/, /AWS_OIDC_REGON/, /AWS_DEFAULT_REGION is "us-east-1"/],
  },
  {
    name: 'a fork without a token, nobody at the endpoint, a section twice',
    call: ({ job }) => {
      job.write('.aws/credentials', '[default]\n[default]\n')
      return {
        args: [...BY_ROLE, '--sts-endpoint', NOWHERE],
        env: { ...NO_TOKEN, CIRCLECI: 'true', CIRCLE_PR_USERNAME: 'mallory' },
      }
    },
    doctor: [/mallory/, /127\.0\.0\.1:9\b/, /credentials, line 2/],
  },
  {
    name: 'two problems of a profiles file, and no token',
    call: ({ job }) => ({
      args: [
        '--profiles-file',
        job.write('profiles', '[default]\nrolearn = x\n[profile a]\nsource_profile = none\n'),
      ],
      env: { ...NO_TOKEN, CIRCLECI: 'true' },
    }),
    doctor: [/line 2/, /line 4/, /no OIDC token/i],
  },
]
