import type { SectionEdit } from '../../src/profiles/section.ts'

export interface SectionCase extends Partial<SectionEdit> {
  readonly name: string
  readonly before: string
  readonly after: string
}

const WROTE = '# circleci-aws-oidc: wrote'
const REGION = { region: 'eu-west-1' }
/** Unless a case says otherwise: region eu-west-1 for profile dev in the config file. */
export const CONFIG_CASES: SectionCase[] = [
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
    name: 'CRLF section in an LF file',
    before: '[a]\n[profile dev]\r\noutput = x\r\n',
    after: `[a]\n[profile dev]\r\n${WROTE} region\r\nregion = eu-west-1\r\noutput = x\r\n`,
  },
  {
    name: 'missing key as deep as the next setting, past blank lines and comments',
    before: '  [profile dev]\n\n# mine\n ; mine\n    output = a#b\n',
    after: `  [profile dev]\n    ${WROTE} region\n    region = eu-west-1\n\n# mine\n ; mine\n    output = a#b\n`,
  },
  {
    name: 'missing key as deep as the next setting that stays',
    remove: ['role_arn'],
    before: '[profile dev]\n  role_arn = x\noutput = json\n',
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\noutput = json\n`,
  },
  {
    name: 'indented by two tabs',
    before: '[profile dev]\n\t\tregion: a\n',
    after: `[profile dev]\n\t\t${WROTE} region\n\t\tregion = eu-west-1\n`,
  },
  {
    name: 'indented by what only Python takes for blanks',
    before: '[profile dev]\n\u00a0\x1cregion = a\n',
    after: `[profile dev]\n  ${WROTE} region\n  region = eu-west-1\n`,
  },
  {
    name: 'brackets in values',
    before: '[profile dev]\noutput = [profile b]\nx[0] = [y]\nregion = a\n',
    after: `[profile dev]\noutput = [profile b]\nx[0] = [y]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'text beside the header of another section',
    before: '[profile b] x\nrole_arn = y\n[profile dev]\nregion = a\n',
    after: `[profile b] x\nrole_arn = y\n[profile dev]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'two blanks before the name on the first line',
    before: '[profile  dev]\nregion = a\n',
    after: `[profile dev]\n${WROTE} this section, region\nregion = eu-west-1\n[profile  dev]\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'two blanks before the name, nothing to write',
    values: {},
    remove: ['role_arn'],
    before: '[profile  dev]\nrole_arn = a\n',
    after: '[profile  dev]\n',
  },
  {
    name: 'new section in a file with both kinds of line ends has the first kind',
    before: '[a]\nx = y\n[b]\r\n',
    after: `[a]\nx = y\n[b]\r\n\n[profile dev]\n${WROTE} this section, region\nregion = eu-west-1\n`,
  },
  {
    name: 'nothing to write and no section, whatever every profile inherits',
    values: {},
    remove: ['role_arn'],
    before: '[DEFAULT]\nrole_arn = x\n',
    after: '[DEFAULT]\nrole_arn = x\n',
  },
  {
    name: 'inherited by every profile, but nothing that is to be removed',
    remove: ['role_arn'],
    before: '[DEFAULT]\noutput = text\n',
    after: `[DEFAULT]\noutput = text\n\n[profile dev]\n${WROTE} this section, region\nregion = eu-west-1\n`,
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
    name: 'a value that is there already stays of the user',
    before: '[profile dev]\nregion = eu-west-1\noutput = json\n',
    after: '[profile dev]\nregion = eu-west-1\noutput = json\n',
  },
  {
    name: 'a value that is there already is not in our list',
    values: { region: 'eu-west-1', output: 'json' },
    before: '[profile dev]\nregion = eu-west-1\n',
    after: `[profile dev]\n${WROTE} output\noutput = json\nregion = eu-west-1\n`,
  },
  {
    name: 'a value with blanks around it that is there already stays of the user',
    before: '[profile dev]\n  region =   eu-west-1  \n',
    after: '[profile dev]\n  region =   eu-west-1\n',
  },
  {
    name: 'another key with that value does not make it the value of the user',
    before: '[profile dev]\noutput = eu-west-1\nregion = a\n',
    after: `[profile dev]\noutput = eu-west-1\n${WROTE} region\nregion = eu-west-1\n`,
  },
  {
    name: 'a second run renews the note on the same values',
    note: 'new; of today',
    before: `[profile dev]\n${WROTE} region; old\nregion = eu-west-1\n`,
    after: `[profile dev]\n${WROTE} region; new; of today\nregion = eu-west-1\n`,
  },
  {
    name: 'a note stays with the keys it was written for',
    values: {},
    remove: ['output'],
    note: 'new',
    before: `[profile dev]\n${WROTE} region, output; old; of yesterday\nregion = a\noutput = b\n`,
    after: `[profile dev]\n${WROTE} region; old; of yesterday\nregion = a\n`,
  },
  {
    name: 'a key of an earlier run that someone removed leaves our list',
    before: `[profile dev]\n${WROTE} region, output\nregion = a\n`,
    after: `[profile dev]\n${WROTE} region\nregion = eu-west-1\n`,
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
].map((item) => ({ values: REGION, ...item, file: 'config' as const }))
