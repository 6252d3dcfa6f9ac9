import type { ProfileRequest } from '../../src/plans/profile-plan.ts'
import { DEFAULTS, type Given, ROLE } from './parse-profiles.ts'

export interface PlanCase extends Given {
  readonly name: string
  readonly plans: readonly ProfileRequest[]
}

const { roleSessionName, durationSeconds, policyArns, credentials } = DEFAULTS

function plan(profile: string, rest: Partial<ProfileRequest> = {}): ProfileRequest {
  return {
    profile,
    role: { arn: ROLE, partition: 'aws', accountId: '123456789012', path: '/', name: 'ci' },
    source: { kind: 'token' },
    ...{ roleSessionName, durationSeconds, policyArns, credentials },
    sessionTags: [],
    transitiveTagKeys: [],
    ...rest,
  }
}

const POLICY =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}'
const role = `role_arn = ${ROLE}`

/** Files of the syntax that AWS's tools share: both read the same there. */
export const SHARED_SYNTAX_CASES: readonly PlanCase[] = [
  {
    name: 'the smallest file',
    text: `[default]\n${role}\n`,
    plans: [plan('default')],
  },
  {
    name: 'S1: a default profile and one in another account',
    text: `[default]\n${role}\nregion = eu-central-1\noutput = json\nduration_seconds = 900\nrole_session_name = circleci-oidc\n\n[profile playground]\nsource_profile = default\n${role}\n`,
    plans: [
      plan('default', {
        region: 'eu-central-1',
        output: 'json',
        durationSeconds: 900,
        roleSessionName: 'circleci-oidc',
      }),
      plan('playground', { source: { kind: 'profile', name: 'default' } }),
    ],
  },
  {
    name: 'sources come first, the rest as in the file',
    text: `[profile x]\n${role}\n[profile a]\n${role}\nsource_profile = b\n[profile b]\n${role}\nsource_profile = c\n[profile c]\n${role}\n[profile d]\n${role}\nsource_profile = b\n`,
    plans: [
      plan('x'),
      plan('c'),
      plan('b', { source: { kind: 'profile', name: 'c' } }),
      plan('a', { source: { kind: 'profile', name: 'b' } }),
      plan('d', { source: { kind: 'profile', name: 'b' } }),
    ],
  },
  {
    name: 'comments, blank lines, blanks around "=", none at the end',
    text: `# one\n; two\n\n[profile dev]\n  # three\nrole_arn=${ROLE}\n\n;region = eu-west-1\nregion   =\teu-west-2  `,
    plans: [plan('dev', { region: 'eu-west-2' })],
  },
  {
    name: 'CRLF',
    text: `[profile dev]\r\n${role}\r\nregion = eu-west-1\r\n`,
    plans: [plan('dev', { region: 'eu-west-1' })],
  },
  {
    name: 'a comment beside the header',
    text: `[profile dev] # mine\n${role}\n`,
    plans: [plan('dev')],
  },
  {
    name: 'an indented section',
    text: `  [profile dev]\n  ${role}\n  region = eu-west-1\n`,
    plans: [plan('dev', { region: 'eu-west-1' })],
  },
  ...['team.dev', 'team/dev', 'me@example.com', 'a+b', 'a:b', '50%', '0x1F', 'true', 'null'].map(
    (name) => ({
      name: `the profile name ${name}`,
      text: `[profile ${name}]\n${role}\n`,
      plans: [plan(name)],
    }),
  ),
  { name: 'a name in quotes', text: `[profile "dev"]\n${role}\n`, plans: [plan('dev')] },
  { name: '[profile default]', text: `[profile default]\n${role}\n`, plans: [plan('default')] },
  {
    name: 'values that other INI readers would change',
    text: `[profile dev]\n${role}\nsource_profile = 0123\nexternal_id = 007\nrole_session_name = a=b,c\n[profile 0123]\n${role}\nexternal_id = true\nsource_profile = x.y\n[profile x.y]\n${role}\n`,
    plans: [
      plan('x.y'),
      plan('0123', { source: { kind: 'profile', name: 'x.y' }, externalId: 'true' }),
      plan('dev', {
        source: { kind: 'profile', name: '0123' },
        externalId: '007',
        roleSessionName: 'a=b,c',
      }),
    ],
  },
  {
    name: "a user's own file: settings for tools, nested blocks, other sections",
    text: `[default]\n${role}\ncli_pager =\nretry_mode = adaptive\ns3 =\n  max_concurrent_requests = 20\n  addressing_style = path\ndynamodb =\n  endpoint_url = https://x\nservices = local\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://x\n[services local]\ns3 =\n  endpoint_url = https://x\n[plugins]\nendpoint = awscli_plugin_endpoint\n`,
    plans: [plan('default')],
  },
  {
    name: 'a source in the shared files',
    text: `[profile dev]\n${role}\nsource_profile = base\nexternal_id = a:b/c\n`,
    sharedProfiles: ['base'],
    plans: [plan('dev', { source: { kind: 'shared-profile', name: 'base' }, externalId: 'a:b/c' })],
  },
  {
    name: "a user's own file: the source has no role, but credentials in the shared files",
    text: `[default]\nregion = eu-west-1\nsso_session = corp\n[profile dev]\n${role}\nsource_profile = default\n`,
    sharedProfiles: ['default', 'dev'],
    plans: [plan('dev', { source: { kind: 'shared-profile', name: 'default' } })],
  },
  {
    name: 'a profile of the file comes before one of the shared files',
    text: `[default]\n${role}\n[profile dev]\n${role}\nsource_profile = default\n`,
    sharedProfiles: ['default'],
    plans: [plan('default'), plan('dev', { source: { kind: 'profile', name: 'default' } })],
  },
  {
    name: 'keys of ours',
    text: `[profile a]\n${role}\naudience = https://vault.example.com/?a=b\ncredentials = refresh\npolicy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess, arn:aws:iam::123456789012:policy/x\n[profile b]\n${role}\nsource_profile = a\nsession_tags = Team=ci, Cost Centre = a=b,Empty=\ntransitive_tag_keys = team\nsource_identity = ci@example.com\n`,
    plans: [
      plan('a', {
        source: { kind: 'token', audience: 'https://vault.example.com/?a=b' },
        credentials: 'refresh',
        policyArns: [
          'arn:aws:iam::aws:policy/ReadOnlyAccess',
          'arn:aws:iam::123456789012:policy/x',
        ],
      }),
      plan('b', {
        source: { kind: 'profile', name: 'a' },
        sessionTags: [
          { key: 'Team', value: 'ci' },
          { key: 'Cost Centre', value: 'a=b' },
          { key: 'Empty', value: '' },
        ],
        transitiveTagKeys: ['team'],
        sourceIdentity: 'ci@example.com',
      }),
    ],
  },
  {
    name: 'values of ours that go on in indented lines',
    text: `[profile a]\n${role}\npolicy = {\n    "Version": "2012-10-17",\n    # why\n\n    "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]\n  }\nregion = eu-west-1\n[profile b]\n${role}\nsource_profile = a\nsession_tags = Team=ci\n  Stage=prod,\n  Cost=1\n`,
    plans: [
      plan('a', { policy: POLICY, region: 'eu-west-1' }),
      plan('b', {
        source: { kind: 'profile', name: 'a' },
        sessionTags: [
          { key: 'Team', value: 'ci' },
          { key: 'Stage', value: 'prod' },
          { key: 'Cost', value: '1' },
        ],
      }),
    ],
  },
  {
    name: "defaults from the command's options; an hour at most for a chained profile",
    text: `[profile a]\n${role}\n[profile b]\n${role}\nsource_profile = a\noutput = text\nregion = eu-west-1\n`,
    defaults: {
      ...{ durationSeconds: 7200, roleSessionName: 'mine', region: 'us-east-1', output: 'json' },
      ...{ policy: POLICY, policyArns: ['arn:aws:iam::aws:policy/x'], credentials: 'refresh' },
    },
    plans: [
      plan('a', {
        ...{ durationSeconds: 7200, roleSessionName: 'mine', region: 'us-east-1', output: 'json' },
        ...{ policy: POLICY, policyArns: ['arn:aws:iam::aws:policy/x'], credentials: 'refresh' },
      }),
      plan('b', {
        source: { kind: 'profile', name: 'a' },
        ...{ durationSeconds: 3600, roleSessionName: 'mine', region: 'eu-west-1', output: 'text' },
        ...{ policy: POLICY, policyArns: ['arn:aws:iam::aws:policy/x'], credentials: 'refresh' },
      }),
    ],
  },
]

