import { readdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type BrokenSetUp, BY_ROLE } from './set-ups.ts'

const KEYS = 'aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMIK7MDENG\n'

/** A shared file with this text. */
function withFile(
  name: string,
  path: string,
  text: string,
  first: RegExp,
  code: number,
  also: readonly string[] = [],
): BrokenSetUp {
  const breakIt: BrokenSetUp['breakIt'] = (job) => {
    job.write(path, text)
    return {}
  }
  return { name, breakIt, first, code, also }
}

const CONFIG = '.aws/config'
const CREDENTIALS = '.aws/credentials'

/** Nobody writes to them. */
const FIFOS: readonly BrokenSetUp[] = [
  {
    name: 'a shared file that is a FIFO',
    breakIt: (job) => ({ env: { AWS_CONFIG_FILE: job.fifo('config') } }),
    first: /^✗ \S*config \(AWS_CONFIG_FILE\) can't be read: it is a FIFO\./,
    code: 6,
  },
  {
    name: 'a profiles file that is a FIFO',
    breakIt: (job) => ({
      args: ['--profiles-file', job.fifo('profiles'), '--timeout-seconds', '4'],
    }),
    first: /^✗ The profiles file \S*profiles can't be read: nobody wrote to this FIFO in time\./,
    code: 6,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'a trust policy that is a FIFO',
    breakIt: (job) => ({
      args: [...BY_ROLE, '--trust-policy', job.fifo('trust.json'), '--timeout-seconds', '4'],
    }),
    first: /^✗ The trust policy \S*trust\.json can't be read: nobody wrote to this FIFO in time\./,
    code: 6,
  },
  {
    name: 'a token file that is a FIFO',
    breakIt: (job) => ({
      args: [...BY_ROLE, '--token-file', job.fifo('token'), '--timeout-seconds', '2'],
    }),
    first: /^✗ The command was not done after 1 s; it was reading the token file \S*token\./,
    code: 5,
    also: ['exchange: there is no token'],
  },
]

const CANNOT_RUN = String.raw`^! AWS tools cannot run the credential_process of a profile: \S*config, line`

/** A profile of ours whose helper has lost a part. */
function helperWithout(part: RegExp, first: string): BrokenSetUp {
  return {
    name: `a refresh profile whose ${part.source} is gone`,
    breakIt: async (job) => {
      await job.done(['assume-role', ...BY_ROLE, '--credentials', 'refresh'])
      const [script = ''] = Object.keys(job.files()).filter((path) => /process\.sh$/.test(path))
      const text = job.read(script) ?? ''
      const place = dirname(join(job.home, script))
      if (part.test('node')) job.write(script, text.replace(process.execPath, '/gone/node'))
      for (const name of readdirSync(place)) if (part.test(name)) rmSync(join(place, name))
      return {}
    },
    // A long path begins the next line.
    first: new RegExp(`${CANNOT_RUN} 3, \\[default\\]:(?: ${first}|$)`),
    code: 0,
  }
}

/** What botocore and the SDKs would fail to start. */
const PROCESSES: readonly BrokenSetUp[] = [
  helperWithout(/^node$/, '/gone/node was removed after the profile was set up'),
  helperWithout(/^launcher\.cjs$/, String.raw`\S*/launcher\.cjs was removed after`),
  helperWithout(/^credential-process\.sh$/, String.raw`\S*/credential-process\.sh is missing`),
  withFile(
    'a credential_process that is not on PATH',
    CONFIG,
    '[profile p]\ncredential_process = vault-aws --role x\n',
    new RegExp(`${CANNOT_RUN} 2, \\[profile p\\]: vault-aws is missing on PATH\\.`),
    0,
  ),
]

