/**
 * What `cleanup` leaves of the cases of an edit where that is not the text before: there, values of the
 * user were replaced or removed, and those do not come back. By the name of the case.
 */
export const LEFT: Readonly<Record<string, string>> = {
  'default in both spellings': '[default]\n[profile default]\noutput = json\n',
  'value replaced in place': '[profile dev]\noutput = json\ncli_pager =\n',
  'spacing around = stays': '[profile dev]\n',
  'colon becomes =, which every SDK reads': '[profile dev]\n',
  'key in upper case becomes lower case, which every SDK reads': '[profile dev]\n',
  'empty value': '[profile dev]\noutput = json\n',
  'continuation lines vanish with the old value': '[profile dev]\n\noutput = json\n',
  'a comment between continuation lines stays': '[profile dev]\n  # why\n',
  'last value without line end': '[profile dev]',
  'nested block stays, its region too':
    '[profile dev]\ns3 =\n  region = deep\n  addressing_style = path\n',
  'key the JavaScript SDK takes for part of a block moves to the top':
    '[profile dev]\n  s3 =\n    a = b\n',
  'indented [x] below a value is part of it': '[profile dev]\noutput = json\n  [profile b]\n',
  'quoted name': '[profile "dev"]\n',
  'two blanks before the name, which only botocore reads': '[a]\n[profile  dev]\n',
  'missing key as deep as the next setting that stays': '[profile dev]\noutput = json\n',
  'indented by two tabs': '[profile dev]\n',
  'indented by what only Python takes for blanks': '[profile dev]\n',
  'brackets in values': '[profile dev]\noutput = [profile b]\nx[0] = [y]\n',
  'text beside the header of another section': '[profile b] x\nrole_arn = y\n[profile dev]\n',
  'two blanks before the name on the first line': '[profile  dev]\n',
  'two blanks before the name, nothing to write': '[profile  dev]\n',
  'another key with that value does not make it the value of the user':
    '[profile dev]\noutput = eu-west-1\n',
  'keys of other kinds vanish, in whatever case, with their continuations':
    '[profile dev]\noutput = json\n[profile b]\nrole_arn = y\n',
  'keys of an IAM user replaced, the token added': '[dev]\n[b]\naws_access_key_id = B\n',
  // The text before is of ours already.
  'our earlier comment is replaced, keys of other runs stay in its list': '',
  'a second run renews the note on the same values': '[profile dev]\n',
  'a note stays with the keys it was written for': '[profile dev]\n',
  'a key of an earlier run that someone removed leaves our list': '[profile dev]\n',
  'a value with blanks around it that is there already stays of the user':
    '[profile dev]\n  region =   eu-west-1\n',
  'our comments do not pile up': '[profile dev]\n',
  'our comment goes when its last key goes': '[profile dev]\noutput = json\n',
  'our comment in a section we made stays to say so': '',
  'second run with the same keys': '[a]\n\n[b]\n',
  'second run with new keys': '',
  // The line end that we completed to CR LF stays so.
  'lines ended CR CR LF': '[profile dev]\r\n\r\noutput = x\r\r\n',
}

const WROTE = '# circleci-aws-oidc: wrote'
const DEV = `[profile dev]\n${WROTE} this section, region\nregion = eu-west-1\n`
const KEYS = `[profile dev]
${WROTE} this section, aws_access_key_id, aws_secret_access_key, aws_session_token; credentials expire soon
aws_access_key_id = ASIAX
aws_secret_access_key = s
`
const TOKEN_FILE = `${WROTE} role_arn, web_identity_token_file, role_session_name
role_arn = arn:aws:iam::111111111111:role/deploy
web_identity_token_file = /home/me/token
role_session_name = circleci-1
`

interface RemovalCase {
  readonly name: string
  readonly text: string
  readonly left: string
  /** Default: every profile. */
  readonly profiles?: readonly string[]
}