/** Files with variables, which AWS's tools don't expand. */
export const VARIABLE_CASES: readonly PlanCase[] = [
  ...['AWS_ROLE', '$AWS_ROLE', '${AWS_ROLE}'].map((given) => ({
    name: `role_arn = ${given}`,
    text: `[profile dev]\nrole_arn = ${given}\n`,
    env: { AWS_ROLE: ROLE },
    plans: [plan('dev')],
  })),
  {
    name: 'variables within values and defaults for them',
    text: '[profile dev]\nrole_arn = arn:aws:iam::$ACCOUNT:role/${NAME:-ci}\nrole_session_name = job-${NUMBER}\n',
    env: { ACCOUNT: '123456789012', NUMBER: '7' },
    plans: [plan('dev', { roleSessionName: 'job-7' })],
  },
  {
    name: 'a value that is empty once expanded counts as left out',
    text: `[profile dev]\n${role}\nregion = \${REGION:-}\nsource_profile = \${SOURCE:-}\n`,
    plans: [plan('dev')],
  },
  {
    name: 'the variables of a policy are left alone',
    text: `[profile dev]\n${role}\npolicy = {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::\${aws:username}/$X"}}\n`,
    env: { X: 'x' },
    plans: [
      plan('dev', {
        policy:
          '{"Statement":{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::${aws:username}/x"}}',
      }),
    ],
  },
]