export const FILE_SET_UPS: readonly BrokenSetUp[] = [
  ...FIFOS,
  {
    name: 'a shared file without an end',
    breakIt: (job) => {
      job.write(CONFIG, '')
      symlinkSync('/dev/zero', `${job.home}/.aws/credentials`)
      return {}
    },
    first: /^✗ \S*credentials can't be read: it has more than 10 MB\./,
    code: 6,
  },
  {
    name: 'a profiles file without an end',
    breakIt: () => ({ args: ['--profiles-file', '/dev/zero'] }),
    first: /^✗ The profiles file \/dev\/zero can't be read: it has more than 10 MB\./,
    code: 6,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'a directory for a token file',
    breakIt: (job) => ({ args: [...BY_ROLE, '--token-file', job.home] }),
    first: /^✗ The token file \S*home can't be read: it is a directory \(EISDIR\)\./,
    code: 3,
    also: ['exchange: there is no token'],
  },
  {
    name: 'a credentials file that may not be written',
    breakIt: (job) => {
      job.write(CREDENTIALS, '', 0o444)
      return { asNobody: true }
    },
    first: /^✗ Cannot write \S*\/\.aws\/credentials: permission denied \(EACCES\)\./,
    code: 6,
  },
  {
    name: 'a home that may not be written',
    breakIt: () => ({ asNobody: true }),
    first: /^✗ Cannot write \S*\/\.aws\/credentials: permission denied \(EACCES\)\./,
    code: 6,
  },
  {
    name: 'a BASH_ENV in a directory where no file can be made',
    breakIt: () => ({ env: { BASH_ENV: '/proc/nope' } }),
    first: /^✗ Cannot write \/proc\/nope \(BASH_ENV\): no files can be created there\./,
    code: 6,
  },
  {
    name: 'a directory for BASH_ENV',
    breakIt: (job) => ({ env: { BASH_ENV: job.home } }),
    first: /^✗ Cannot write \S*home \(BASH_ENV\): it is a directory, not a regular file\./,
    code: 6,
  },
  {
    name: 'a GITHUB_ENV that is not there',
    breakIt: (job) => {
      const { CIRCLE_OIDC_TOKEN_V2: token = '' } = job.env
      const ci = { GITHUB_ACTIONS: 'true', GITHUB_ENV: `${job.home}/none` }
      return {
        args: [...BY_ROLE, '--token-env', 'TOKEN'],
        env: { CIRCLE_OIDC_TOKEN_V2: undefined, TOKEN: token, ...ci },
      }
    },
    first: /^✗ Cannot append to the file in GITHUB_ENV: no such file or directory \(ENOENT\)\./,
    code: 6,
  },
  withFile(
    'the same section twice',
    CREDENTIALS,
    `[default]\n${KEYS}[default]\n${KEYS}`,
    /^✗ \S*\/\.aws\/credentials, line 4: \[default\] is on line 1 already\./,
    6,
  ),
  withFile(
    'the same key twice',
    CONFIG,
    '[default]\nregion = eu-west-1\noutput = json\nregion = eu-west-2\n',
    /^✗ \S*\/\.aws\/config, line 4: "region" is on line 2 already\./,
    6,
  ),
  withFile(
    'a section that breaks the SDK for JavaScript',
    CONFIG,
    '[default]\nregion = eu-west-1\n[constructor]\nkeys = x\n',
    /^✗ \S*\/\.aws\/config, line 3: the name "?constructor"? is not allowed here\./,
    6,
    ['section-ignored'],
  ),
  withFile(
    'a byte order mark',
    CONFIG,
    '\ufeff[default]\nregion = eu-west-1\n',
    /^✗ \S*\/\.aws\/config, line 1: it starts with a byte order mark/,
    6,
  ),
  withFile(
    'a key without "="',
    CREDENTIALS,
    '[default]\naws_access_key_id AKIDEXAMPLE\n',
    /^✗ \S*\/\.aws\/credentials, line 2: it is neither a \[section\] nor a "key = value"\./,
    6,
  ),
  withFile(
    'a comment behind a value',
    CONFIG,
    '[default]\nregion = eu-west-1 # Ireland\n',
    /^! The AWS CLI and the SDK for JavaScript read a line differently: \S*config, line 2: "#" or ";" after "region"/,
    0,
  ),
  withFile(
    'quotation marks',
    CONFIG,
    '[default]\nregion = "eu-west-1"\n',
    /^! Quotation marks are part of a value: \S*\/\.aws\/config, line 2, "region"\./,
    0,
  ),
  withFile(
    'a profile without the word profile',
    CONFIG,
    '[dev]\nregion = eu-west-1\n',
    /^! AWS tools do not read a section as a profile: \S*\/\.aws\/config, line 1: \[dev\]\./,
    0,
  ),
  withFile(
    'a credentials file with the word profile',
    CREDENTIALS,
    `[profile dev]\n${KEYS}`,
    /^! AWS tools do not read a section as a profile: \S*credentials, line 1: \[profile dev\]\./,
    0,
  ),
  withFile(
    'two default profiles',
    CONFIG,
    '[default]\nregion = eu-west-1\n[profile default]\noutput = json\n',
    /^! The file has both \[default\] and \[profile default\], and AWS tools read only one of them/,
    0,
  ),
  withFile(
    'a profile whose name has a blank',
    CONFIG,
    '[profile "a b"]\nregion = eu-west-1\n',
    /^! The AWS CLI and the SDK .* differently: .*only the AWS CLI reads the header \[profile "a b"\]/,
    0,
  ),
  withFile(
    'a session token that goes on in the next line',
    CREDENTIALS,
    `[dev]\n${KEYS}aws_session_token = IQoJb3JpZ2luX2Vj\nFwoGZXIvYXdzEJr//////////wEaDGNhc2U=\n`,
    /^! The AWS CLI and the SDK .* line 5: only the AWS CLI reads the key \(not shown\), which has capital letters/,
    0,
  ),
  ...PROCESSES,
  {
    name: 'credentials that everyone can read',
    breakIt: (job) => {
      job.write(CREDENTIALS, `[dev]\n${KEYS}`, 0o644)
      return {}
    },
    first: /^! Other users can access the credentials: \S*\/\.aws\/credentials has mode 644\./,
    code: 0,
  },
  {
    name: 'credentials that an earlier step wrote as root',
    breakIt: (job) => {
      job.write(CREDENTIALS, `[default]\n${KEYS}`)
      return { asNobody: true }
    },
    first: /^✗ \S*\/\.aws\/credentials can't be read: permission denied \(EACCES\)\./,
    code: 6,
  },
]

