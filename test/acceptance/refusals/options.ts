import { symlinkSync } from 'node:fs'
import { ROLE } from '../job.ts'
import { BY_ROLE, type Call, HEALTHY_SET_UP, type Refusal, type Scene } from './set-up.ts'

function call(
  name: string,
  cause: string,
  broken: (scene: Scene) => Call,
  says: readonly RegExp[],
  code = 2,
  rest: Partial<Refusal> = {},
): Refusal {
  return { name, cause, call: broken, says, code, fix: [/\S/], mended: HEALTHY_SET_UP, ...rest }
}

const withArgs = (...args: readonly string[]) => ({ args: [...BY_ROLE, ...args] })
const policy = (text: string) => withArgs('--policy', text)
const STATEMENT = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
const document = (statement: object, more: object = {}) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [statement], ...more })

const profiles =
  (text: string) =>
  (scene: Scene): Call => ({
    args: ['--profiles-file', scene.job.write('profiles', text)],
  })

const KEYS = 'aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMIK7MDENG\n'

const file =
  (path: string, text: string, more: Call = {}) =>
  ({ job }: Scene): Call => {
    job.write(path, text)
    return more
  }

export const OPTION_SET_UPS: readonly Refusal[] = [
  call(
    'a misspelt variable for the role',
    'AWS_OIDC_ROLEARN is ignored; AWS_OIDC_ROLE_ARN is meant.',
    () => ({ args: [], env: { AWS_OIDC_ROLEARN: ROLE } }),
    [/AWS_OIDC_ROLEARN/, /AWS_OIDC_ROLE_ARN/],
    2,
    { doctorCode: 0 },
  ),
  call(
    'no role at all',
    'Nothing names a role.',
    () => ({ args: [] }),
    [/--role-arn/, /AWS_OIDC_ROLE_ARN/],
    2,
    { doctorCode: 0 },
  ),
  call(
    'a duration of a minute',
    'The least is 900 seconds.',
    () => withArgs('--duration-seconds', '60'),
    [/60/, /900/, /--duration-seconds/],
  ),
  call(
    'a duration in words',
    'AWS_OIDC_DURATION_SECONDS is "1h".',
    () => ({ env: { AWS_OIDC_DURATION_SECONDS: '1h' } }),
    [/"?1h"?/, /AWS_OIDC_DURATION_SECONDS/],
  ),
  call(
    'a session name with a slash',
    'A role session name takes no slash.',
    () => withArgs('--role-session-name', 'feature/login'),
    [/feature\/login/, /session name/],
  ),
  call(
    'a profile name with a bracket',
    'A bracket ends the header.',
    () => withArgs('--profile', 'a]b'),
    [/a\]b/, /profile name/],
  ),
  call(
    'a session policy that is no JSON',
    'The session policy lacks a brace.',
    () => policy('{"Version": "2012-10-17"'),
    [/session policy|--policy/, /JSON/],
  ),
  call(
    'a session policy without Resource',
    'A statement of the session policy has no Resource.',
    () => policy(document({ ...STATEMENT, Resource: undefined })),
    [/Resource/, /session policy|--policy/],
    2,
  ),
  call(
    'a session policy with a principal',
    'A session policy names no principal.',
    () => policy(document({ ...STATEMENT, Principal: '*' })),
    [/[Pp]rincipal/, /session policy|--policy/],
    2,
  ),
  call(
    'a session policy that is too long',
    'A session policy has at most 2048 characters.',
    () => policy(document({ ...STATEMENT, Resource: `arn:aws:s3:::${'x'.repeat(2100)}` })),
    [/2048/, /session policy|--policy/],
  ),
  call(
    'the file of a session policy that is not there',
    'The file of --policy does not exist.',
    () => policy('file://none.json'),
    [/none\.json/, /no such file|ENOENT|does not exist/],
    6,
  ),
  call(
    'the ARN of a role as a policy',
    'policy-arns takes ARNs of policies.',
    () => withArgs('--policy-arns', ROLE),
    [/--policy-arns|policy ARN/, /circleci-oidc/],
  ),
  call('an unknown option', 'There is no --rolearn.', () => ({ args: ['--rolearn', ROLE] }), [
    /rolearn/,
    /--role-arn/,
  ]),
  call(
    'an unknown value of a choice',
    '--credentials takes no "keys".',
    () => withArgs('--credentials', 'keys'),
    [/"?keys"?/, /static/, /--credentials|credentials/],
  ),
  call(
    'keys for later steps without $BASH_ENV',
    '--export keys needs BASH_ENV.',
    () => ({ env: { AWS_OIDC_EXPORT: 'keys', BASH_ENV: undefined } }),
    [/BASH_ENV/, /AWS_OIDC_EXPORT|--export/],
  ),
  call(
    'a profiles file that is not there',
    'The profiles file does not exist.',
    () => ({ args: ['--profiles-file', '/none/profiles'] }),
    [/\/none\/profiles/, /no such file|ENOENT|does not exist/],
    6,
  ),
  call('an unknown key', 'rolearn is no key.', profiles('[default]\nrolearn = x\n'), [
    /line 2/,
    /rolearn/,
    /role_arn/,
  ]),
  call(
    'a source_profile that is nowhere',
    'No profile has the name b.',
    profiles(`[profile a]\nrole_arn = ${ROLE}\nsource_profile = b\n`),
    [/line 3/, /"b"/, /source_profile/],
  ),
  call(
    'a circle of profiles',
    'a needs b, b needs a.',
    profiles(
      `[profile a]\nrole_arn = ${ROLE}\nsource_profile = b\n[profile b]\nrole_arn = ${ROLE}\nsource_profile = a\n`,
    ),
    [/circle|cycle|loop|each other/, /source_profile/],
  ),
  call(
    'a section twice',
    '[default] stands twice.',
    profiles(`[default]\nrole_arn = ${ROLE}\n[default]\nrole_arn = ${ROLE}\n`),
    [/line 3/, /\[?default\]?/],
  ),
]