/** Config files that we wrote into and that someone changed since. */
export const REMOVAL_CASES: RemovalCase[] = [
  { name: 'nothing of ours', text: '[default]\nregion = a\n', left: '[default]\nregion = a\n' },
  { name: 'nothing of ours in a malformed file', text: 'oops\n', left: 'oops\n' },
  {
    name: 'another profile',
    profiles: ['prod', 'default'],
    text: `[profile prod]\nregion = a\n\n${DEV}`,
    left: `[profile prod]\nregion = a\n\n${DEV}`,
  },
  {
    name: 'one of two profiles',
    profiles: ['dev'],
    text: `[a]\n\n${DEV}\n${DEV.replace('dev', 'prod')}`,
    left: `[a]\n\n${DEV.replace('dev', 'prod')}`,
  },
  { name: 'several profiles', text: `${DEV}\n${DEV.replace('dev', 'prod')}`, left: '' },
  {
    name: 'a setting of the user in a section we made keeps the section',
    text: `[a]\n\n${DEV}cli_pager =\n`,
    left: '[a]\n\n[profile dev]\ncli_pager =\n',
  },
  {
    name: 'a comment of the user in a section we made stays',
    text: `[a]\n\n${DEV.replace('region =', '# Ireland\nregion =')}`,
    left: '[a]\n# Ireland\n',
  },
  {
    name: 'a value changed since goes, for its key is ours',
    text: DEV.replace('eu-west-1', 'us-east-1\n  more'),
    left: '',
  },
  {
    name: 'keys of an IAM user in the place of ours stay',
    text: `${KEYS.replace('ASIA', 'AKIA')}aws_session_token = t\n`,
    left: '[profile dev]\naws_access_key_id = AKIAX\naws_secret_access_key = s\n',
  },
  { name: 'our keys, cut by someone', text: KEYS.replace(/aws_secret.*\n$/, ''), left: '' },
  {
    name: 'a key removed since',
    text: `[a]\n\n${DEV.replace('region = eu-west-1\n', '')}`,
    left: '[a]\n',
  },
  {
    name: 'a section that follows at once keeps its own line',
    text: `[a]\n\n${DEV.replace('section', 'section, the line end before it')}[profile b]\nx = y\n`,
    left: '[a]\n[profile b]\nx = y\n',
  },
  {
    name: 'no blank line above any more',
    text: `[a]\nx = y\n${DEV}`,
    left: '[a]\nx = y\n',
  },
  {
    name: 'a header that would become part of the value above keeps a header between',
    text: `[a]\nx = y\n\n${DEV.replace('region =', '  region =')}  [profile b]\n  z = z\n`,
    left: '[a]\nx = y\n\n[profile dev]\n  [profile b]\n  z = z\n',
  },
  {
    name: 'the line end before two of ours passes from the first to the second',
    profiles: ['dev'],
    text: `[a]\nx = y\n\n${DEV.replace('section', 'section, the line end before it')}\n${DEV.replace('dev', 'prod')}`,
    left: `[a]\nx = y\n\n${DEV.replace('dev', 'prod').replace('section', 'section, the line end before it')}`,
  },
  {
    name: 'the line end before two of ours goes with both',
    text: `[a]\nx = y\n\n${DEV.replace('section', 'section, the line end before it')}\n${DEV.replace('dev', 'prod')}`,
    left: '[a]\nx = y',
  },
  {
    name: 'the line end stays before one of ours that the user added to',
    text: `[a]\nx = y\n\n${DEV.replace('section', 'section, the line end before it')}\n${DEV.replace('dev', 'prod')}cli_pager =\n`,
    left: '[a]\nx = y\n\n[profile prod]\ncli_pager =\n',
  },
  {
    name: 'a section between sections with settings',
    text: `[a]\nx = y\n\n${DEV}[profile b]\nz = z\n`,
    left: '[a]\nx = y\n[profile b]\nz = z\n',
  },
  {
    name: 'a header below that keeps what is of the user is not to be hidden either',
    text: `[a]\nx = y\n\n${DEV.replace('region =', '  region =')}  [profile b]\n  ${WROTE} region\n  region = a\n  z = z\n`,
    left: '[a]\nx = y\n\n[profile dev]\n  [profile b]\n  z = z\n',
  },
  {
    name: 'a blank line with another line end is of the user',
    text: `[a]\n\r\n${DEV}`,
    left: '[a]\n\r\n',
  },
  { name: 'nothing but a blank line above', text: `\n${DEV}`, left: '' },
  {
    name: 'our comment in two parts',
    text: `[a]\n\n${DEV}# mine\n${WROTE} output\noutput = json\n`,
    left: '[a]\n# mine\n',
  },
  {
    name: 'our comment at the end of the section above is about that one',
    profiles: ['dev'],
    text: `[profile b]\noutput = a\n${WROTE} output\n[profile dev]\noutput = json\n`,
    left: `[profile b]\noutput = a\n${WROTE} output\n[profile dev]\noutput = json\n`,
  },
  {
    name: 'no section of that name is a profile',
    profiles: ['dev'],
    text: `[sso-session dev]\n${WROTE} region\nregion = a\n`,
    left: `[sso-session dev]\n${WROTE} region\nregion = a\n`,
  },
  {
    name: 'keys of the kind token-file in a section of the user',
    text: `[profile dev]\n${TOKEN_FILE}cli_pager =\n`,
    left: '[profile dev]\ncli_pager =\n',
  },
  {
    name: 'a credential_process with quotation marks',
    text: `[profile dev]\n${WROTE} credential_process\ncredential_process = "/a b/node" -- x=y\n`,
    left: '[profile dev]\n',
  },
  {
    name: 'a comment of the user that quotes ours',
    text: `[profile dev]\n# it says "${WROTE} region"\nregion = a\n`,
    left: `[profile dev]\n# it says "${WROTE} region"\nregion = a\n`,
  },
  {
    name: 'the section of a quoted name',
    profiles: ['dev'],
    text: `[profile "dev"]\n${WROTE} region\nregion = a\noutput = json\n`,
    left: '[profile "dev"]\noutput = json\n',
  },
]