export const LOCAL_SET_UPS: readonly BrokenSetUp[] = [
  {
    name: 'a profile name that AWS tools do not read',
    breakIt: () => ({ args: [...BY_ROLE, '--profile', 'a]b'] }),
    first: /^✗ "a\]b" cannot be a profile name\./,
    code: 2,
  },
  {
    name: 'one colon too few in the role ARN',
    breakIt: () => ({ args: ['--role-arn', 'arn:aws:iam:111111111111:role/circleci-oidc'] }),
    first:
      /^✗ The role ARN "arn:aws:iam:111111111111:role\/circleci-oidc" is not valid\. A colon is missing/,
    code: 2,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'a variable that the context should have',
    breakIt: () => ({ args: ['--role-arn', 'DEPLOY_ROLE_ARN'] }),
    first:
      /^✗ --role-arn refers to the environment variable DEPLOY_ROLE_ARN, which is unset or empty\./,
    code: 2,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'the display name of a region',
    breakIt: () => ({ env: { AWS_REGION: 'Frankfurt' } }),
    first: /^✗ "Frankfurt" \(from AWS_REGION\) is not an AWS region\./,
    code: 2,
    also: ['region-variables', 'exchange: the options or profiles are wrong'],
  },
  {
    name: 'an unknown key in the profiles file',
    breakIt: (job) => ({
      args: ['--profiles-file', job.write('profiles', '[default]\nrolearn = x\n')],
    }),
    first: /^✗ \S*profiles has 2 problems: line 1/,
    code: 2,
    also: ['exchange: the options or profiles are wrong'],
  },
  {
    name: 'more than the maximum session duration',
    breakIt: (job) => ({
      args: [
        '--profiles-file',
        job.write('profiles', `[default]\nrole_arn = ${BY_ROLE[1]}\nduration_seconds = 7200\n`),
      ],
    }),
    first: /^✗ 7200 seconds are more than the maximum session duration of arn:/,
    code: 4,
  },
  {
    name: 'a chained role that does not trust its source',
    breakIt: (job) => ({
      args: [
        '--profiles-file',
        job.write(
          'profiles',
          `[default]\nrole_arn = ${BY_ROLE[1]}\n[profile far]\nrole_arn = arn:aws:iam::222222222222:role/other\nsource_profile = default\n`,
        ),
      ],
    }),
    first:
      /^✗ AWS does not let the profile "default" assume arn:aws:iam::222222222222:role\/other\./,
    code: 4,
  },
  {
    name: 'static keys in the environment',
    breakIt: () => ({
      env: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMIK7MDENG' },
    }),
    first:
      /^! Static keys in the environment override the profile: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY\./,
    code: 0,
  },
  {
    name: 'AWS_PROFILE of a profile that nobody wrote',
    breakIt: () => ({ env: { AWS_PROFILE: 'staging' } }),
    first: /^! The profile is not in the shared files: AWS_PROFILE is "staging"\./,
    code: 0,
  },
  {
    name: 'AWS_DEFAULT_PROFILE of another profile',
    breakIt: (job) => {
      job.write(CONFIG, '[profile dev]\noutput = json\n')
      return { env: { AWS_DEFAULT_PROFILE: 'dev' } }
    },
    first:
      /^! A variable makes AWS tools use another profile: AWS_DEFAULT_PROFILE is "dev", not "default"\./,
    code: 0,
  },
  {
    name: 'a token file in the environment',
    breakIt: () => ({
      env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/tmp/token', AWS_ROLE_ARN: BY_ROLE[1] },
    }),
    first:
      /^! Variables make the AWS CLI exchange a token by itself.*AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN/,
    code: 0,
  },
  {
    name: 'the region in one of two variables',
    breakIt: () => ({ env: { AWS_REGION: 'eu-central-1' } }),
    first:
      /^! AWS tools see different regions: AWS_REGION is "eu-central-1", AWS_DEFAULT_REGION is not set/,
    code: 0,
  },
  {
    name: 'no BASH_ENV',
    breakIt: () => ({ args: [...BY_ROLE, '--profile', 'dev'], env: { BASH_ENV: undefined } }),
    first: /^! Later steps would get no profile: BASH_ENV is not set\.$/,
    code: 0,
  },
  {
    name: 'no profile that later steps could mean',
    breakIt: (job) => {
      const role = `role_arn = ${BY_ROLE[1]}\n`
      const file = job.write('profiles', `[profile a]\n${role}[profile b]\n${role}`)
      return { args: ['--profiles-file', file] }
    },
    first: /^! Later steps would get no profile: several profiles, and none of them is "default"\./,
    code: 0,
  },
  {
    name: 'certificates unchecked',
    breakIt: () => ({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }),
    first: /^! Certificates are not checked: NODE_TLS_REJECT_UNAUTHORIZED is 0\./,
    code: 0,
  },
]
