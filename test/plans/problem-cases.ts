import { type Given, ROLE } from './parse-profiles.ts'

export interface ProblemCase extends Given {
  readonly name: string
  /** Every line of the message, or how it begins. */
  readonly problems: readonly string[]
}

const role = `role_arn = ${ROLE}`
const dev = `[profile dev]\n${role}\n`
const chained = `${dev}source_profile = base\n`
const base = { sharedProfiles: ['base'] }

export const KEY_PROBLEMS: readonly ProblemCase[] = [
  {
    name: 'unknown keys, with the nearest one',
    text: `${dev}rolearn = x\nregoin = x\nsession_tag = x\ntransitive_session_tags = x\ncolor = red\n__proto__ = x\nsesion_tags =\n  a = b\n${'x'.repeat(40)} = y\n`,
    problems: [
      'line 3, profile dev: "rolearn" is not a key of a profiles file. Did you mean "role_arn"?',
      'line 4, profile dev: "regoin" is not a key of a profiles file. Did you mean "region"?',
      'line 5, profile dev: "session_tag" is not a key of a profiles file. Did you mean "session_tags"?',
      'line 6, profile dev: "transitive_session_tags" is not a key of a profiles file. Did you mean "transitive_tag_keys"?',
      'line 7, profile dev: "color" is not a key of a profiles file. Remove it; settings for other tools belong in the shared config file.',
      'line 8, profile dev: "__proto__" is not a key',
      'line 9, profile dev: "sesion_tags" is not a key of a profiles file. Did you mean "session_tags"?',
      'line 11, profile dev: the key (not shown) is not a key of a profiles file.',
    ],
  },
  {
    name: 'other kinds of credentials beside the role',
    text: `${dev}mfa_serial = x\ncredential_source = Environment\nweb_identity_token_file = x\ncredential_process = x\nsso_session = x\naws_access_key_id = x\n`,
    problems: [
      'line 3, profile dev: mfa_serial asks for a code, which nobody can type in a job.',
      'line 4, profile dev: credential_source takes credentials from the machine, not from the token.',
      'line 5, profile dev: web_identity_token_file names a token, but the command has its own token',
      'line 6, profile dev: credential_process gives the profile other credentials beside its role',
      'line 7, profile dev: sso_session gives the profile other credentials',
      'line 8, profile dev: aws_access_key_id gives the profile other credentials',
    ],
  },
  {
    name: 'no role',
    text: '[default]\nregion = eu-west-1\n[profile keys]\naws_access_key_id = x\naws_secret_access_key = y\n',
    sharedProfiles: ['default', 'keys'],
    problems: [
      'line 1, profile default: role_arn is missing. Add role_arn = arn:aws:iam::ACCOUNT:role/NAME, or remove the section.',
      'line 3, profile keys: role_arn is missing, and aws_access_key_id is for other credentials. Keep this profile in the shared files',
    ],
  },
  {
    name: 'no role, though it is a source in the shared files: other keys of ours need one',
    text: `[profile base]\nduration_seconds = 900\n${chained}`,
    ...base,
    problems: ['line 1, profile base: role_arn is missing.'],
  },
  {
    name: 'keys that a web identity token is not exchanged with',
    text: `${dev}external_id = ab\nsession_tags = a=b\ntransitive_tag_keys = a\nsource_identity = me\n`,
    problems: [
      'line 3, profile dev: external_id needs a source_profile: an exchange of the web identity token takes no external id. Remove it, or name the source_profile.',
      'line 4, profile dev: session_tags needs a source_profile: an exchange of the web identity token takes no session tags; they would come with the token itself.',
      'line 5, profile dev: transitive_tag_keys needs a source_profile',
      'line 6, profile dev: source_identity needs a source_profile',
    ],
  },
  {
    name: 'keys that a chained role is not assumed with',
    text: `${chained}audience = x\nduration_seconds = 3601\ncredentials = token-file\n`,
    ...base,
    problems: [
      'line 4, profile dev: audience chooses the token to exchange, but a profile with source_profile exchanges none.',
      'line 5, profile dev: duration_seconds = 3601 is not valid. AWS limits a role that is assumed with the credentials of another role to one hour. It must be a whole number of seconds from 900 to 3600.',
      'line 6, profile dev: with token-file the SDKs exchange the token, but this role is assumed with the credentials of another profile. Use credentials = static or refresh here.',
    ],
  },
  {
    name: 'a session policy that the SDKs would leave out',
    text: dev,
    defaults: { credentials: 'token-file', policyArns: ['arn:aws:iam::aws:policy/x'] },
    problems: [
      'line 1, profile dev: with token-file the SDKs exchange the token, and they would do so without the session policy.',
    ],
  },
  {
    name: 'a duration that the SDKs would leave out',
    text: `${dev}duration_seconds = 900\ncredentials = token-file\n`,
    problems: [
      'line 4, profile dev: with token-file the SDKs exchange the token, and they would do so without the duration.',
    ],
  },
  {
    name: 'a session policy of the options that is not of the account of a profile',
    text: `${dev}[profile own]\n${role}\npolicy_arns = arn:aws:iam::aws:policy/x\n`,
    defaults: { policyArns: ['arn:aws:iam::999999999999:policy/team'] },
    problems: [
      "line 2, profile dev: The session policy arn:aws:iam::999999999999:policy/team is not in the role's account 123456789012 (aws).",
    ],
  },
  {
    name: 'a session policy of the options that is too long beside that of a profile',
    text: `${dev}policy_arns = arn:aws:iam::aws:policy/x\n[profile b]\n${role}\n`,
    defaults: { policy: JSON.stringify({ Sid: 'x'.repeat(2030) }) },
    problems: [
      'line 3, profile dev: The session policy and the policy ARNs have 2065 characters in total; AWS accepts at most 2048.',
    ],
  },
]

