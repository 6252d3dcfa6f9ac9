import {
  audience,
  BRANCH,
  type BrokenSetUp,
  BY_ROLE,
  HOST,
  ORG,
  trustPolicy,
  worldOf,
} from './set-ups.ts'

const NOBODY = ['--role-arn', 'arn:aws:iam::111111111111:role/nobody']
const UNREACHABLE = ['--sts-endpoint', 'http://127.0.0.1:9']
const RELEASES = trustPolicy({
  StringEquals: audience,
  StringLike: { [`${HOST}:sub`]: `${BRANCH}/release` },
})
const KEYS = 'aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMIK7MDENG\n'

/** Several things wrong at once, or something wrong that looks like something else. */
export const COMBINED_SET_UPS: readonly BrokenSetUp[] = [
  {
    name: 'an expired token, and a role that does not exist',
    breakIt: async (_, sandbox) => ({
      args: NOBODY,
      env: { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ expiresIn: -600 }) },
    }),
    first: /^✗ The token in CIRCLE_OIDC_TOKEN_V2 expired at/,
    code: 3,
    also: ['exchange: the token has expired'],
  },
  {
    name: 'an expired token, and a proxy that is not there',
    sandbox: {},
    breakIt: async (_, sandbox) => ({
      env: {
        CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ expiresIn: -600 }),
        HTTP_PROXY: 'http://127.0.0.1:9',
      },
    }),
    first: /^✗ The token in CIRCLE_OIDC_TOKEN_V2 expired at/,
    code: 3,
    also: ['aws-unreachable', 'exchange: STS cannot be reached'],
  },
  {
    name: 'no token, and a variable of the role that is not set',
    breakIt: () => ({ args: ['--role-arn', '${ROLE}'], env: { CIRCLE_OIDC_TOKEN_V2: undefined } }),
    first: /^✗ This job has no OIDC token/,
    // As assume-role, which reads its options first.
    code: 2,
    also: ['unset-variable', 'exchange: the options or profiles are wrong'],
  },
  {
    name: 'a variable that nothing expanded for a token',
    breakIt: () => ({ env: { CIRCLE_OIDC_TOKEN_V2: '$CIRCLE_OIDC_TOKEN_V2' } }),
    first:
      /^✗ The content of CIRCLE_OIDC_TOKEN_V2 is not .* It is the name of a variable that was not/,
    code: 3,
    also: ['exchange: there is no token'],
  },
  {
    name: 'the token of another organization',
    breakIt: async (_, sandbox) => ({
      env: {
        CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({
          claims: { iss: `https://${HOST.replace(ORG, 'other')}` },
        }),
        CIRCLE_ORGANIZATION_ID: ORG,
      },
    }),
    first: /^✗ Likely cause of AWS's refusal: .*from the organization other, but the job is from/,
    code: 4,
    also: ['provider-not-found'],
  },
  {
    name: 'a region of another partition',
    breakIt: () => ({ args: [...BY_ROLE, '--region', 'us-gov-west-1'] }),
    first:
      /^✗ The region "us-gov-west-1" .* is in the partition "aws-us-gov", but the role .* "aws"/,
    code: 2,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'the ARN of a session',
    breakIt: () => ({ args: ['--role-arn', 'arn:aws:sts::111111111111:assumed-role/deploy/me'] }),
    first: /^✗ The role ARN .* It is the ARN of a session/,
    code: 2,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'an account that the context does not allow',
    breakIt: () => ({ env: { AWS_OIDC_ALLOWED_ACCOUNT_IDS: '222222222222' } }),
    first: /^✗ Account 111111111111 is not allowed here\.$/,
    code: 2,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'keys for later steps, without $BASH_ENV',
    breakIt: () => ({ env: { AWS_OIDC_EXPORT: 'keys', BASH_ENV: undefined } }),
    first: /^✗ --export keys needs BASH_ENV, which is not set\./,
    code: 2,
    also: ['nothing-exported'],
  },
  {
    name: 'a profiles file with a byte order mark',
    breakIt: (job) => ({
      args: ['--profiles-file', job.write('profiles', `\ufeff[default]\nrole_arn = ${BY_ROLE[1]}`)],
    }),
    first: /^✗ \S*profiles has a problem: line 1: it starts with a byte order mark/,
    code: 2,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'a profiles file whose source_profile is nowhere',
    breakIt: (job) => ({
      args: [
        '--profiles-file',
        job.write('profiles', `[profile a]\nrole_arn = ${BY_ROLE[1]}\nsource_profile = b\n`),
      ],
    }),
    first: /^✗ \S*profiles has a problem: line 3, profile a: the source_profile "b" is neither in/,
    code: 2,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'a trust policy for another branch, and no network',
    breakIt: (job) => ({
      args: [
        ...[...BY_ROLE, ...UNREACHABLE],
        ...['--trust-policy', job.write('trust.json', JSON.stringify(RELEASES))],
      ],
    }),
    first: /^✗ The trust policy rejects this token: it requires another branch \(statement 1\)/,
    code: 4,
    also: ['aws-unreachable', 'exchange: STS cannot be reached'],
  },
  {
    name: 'a trust policy for another branch, static keys and a wrong AWS_PROFILE',
    sandbox: { world: worldOf(RELEASES) },
    breakIt: (job) => ({
      args: [...BY_ROLE, '--trust-policy', job.write('trust.json', JSON.stringify(RELEASES))],
      env: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_PROFILE: 'none', AWS_REGION: 'eu-west-1' },
    }),
    first: /^✗ The trust policy rejects this token: it requires another branch \(statement 1\)/,
    code: 4,
    also: ['static-keys', 'profile-missing', 'region-variables'],
  },
  {
    name: 'a role that does not exist, and credentials that everyone can read',
    breakIt: (job) => {
      job.write('.aws/credentials', `[default]\n${KEYS}`, 0o644)
      return { args: NOBODY }
    },
    first: /^✗ AWS does not let this token assume arn:aws:iam::111111111111:role\/nobody:/,
    code: 4,
    also: ['profile-has-keys', 'file-mode'],
  },
  {
    name: 'a file where the directory ~/.aws should be',
    breakIt: (job) => {
      job.write('.aws', '')
      return {}
    },
    first:
      /^✗ \S*\/\.aws\/config can't be read: a part of its path is not a directory \(ENOTDIR\)\./,
    code: 6,
    also: ['file-unreadable'],
  },
  {
    name: 'a directory for certificates',
    breakIt: (job) => ({
      args: [...BY_ROLE, '--sts-endpoint', 'https://127.0.0.1:9'],
      env: { AWS_CA_BUNDLE: job.home },
    }),
    first: /^✗ The file \S*home \(AWS_CA_BUNDLE\) can't be read: it is a directory \(EISDIR\)\./,
    code: 6,
    also: ['exchange: STS cannot be reached'],
  },
  {
    name: 'no file for credentials',
    breakIt: () => ({ env: { AWS_SHARED_CREDENTIALS_FILE: '/dev/null' } }),
    first:
      /^✗ Cannot write \/dev\/null \(AWS_SHARED_CREDENTIALS_FILE\): it is not a regular file\./,
    code: 6,
  },
]
