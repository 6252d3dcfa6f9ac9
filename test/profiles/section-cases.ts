import type { SectionEdit } from '../../src/profiles/section-edit.ts'

export interface SectionCase extends Partial<SectionEdit> {
  readonly name: string
  readonly before: string
  readonly after: string
}

const WROTE = '# circleci-aws-oidc: wrote'
const REGION = { region: 'eu-west-1' }
const KEYS = { aws_access_key_id: 'ASIA1', aws_secret_access_key: 's/+=', aws_session_token: 't==' }
const DEV_KEYS = `${WROTE} aws_access_key_id, aws_secret_access_key, aws_session_token; until noon
aws_access_key_id = ASIA1
aws_secret_access_key = s/+=
aws_session_token = t==
`
const DEV_SECTION = `[dev]
${DEV_KEYS.replace('wrote', 'wrote this section,')}`

/** Unless a case says otherwise: region eu-west-1 for profile dev in the config file. */
const config: SectionCase[] = [
  {
    name: 'empty file',
    before: '',
    after: `[profile dev]\n${WROTE} this section, region\nregion = eu-west-1\n`,
  },
  {
    name: 'new section after a blank line',
    before: '[default]\nregion = us-east-1\n',
    after: `[default]\nregion = us-east-1\n\n[profile dev]\n${WROTE} this section, region\nregion = eu-west-1\n`,
  },
  {
    name: 'new section where the final line end is missing',
    before: '[default]\nregion = us-east-1',
    after: `[default]\nregion = us-east-1\n\n[profile dev]\n${WROTE} this section, the line end before it, region\nregion = eu-west-1\n`,
  },
  {
    name: 'new section after CRLF lines',
    before: '[default]\r\noutput = json\r\n',
    after: `[default]\r\noutput = json\r\n\r\n[profile dev]\r\n${WROTE} this section, region\r\nregion = eu-west-1\r\n`,
  },
  {
    name: 'new section in a file of comments',
    before: '# mine\n',
    after: `# mine\n\n[profile dev]\n${WROTE} this section, region\nregion = eu-west-1\n`,
  },
  {
    name: 'profile default is [default]',
    profile: 'default',
    before: '',
    after: `[default]\n${WROTE} this section, region\nregion = eu-west-1\n`,
  },
  {
    name: 'default in [profile default]',
    profile: 'default',
    before: '[profile default]\n',
    after: `[profile default]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'default in both spellings',
    profile: 'default',
    before: '[default]\nregion = a\n[profile default]\noutput = json\n',
    after: `[default]\n${WROTE} region\nregion = eu-west-1\n[profile default]\n${WROTE} region\nregion = eu-west-1\noutput = json\n`,
  },
  {
    name: 'value replaced in place',
    before: '[profile dev]\noutput = json\nregion = us-east-1\ncli_pager =\n',
    after: `[profile dev]\noutput = json\n${WROTE} region\nregion = eu-west-1\ncli_pager =\n`,
  },
  {
    name: 'spacing around = stays',
    before: '[profile dev]\nregion=us-east-1\n',
    after: `[profile dev]\n${WROTE} region\nregion=eu-west-1\n`,
  },
  {
    name: 'colon becomes =, which every SDK reads',
    before: '[profile dev]\nregion: us-east-1\n',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'key in upper case becomes lower case, which every SDK reads',
    before: '[profile dev]\nRegion = us-east-1\n',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'empty value',
    before: '[profile dev]\nregion =\noutput = json\n',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\noutput = json\n`,
  },
  {
    name: 'continuation lines vanish with the old value',
    before: '[profile dev]\nregion = us\n  -east-1\n\n  more\noutput = json\n',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\n\noutput = json\n`,
  },
  {
    name: 'a comment between continuation lines stays',
    before: '[profile dev]\nregion = us\n  # why\n  -east-1\n',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\n  # why\n`,
  },
  {
    name: 'missing key goes beneath the header',
    before: '[profile dev]\n\n# about output\noutput = json\n',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\n\n# about output\noutput = json\n`,
  },
  {
    name: 'missing key as deep as the next line',
    before: '[profile dev]\n    output = json\n[profile b]\n',
    after: `[profile dev]\n    ${WROTE} region\n    region = eu-west-1\n    output = json\n[profile b]\n`,
  },
  {
    name: 'missing key as deep as an indented next header',
    before: '[profile dev]\n  [profile b]\n  output = json\n',
    after: `[profile dev]\n  ${WROTE} region\n  region = eu-west-1\n  [profile b]\n  output = json\n`,
  },
  {
    name: 'missing key beneath a header without line end',
    before: '[profile dev]',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1`,
  },
  {
    name: 'last value without line end',
    before: '[profile dev]\nregion = a',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1`,
  },
  {
    name: 'nested block stays, its region too',
    before: '[profile dev]\ns3 =\n  region = deep\n  addressing_style = path\nregion = a\n',
    after: `[profile dev]\ns3 =\n  region = deep\n  addressing_style = path\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'key the JavaScript SDK takes for part of a block moves to the top',
    before: '[profile dev]\n  s3 =\n    a = b\n  region = x\n',
    after: `[profile dev]\n  ${WROTE} region\n  region = eu-west-1\n  s3 =\n    a = b\n`,
  },
  {
    name: 'indented [x] below a value is part of it',
    before: '[profile dev]\noutput = json\n  [profile b]\nregion = a\n',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\noutput = json\n  [profile b]\n`,
  },
  {
    name: 'quoted name',
    before: '[profile "dev"]\nregion = a\n',
    after: `[profile "dev"]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'tab before the name',
    before: '[profile\tdev]\n',
    after: `[profile\tdev]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'two blanks before the name, which only botocore reads',
    before: '[a]\n[profile  dev]\nregion = a\n',
    after: `[a]\n\n[profile dev]\n${WROTE} this section, region\nregion = eu-west-1\n[profile  dev]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'bare [dev] is not the profile',
    before: '[dev]\nregion = a\n',
    after: `[dev]\nregion = a\n\n[profile dev]\n${WROTE} this section, region\nregion = eu-west-1\n`,
  },
  {
    name: 'comment after the header',
    before: '[profile dev] # mine\n',
    after: `[profile dev] # mine\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'duplicates elsewhere stay',
    before: '[profile b]\na = 1\nA = 2\n[profile b]\n[profile dev]\n',
    after: `[profile b]\na = 1\nA = 2\n[profile b]\n[profile dev]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'CRLF section in an LF file',
    before: '[a]\n[profile dev]\r\noutput = x\r\n',
    after: `[a]\n[profile dev]\r\n${WROTE} region\r\nregion = eu-west-1\r\noutput = x\r\n`,
  },
  {
    name: 'keys of other kinds vanish, in whatever case, with their continuations',
    remove: ['role_arn', 'source_profile'],
    values: {},
    before:
      '[profile dev]\nrole_arn = x\nSource_Profile: b\n  c\noutput = json\n[profile b]\nrole_arn = y\n',
    after: '[profile dev]\noutput = json\n[profile b]\nrole_arn = y\n',
  },
  {
    name: 'nothing to write, no section made',
    values: {},
    remove: ['role_arn'],
    before: '[default]\nrole_arn = x',
    after: '[default]\nrole_arn = x',
  },
  {
    name: 'our earlier comment is replaced, keys of other runs stay in its list',
    before: `[profile dev]\n${WROTE} this section, output, region; old\nregion = a\noutput = json\n`,
    after: `[profile dev]\n${WROTE} this section, region, output\nregion = eu-west-1\noutput = json\n`,
  },
  {
    name: 'our comments do not pile up',
    before: `[profile dev]\n${WROTE} region\n${WROTE} region\nregion = a\n`,
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'our comment goes when its last key goes',
    values: {},
    remove: ['credential_process'],
    before: `[profile dev]\n${WROTE} credential_process\ncredential_process = x\noutput = json\n`,
    after: '[profile dev]\noutput = json\n',
  },
  {
    name: 'our comment in a section we made stays to say so',
    values: {},
    remove: ['credential_process'],
    before: `[profile dev]\n${WROTE} this section, credential_process; x\ncredential_process = x\n`,
    after: `[profile dev]\n${WROTE} this section\n`,
  },
  {
    name: 'lines ended CR CR LF',
    before: '[profile dev]\r\r\noutput = x\r\r\n',
    after: `[profile dev]\r\n${WROTE} region\r\nregion = eu-west-1\r\n\r\noutput = x\r\r\n`,
  },
]

const credentials: SectionCase[] = [
  { name: 'empty file', before: '', after: DEV_SECTION },
  { name: 'file of one line end', before: '\n', after: `\n\n${DEV_SECTION}` },
  {
    name: 'header spelled as in the config file',
    before: '[profile dev]\n',
    after: `[profile dev]\n\n${DEV_SECTION}`,
  },
  { name: 'blank inside the brackets', before: '[ dev ]\n', after: `[ dev ]\n\n${DEV_SECTION}` },
  { name: 'another case', before: '[DEV]\n', after: `[DEV]\n\n${DEV_SECTION}` },
  {
    name: 'keys of an IAM user replaced, the token added',
    before:
      '[dev]\naws_access_key_id = AKIA\naws_secret_access_key = old\n[b]\naws_access_key_id = B\n',
    after: `[dev]\n${WROTE} aws_access_key_id, aws_secret_access_key, aws_session_token; until noon\naws_session_token = t==\naws_access_key_id = ASIA1\naws_secret_access_key = s/+=\n[b]\naws_access_key_id = B\n`,
  },
  { name: 'section without keys', before: '[dev]\n[b]\n', after: `[dev]\n${DEV_KEYS}[b]\n` },
  {
    name: 'second run with the same keys',
    before: `[a]\n\n${DEV_SECTION}\n[b]\n`,
    after: `[a]\n\n${DEV_SECTION}\n[b]\n`,
  },
  {
    name: 'second run with new keys',
    before: `${DEV_SECTION.replace('ASIA1', 'ASIA0').replace('noon', 'ten')}`,
    after: DEV_SECTION,
  },
].map((item) => ({ values: KEYS, note: 'until noon', ...item, file: 'credentials' as const }))

export const SECTION_CASES = [
  ...config.map((item) => ({ values: REGION, ...item, file: 'config' as const })),
  ...credentials,
]

/** What is refused: the message must name the line, and say why. */
export const MALFORMED_CASES: readonly {
  readonly name: string
  readonly before: string
  readonly says: RegExp
  readonly remove?: readonly string[]
}[] = [
  {
    name: 'text before the first section',
    before: '# a\nregion = x\n[profile dev]\n',
    says: /line 2: there is text before/,
  },
  {
    name: 'unterminated header',
    before: '[a]\n\n[profile dev\n',
    says: /line 3: the section header has no closing/,
  },
  { name: 'key without value', before: '[a]\r\nregion\r\n', says: /line 2: it is neither/ },
  { name: 'value without key', before: '[a]\n = x\n', says: /line 2: there is no key/ },
  { name: 'empty header', before: '[]\n', says: /line 1: there is text before/ },
  {
    name: 'byte order mark',
    before: '\ufeff[profile dev]\n',
    says: /line 1: it starts with a byte order mark/,
  },
  { name: 'NUL byte', before: '[a]\nb = \0\n', says: /line 2: it contains a NUL byte/ },
  {
    name: 'section twice',
    before: '[profile dev]\n[a]\n[profile dev]\n',
    says: /line 3: .* on line 1 already/,
  },
  {
    name: 'key twice',
    before: '[profile dev]\na = 1\nA: 2\n',
    says: /line 3: the same key is on line 2/,
  },
  {
    name: 'text beside the header',
    before: '[profile dev] x\n',
    says: /line 1: there is text beside/,
  },
  {
    name: 'setting that only the JavaScript SDK sees',
    before: '[profile dev]\noutput = json\n  role_arn = x\n',
    remove: ['role_arn'],
    says: /line 3: the AWS SDK for JavaScript reads this line/,
  },
  {
    name: 'key that every profile inherits',
    before: '[DEFAULT]\nrole_arn = x\n[profile dev]\n',
    remove: ['role_arn'],
    says: /line 2: "role_arn" in \[DEFAULT\]/,
  },
]
