import fc from 'fast-check'
import { ROLE } from './parse-profiles.ts'

const POLICY = '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'

const names = ['a', 'b', 'c', 'default', 'x.y', 'me@z']
const name = fc.constantFrom(...names)
const blanks = fc.constantFrom('', '', '', '', ' ', '  ', '\t', '\x1c', '\u00a0', '\f', '\ufeff')
const delimiter = fc.constantFrom(' = ', ' = ', '=', '= ', '\t=\t', ' : ', ':', ' ')
/** Each key with values that are good, then such as are refused or read differently. */
const settings: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['role_arn', [ROLE], [`${ROLE} # x`, `"${ROLE}"`, '', 'NAME', '$ROLE']],
  ['source_profile', ['base', 'c'], names],
  ['role_session_name', ['me', 'a=b'], ['a b', 'a;b', 'a ;b', '${X:-me}']],
  ['duration_seconds', ['900', '3600', '01800'], ['7200', '0x400', '900 ']],
  ['region', ['eu-west-1'], ['cn-north-1', 'here']],
  ['output', ['json', 'text'], ['JSON', 'text ; x']],
  ['external_id', ['a:b', '007', 'true'], ['#a', 'x#y', 'é']],
  ['policy', [POLICY, POLICY.replace('{', '{\n ')], ['{', POLICY.replace(': {', ':\n  {'), '[x]']],
  ['session_tags', ['a=b', 'a=b,\n  c=d'], ['a=b, A=c', 'a=b,\n  region=d', 'x']],
  ['s3', ['', '\n  a = b', '\n  region = x'], ['\n  a', '\n  a = b\x1cc', 'x']],
  ['cli_pager', ['', 'less'], []],
  ['transitive_tag_keys', [], ['a', 'z']],
  ['source_identity', ['me'], ['a/b']],
  ['credentials', ['static', 'refresh'], ['token-file', 'keys']],
  ['audience', ['aud', 'x y'], ['x # y']],
  ['Region', [], ['eu-west-1']],
  ...['sso_session', 'mfa_serial', 'regoin', '__proto__', 'constructor'].map(
    (key): [string, string[], string[]] => [key, [], ['x']],
  ),
]
const goodSetting = fc
  .constantFrom(...settings.filter(([, good]) => good.length > 0))
  .chain(([key, good]) => fc.constantFrom(...good).map((value) => `${key} = ${value}`))
const badSetting = fc
  .constantFrom(...settings.filter(([, , bad]) => bad.length > 0))
  .chain(([key, , bad]) => fc.constantFrom(...bad).map((value) => `${key} = ${value}`))
const oddSetting = fc
  .tuple(blanks, fc.constantFrom(...settings), delimiter, blanks)
  .map(([indent, [key, [value = 'x']], equals, end]) => `${indent}${key}${equals}${value}${end}`)
const comment = fc.constantFrom('# note', '; [x]', '', '  # region = no', '  ')
const oddLine = fc.constantFrom(
  '  more',
  '  region = deep',
  '  [profile b]',
  'x',
  '[',
  '\0',
  ' = x',
)
const line = fc.oneof(
  { weight: 20, arbitrary: goodSetting },
  { weight: 3, arbitrary: comment },
  { weight: 2, arbitrary: oddSetting },
  { weight: 2, arbitrary: badSetting },
  { weight: 1, arbitrary: oddLine },
)
const header = fc.oneof(
  { weight: 16, arbitrary: name.map((one) => `[profile ${one}]`) },
  { weight: 1, arbitrary: name.map((one) => `[profile "${one}"] # x`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['[default]', '[services x]', '[sso-session x]', '[dev]', '[DEFAULT]', '[profile  a]'],
      ...['[ default ]', '[profile a] x', "[profile 'a']", '[profilex a]', '  [profile a]'],
    ),
  },
)
const section = fc
  .tuple(
    header,
    fc.constantFrom(true, true, true, true, true, false),
    fc.uniqueArray(line, { maxLength: 3, selector: (one) => one.split('=')[0] }),
  )
  .map(([head, hasRole, lines]) => {
    const body = lines.filter((one) => !hasRole || !one.startsWith('role_arn'))
    return [head, ...(hasRole ? [`role_arn = ${ROLE}`] : []), ...body]
  })

/** Files as people write them, with now and then something that tools read differently. */
export const randomFile: fc.Arbitrary<string> = fc
  .tuple(
    fc.uniqueArray(section, { maxLength: 3, selector: ([head]) => head }),
    fc.constantFrom('\n', '\n', '\n', '\n', '\r\n', '\r\n', '\r\n', '\r'),
    fc.constantFrom('', '', '', '', '', '', '', '', '\n', '\n', '\ufeff', 'x = y\n'),
  )
  .map(([sections, end, start]) => start + sections.flat().join('\n').replaceAll('\n', end))

/** Anything at all, with what has a meaning in such files over-represented. */
export const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[',
        ']',
        '=',
        ':',
        '#',
        '\n',
        '\r',
        ' ',
        '"',
        '\\',
        '$',
        '{',
        '}',
        'profile ',
      ),
      fc.constantFrom('role_arn', 'default', '[profile a]\n', '\0', '\ufeff', '\u2028', '\x85'),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''))
