import fc from 'fast-check'
import type { SharedFile } from '../../src/profiles/profile-name.ts'

const indents = fc.constantFrom('', '', '', '', ' ', '  ', '    ', '\t', '\u00a0', '\x1c', '\f')
const keys = fc.constantFrom(
  ...['region', 'Region', 'output', 'role_arn', 'ROLE_ARN', 'source_profile', 'sso_start_url'],
  ...['aws_access_key_id', 'AWS_SECRET_ACCESS_KEY', 'aws_session_token', 'credential_process'],
  ...['s3', 'foo', 'x y', 'ca_bundle', 'é', '[odd'],
)
const delimiters = fc.constantFrom('=', ' = ', ' = ', ' = ', ':', ' : ', '\t=\t', '= ')
const values = fc.constantFrom(
  ...[
    '',
    '',
    'plain',
    'a=b',
    'a # not a comment',
    '"quoted"',
    '[x]',
    '%(x)s',
    'üñ',
    '; odd',
    'a:b',
  ],
)
const comments = fc.constantFrom('# note', '; [x]', '  # region = no', '#', '\t; role_arn = no')
const blanks = fc.constantFrom('', '', '  ', '\t')

const setting = fc
  .tuple(indents, keys, delimiters, values)
  .map(([indent, key, delimiter, value]) => `${indent}${key}${delimiter}${value}`)
const nested = fc
  .tuple(fc.constantFrom('s3 =', '  api =', 'services='), fc.array(setting, { maxLength: 3 }))
  .map(([head, lines]) => [head, ...lines.map((line) => `    ${line}`)].join('\n'))
const continuation = fc.constantFrom(
  '  more',
  '    [x]',
  '  [profile dev]',
  '  region = deep',
  ' [dev]',
)

const configHeaders = [
  ...['[default]', '[profile default]', '[profile dev]', '[profile "dev"]', '[profile  dev]'],
  ...[
    "[profile 'dev']",
    '[profile\tdev]',
    '[profilex dev]',
    '[profile prod]',
    '[dev]',
    '[DEFAULT]',
  ],
  ...['[services x]', '[sso-session dev]', '  [profile dev]', '[profile a b]', '[profile "dev]'],
  ...[
    '[ profile dev ]',
    '[profile.dev]',
    '[x=y]',
    '[a]b]',
    '[profile dev] # why',
    '[profile dev] x',
  ],
  ...['[profile de\\v]', '\x1c[profile prod]'],
]
const credentialHeaders = [
  ...['[default]', '[dev]', '[ dev ]', '[dev ]', '["dev"]', '[profile dev]', '[DEV]', '[prod]'],
  ...['  [dev]', '[DEFAULT]', '[dev]]', '[dev] ; why', '[dev] x', '[a b]', '[x=y]'],
]

const body = fc.oneof(
  { weight: 6, arbitrary: setting },
  { weight: 2, arbitrary: nested },
  { weight: 1, arbitrary: continuation },
  { weight: 2, arbitrary: comments },
  { weight: 2, arbitrary: blanks },
)

/** What botocore, or the SDK for JavaScript, gives the whole file up for. */
const fatalLine = fc.constantFrom(
  ...['s3 =\n    what', 's3 =\n  a = b\n\n  what', 'x:\n  a=b\f c', 'region = x\nRegion = y'],
  ...['what', '= x', '  [__proto__]'],
)
const fatalHeaders = [
  '[__proto__]',
  '[profile __proto__]',
  '[constructor]',
  '[toString]',
  '[DEFAULT]',
]

/**
 * Files full of what people and tools have been seen to write; many of them botocore refuses. Those that
 * are `fatal` have sections twice, too, and what else makes a reader give the whole file up.
 */
export function hostileFile(file: SharedFile, kind?: 'fatal'): fc.Arbitrary<string> {
  const usual = file === 'config' ? configHeaders : credentialHeaders
  const headers = fc.constantFrom(...usual, ...(kind ? fatalHeaders : []))
  const lines = kind ? fc.oneof({ weight: 15, arbitrary: body }, fatalLine) : body
  const section = fc
    .tuple(headers, fc.array(lines, { maxLength: 6 }))
    .map(([header, rest]) => [header, ...rest])
  const twice = kind ? fc.integer({ min: 0, max: 7 }) : fc.constant(1)
  return fc
    .tuple(
      fc.array(fc.oneof(comments, blanks), { maxLength: 2 }),
      fc.uniqueArray(section, { maxLength: 4, selector: ([header]) => header }),
      fc.constantFrom('\n', '\n', '\n', '\n', '\r\n', '\r\n', '\r\r\n', '\r'),
      fc.boolean(),
      twice,
    )
    .map(([preamble, sections, end, ended, again]) => {
      const repeated = again === 0 ? sections.slice(0, 1) : []
      const text = [...preamble, ...sections.flat(), ...repeated.flat()]
        .join('\n')
        .replaceAll('\n', end)
      return ended && text !== '' ? text + end : text
    })
}