export const SOURCE_PROBLEMS: readonly ProblemCase[] = [
  {
    name: 'unknown sources',
    text: `${dev}source_profile = bsae\n[profile a]\n${role}\nsource_profile = somewhere-else\n[profile b]\n${role}\nsource_profile = \${TOKEN:-secret-value}\n`,
    ...base,
    problems: [
      'line 3, profile dev: the source_profile "bsae" is neither in this file nor in the shared files. Did you mean "base"?',
      'line 6, profile a: the source_profile "somewhere-else" is neither in this file nor in the shared files. Add it, or correct the name.',
      'line 9, profile b: the source_profile "${TOKEN:-secret-value}" is neither',
    ],
  },
  {
    name: 'a profile that is its own source, with credentials in the shared files too',
    text: `${dev}source_profile = dev\n`,
    sharedProfiles: ['dev'],
    problems: ['line 3, profile dev: source_profile names the profile itself.'],
  },
  {
    name: 'cycles, each once and whole',
    text: `[profile x]\n${role}\nsource_profile = c\n[profile a]\n${role}\nsource_profile = b\n[profile b]\n${role}\nsource_profile = c\n[profile c]\n${role}\nsource_profile = a\n[profile d]\n${role}\nsource_profile = e\n[profile e]\n${role}\nsource_profile = d\n`,
    problems: [
      'line 6, profile a: source_profile forms a loop: a → b → c → a. Remove it from one of them',
      'line 15, profile d: source_profile forms a loop: d → e → d.',
    ],
  },
  {
    name: 'unset variables, all of them',
    text: '[profile dev]\nrole_arn = AWS_ROLE\nregion = $REGION\nsource_profile = ${SOURCE}\n[profile b]\nrole_arn = $EMPTY\nexternal_id = constructor\n',
    env: { EMPTY: '' },
    problems: [
      'line 2, profile dev: role_arn refers to the environment variable AWS_ROLE, which is unset or empty. Set AWS_ROLE in a context',
      'line 3, profile dev: region refers to the environment variable REGION, which is unset or empty.',
      'line 4, profile dev: source_profile refers to the environment variable SOURCE, which',
      'line 6, profile b: role_arn refers to the environment variable EMPTY, which',
      'line 7, profile b: external_id needs a source_profile',
    ],
  },
]

const long = (length: number) => 'x'.repeat(length)
const many = Array.from({ length: 51 }, (_, index) => `k${index}=v`).join(',')