export const FILE_SET_UPS: readonly Refusal[] = [
  call(
    'a home that may not be written',
    'The user may not write to the home.',
    () => ({ asNobody: true }),
    [/\.aws\/credentials|\.aws\b/, /EACCES|permission/],
    6,
  ),
  call(
    'a file where ~/.aws should be',
    '~/.aws is a file.',
    file('.aws', ''),
    [/\.aws/, /not a directory/],
    6,
  ),
  call(
    'a section twice in the credentials file',
    '[default] stands twice.',
    file('.aws/credentials', `[default]\n${KEYS}[default]\n${KEYS}`),
    [/credentials, line 4/, /line 1/],
    6,
  ),
  call(
    'a key without =',
    'Line 2 has no equals sign.',
    file('.aws/credentials', '[default]\naws_access_key_id AKIDEXAMPLE\n'),
    [/credentials, line 2/, /=/],
    6,
  ),
  call(
    'a byte order mark',
    'The config file starts with a byte order mark.',
    file('.aws/config', '\ufeff[default]\nregion = eu-west-1\n'),
    [/config, line 1/, /byte order mark/],
    6,
  ),
  call(
    'AWS_CONFIG_FILE names a directory',
    'AWS_CONFIG_FILE is a directory.',
    ({ job }) => ({ env: { AWS_CONFIG_FILE: job.home } }),
    [/AWS_CONFIG_FILE/, /directory/],
    6,
  ),
  call(
    'AWS_SHARED_CREDENTIALS_FILE names a device',
    'AWS_SHARED_CREDENTIALS_FILE is /dev/null.',
    () => ({ env: { AWS_SHARED_CREDENTIALS_FILE: '/dev/null' } }),
    [/\/dev\/null/, /AWS_SHARED_CREDENTIALS_FILE/],
    6,
  ),
  call(
    'BASH_ENV names a directory',
    'BASH_ENV is a directory.',
    ({ job }) => ({ env: { BASH_ENV: job.home } }),
    [/BASH_ENV/, /directory|regular file/],
    6,
  ),
  call(
    'a credentials file that never ends',
    '~/.aws/credentials leads to /dev/zero.',
    ({ job }) => {
      job.write('.aws/config', '')
      symlinkSync('/dev/zero', `${job.home}/.aws/credentials`)
      return {}
    },
    [/credentials/, /10 MB/],
    6,
  ),
]