export const VALUE_PROBLEMS: readonly ProblemCase[] = [
  {
    name: 'values that AWS would refuse',
    text: `[profile dev]\nrole_arn = arn:aws:iam::1234:role/ci\nrole_session_name = a b\nduration_seconds = 1h\npolicy = {"Version": 1}\npolicy_arns = x\nregion = Ireland\noutput = xml\ncredentials = keys\n`,
    problems: [
      'line 2, profile dev: The role ARN "arn:aws:iam::1234:role/ci" is not valid. The account id "1234" has 4 digits instead of 12. Give the ARN',
      'line 3, profile dev: The role session name "a b" has characters that AWS does not accept.',
      'line 4, profile dev: duration_seconds is not valid. It must be a whole number of seconds from 900 to 43200.',
      'line 5, profile dev: Version of the session policy is 1; IAM knows',
      'line 6, profile dev: "x" is not the ARN of a managed policy.',
      'line 7, profile dev: "Ireland" is not an AWS region.',
      'line 8, profile dev: output is not valid. It must be one of: json, text, table',
      'line 9, profile dev: credentials is not valid. It must be one of: static, refresh, token-file.',
    ],
  },
  {
    name: 'values that AWS would refuse in a chain, and none of them shown',
    text: `${chained}external_id = s3cr\u00e9t\nsource_identity = a/b\n`,
    ...base,
    problems: [
      'line 4, profile dev: external_id is not valid. AWS accepts 2 to 1224 letters, digits and _+=,.@:/-',
      'line 5, profile dev: source_identity is not valid. AWS accepts 2 to 64 letters, digits and _+=,.@-',
    ],
  },
  {
    name: 'a policy file that is not there',
    text: `${dev}policy = file:///nowhere/policy.json\n`,
    problems: ["line 3, profile dev: The session policy file /nowhere/policy.json can't be read"],
  },
  {
    name: 'a region of another partition, given here or by the command',
    text: `${dev}region = cn-north-1\n[profile b]\nrole_arn = arn:aws-cn:iam::123456789012:role/ci\n`,
    defaults: { region: 'eu-west-1' },
    problems: [
      'line 3, profile dev: the region cn-north-1 is in another partition than the role, "aws".',
      'line 5, profile b: the region eu-west-1 is in another partition than the role, "aws-cn".',
    ],
  },
  ...(
    [
      ['no-equals', '"no-equals" is not a session tag. Write Key=Value, Key2=Value2.'],
      ['=x', '"=x" is not a session tag.'],
      ['Team=a, team=b', 'the session tags "Team" and "team" are the same to AWS'],
      ['aws:x=b', 'the session tag "aws:x" is not valid: AWS reserves keys that begin with "aws:"'],
      ['a!=b', 'the session tag "a!" is not valid: its key has other characters. AWS accepts'],
      ['a={b}', 'the session tag "a" is not valid: its value has other characters.'],
      [
        `${long(129)}=b`,
        `the session tag "${long(80)}…" is not valid: its key has 129 characters.`,
      ],
      [`a=${long(257)}`, 'the session tag "a" is not valid: its value has 257 characters.'],
      [many, 'there are 51 session tags; AWS accepts at most 50.'],
    ] as const
  ).map(([tags, problem]) => ({
    name: `session tags ${tags.slice(0, 20)}`,
    text: `${chained}session_tags = ${tags}\ntransitive_tag_keys = x\n`,
    ...base,
    problems: [`line 4, profile dev: ${problem}`],
  })),
  {
    name: 'transitive tag keys without their tag',
    text: `${chained}session_tags = Team=a\ntransitive_tag_keys = team, Cost\n[profile b]\n${role}\nsource_profile = base\ntransitive_tag_keys = a\n[profile c]\n${role}\nsource_profile = base\nsession_tags = a=b\ntransitive_tag_keys = a, A\n`,
    ...base,
    problems: [
      'line 5, profile dev: the transitive tag key "Cost" is not among the profile\'s session tags.',
      'line 9, profile b: the transitive tag key "a" is not among the profile\'s session tags.',
      'line 14, profile c: the transitive tag key "A" is given twice.',
    ],
  },
]
