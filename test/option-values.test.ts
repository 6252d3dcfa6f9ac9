import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { OidcError } from '../src/errors.ts'
import {
  expandVariables,
  inlineProfiles,
  isFromVariable,
  misspeltVariables,
  resolveOptions,
  settingName,
} from '../src/option-values.ts'
import type { OptionName } from '../src/options.ts'

/** The value of one option, by what stands on the command line and in the environment. */
function resolved(name: OptionName, flag: unknown, env: Record<string, string> = {}): unknown {
  return resolveOptions([name], { [name]: flag }, env)[name]
}

describe('flag, then environment, then default', () => {
  const cases: [name: OptionName, flag: unknown, env: Record<string, string>, value: unknown][] = [
    ['profile', 'dev', { AWS_OIDC_PROFILE: 'prod' }, 'dev'],
    ['profile', undefined, { AWS_OIDC_PROFILE: 'prod' }, 'prod'],
    ['export', undefined, {}, 'profile'],
    ['export', undefined, { AWS_OIDC_EXPORT: '' }, 'profile'],
    ['export', undefined, { AWS_OIDC_EXPORT: ' ' }, 'profile'],
    ['profile', undefined, { AWS_OIDC_PROFILE: ' dev\n' }, 'dev'],
    ['profile', undefined, { AWS_OIDC_PROFILE: '$NAME', NAME: 'dev' }, 'dev'],
    ['export', undefined, { AWS_OIDC_EXPORT: '${NAME:-}' }, 'profile'],
    ['profile', undefined, { AWS_OIDC_PROFILE: '${NAME:-dev}' }, 'dev'],
    // A shell has expanded what it wanted to on the command line.
    ['profile', '$NAME', { NAME: 'dev' }, '$NAME'],
    ['region', undefined, {}, undefined],
    ['role-session-name', undefined, { AWS_OIDC_ROLE_SESSION_NAME: 'job' }, 'job'],
    ['duration-seconds', '900', { AWS_OIDC_DURATION_SECONDS: '1800' }, 900],
    ['duration-seconds', undefined, { AWS_OIDC_DURATION_SECONDS: '1800' }, 1800],
    ['duration-seconds', undefined, { AWS_OIDC_DURATION_SECONDS: '$D', D: '1800\n' }, 1800],
    ['duration-seconds', undefined, {}, 3600],
    ['format', undefined, { AWS_OIDC_FORMAT: 'json' }, 'json'],
    ['format', undefined, {}, 'text'],
    ['debug', true, { AWS_OIDC_DEBUG: 'false' }, true],
    ['debug', undefined, { AWS_OIDC_DEBUG: 'true' }, true],
    ['debug', undefined, { AWS_OIDC_DEBUG: '1' }, true],
    ['debug', undefined, { AWS_OIDC_DEBUG: '0' }, false],
    ['debug', undefined, { AWS_OIDC_DEBUG: 'false' }, false],
    ['debug', undefined, { AWS_OIDC_DEBUG: '' }, false],
    ['debug', undefined, {}, false],
  ]
  for (const [name, flag, env, value] of cases) {
    test(`--${name} ${flag} ${JSON.stringify(env)}: ${JSON.stringify(value)}`, () => {
      assert.equal(resolved(name, flag, env), value)
    })
  }
})

describe('a parameter of the orb: between flag and variable, unless it is the default', () => {
  const ROLES = { AWS_OIDC_ROLE_ARN: 'arn', AWS_OIDC_PROFILES_FILE: 'file' }
  const cases: [name: OptionName, env: Record<string, string>, value: unknown][] = [
    ['region', { AWS_OIDC_ORB_REGION: 'a', AWS_OIDC_REGION: 'b' }, 'a'],
    ['region', { AWS_OIDC_ORB_REGION: '', AWS_OIDC_REGION: 'b' }, 'b'],
    ['region', { AWS_OIDC_ORB_REGION: '$AWS_OIDC_REGION', AWS_OIDC_REGION: 'b' }, 'b'],
    ['region', { AWS_OIDC_ORB_REGION: '${AWS_OIDC_REGION:-c}' }, 'c'],
    ['profile', { AWS_OIDC_ORB_PROFILE: 'undefined' }, 'undefined'],
    ['profile', { AWS_OIDC_ORB_COMMAND: 'cleanup', AWS_OIDC_PROFILE: 'a' }, undefined],
    ['export', { AWS_OIDC_ORB_EXPORT: 'keys', AWS_OIDC_EXPORT: 'none' }, 'keys'],
    ['export', { AWS_OIDC_ORB_EXPORT: 'profile', AWS_OIDC_EXPORT: 'none' }, 'none'],
    ['export', { AWS_OIDC_ORB_EXPORT: 'profile' }, 'profile'],
    ['duration-seconds', { AWS_OIDC_ORB_DURATION_SECONDS: '900' }, 900],
    [
      'duration-seconds',
      { AWS_OIDC_ORB_DURATION_SECONDS: '3600', AWS_OIDC_DURATION_SECONDS: '7200' },
      7200,
    ],
    ['debug', { AWS_OIDC_ORB_DEBUG: '0', AWS_OIDC_DEBUG: '1' }, true],
    ['debug', { AWS_OIDC_ORB_DEBUG: '1', AWS_OIDC_DEBUG: '0' }, true],
    ['allowed-account-ids', { AWS_OIDC_ALLOWED_ACCOUNT_IDS: '1 2' }, ['1', '2']],
    // A step that names its roles is not to get another one from the job.
    ['role-arn', ROLES, 'arn'],
    ['role-arn', { ...ROLES, AWS_OIDC_ORB_ROLE_ARN: '${NONE:-}' }, 'arn'],
    ['role-arn', { ...ROLES, AWS_OIDC_ORB_PROFILES: '[default]' }, undefined],
    ['profiles-file', { ...ROLES, AWS_OIDC_ORB_ROLE_ARN: 'mine' }, undefined],
    ['role-arn', { ...ROLES, AWS_OIDC_ORB_ROLE_ARN: 'AWS_OIDC_ROLE_ARN' }, 'AWS_OIDC_ROLE_ARN'],
  ]
  for (const [name, env, value] of cases) {
    test(`${name} ${JSON.stringify(env)}: ${JSON.stringify(value)}`, () => {
      assert.deepEqual(resolved(name, undefined, env), value)
    })
  }

  test('errors name the parameter', () => {
    assert.throws(() => resolved('format', undefined, { AWS_OIDC_ORB_FORMAT: 'xml' }), {
      message: /^The orb's parameter format is "xml", but it must be one of/,
    })
    assert.throws(() => resolved('region', undefined, { AWS_OIDC_ORB_REGION: '$NOWHERE' }), {
      message: /^The orb's parameter region refers to the environment variable NOWHERE,/,
    })
  })
})

describe('lists: commas, blanks, line ends and repeated flags', () => {
  const cases: [flag: unknown, env: Record<string, string>, list: string[]][] = [
    [undefined, {}, []],
    ['a', {}, ['a']],
    ['a,b', {}, ['a', 'b']],
    [['a', 'b,c'], {}, ['a', 'b', 'c']],
    [' a , b,,\n c ', {}, ['a', 'b', 'c']],
    [undefined, { AWS_OIDC_POLICY_ARNS: 'a b\nc' }, ['a', 'b', 'c']],
    [undefined, { AWS_OIDC_POLICY_ARNS: '$BOTH,c', BOTH: 'a,b' }, ['a', 'b', 'c']],
    [undefined, { AWS_OIDC_POLICY_ARNS: '' }, []],
    ['a', { AWS_OIDC_POLICY_ARNS: 'b' }, ['a']],
  ]
  for (const [flag, env, list] of cases) {
    test(`${JSON.stringify(flag)} ${JSON.stringify(env)}: ${JSON.stringify(list)}`, () => {
      assert.deepEqual(resolved('policy-arns', flag, env), list)
    })
  }

  test('an account id keeps its leading zero', () => {
    assert.deepEqual(resolved('allowed-account-ids', '012345678901'), ['012345678901'])
  })
})

describe('limits', () => {
  const limits: [name: OptionName, minimum: number, maximum: number, code: string][] = [
    ['duration-seconds', 900, 43200, 'invalid-duration'],
    ['timeout-seconds', 1, 3600, 'invalid-usage'],
    ['max-attempts', 1, 50, 'invalid-usage'],
    ['port', 0, 65535, 'invalid-usage'],
  ]
  for (const [name, minimum, maximum, code] of limits) {
    test(`--${name}: ${minimum} to ${maximum}`, () => {
      assert.equal(resolved(name, String(minimum)), minimum)
      assert.equal(resolved(name, String(maximum)), maximum)
      const wrong = [minimum - 1, maximum + 1, '1h', '1000.5', '1e3', '0x400', 'NaN']
      for (const text of wrong.map(String)) {
        assert.throws(() => resolved(name, text), {
          code,
          exitCode: 2,
          message: `--${name} is "${text}", but it must be a whole number from ${minimum} to ${maximum}.`,
        })
      }
    })
  }

  test('a value of the environment is named by its variable', () => {
    assert.throws(
      () => resolved('duration-seconds', undefined, { AWS_OIDC_DURATION_SECONDS: '5' }),
      {
        code: 'invalid-duration',
        message:
          'AWS_OIDC_DURATION_SECONDS is "5", but it must be a whole number from 900 to 43200.',
        next: 'Give seconds within these limits, and no more than the maximum session duration of the role.',
      },
    )
  })
})

describe('refused', () => {
  const cases: [name: OptionName, flag: unknown, env: Record<string, string>, message: string][] = [
    ['profile', '', {}, '--profile has no value: it is empty.'],
    ['profile', ' ', { AWS_OIDC_PROFILE: 'dev' }, '--profile has no value: it is empty.'],
    ['policy-arns', '', {}, '--policy-arns has no value: it is empty.'],
    ['profile', ['a', 'b'], {}, '--profile is given 2 times, but it takes one value.'],
    ['format', 'yaml', {}, '--format is "yaml", but it must be one of: text, json.'],
    [
      'format',
      undefined,
      { AWS_OIDC_FORMAT: 'JSON' },
      'AWS_OIDC_FORMAT is "JSON", but it must be one of: text, json.',
    ],
    [
      'debug',
      undefined,
      { AWS_OIDC_DEBUG: 'yes' },
      'AWS_OIDC_DEBUG is "yes", but it must be one of: true, false, 1, 0.',
    ],
  ]
  for (const [name, flag, env, message] of cases) {
    test(message, () => {
      assert.throws(() => resolved(name, flag, env), {
        code: 'invalid-usage',
        exitCode: 2,
        message,
      })
    })
  }

  test('an unset variable, named with the one that refers to it', () => {
    assert.throws(() => resolved('role-arn', undefined, { AWS_OIDC_ROLE_ARN: '$ROLE' }), {
      code: 'unset-variable',
      message:
        'AWS_OIDC_ROLE_ARN refers to the environment variable ROLE, which is unset or empty.',
    })
  })
})

const ENV = { NAME: 'value', OTHER_1: 'two', DOLLAR: '$NAME', EMPTY: '', _x: 'low' }

const CASES: [text: string, expanded: string][] = [
  ['', ''],
  ['plain', 'plain'],
  ['$NAME', 'value'],
  ['${NAME}', 'value'],
  ['a-$NAME-b', 'a-value-b'],
  ['$NAME$OTHER_1', 'valuetwo'],
  ['${NAME}x', 'valuex'],
  ['$_x', 'low'],
  ['arn:aws:iam::$OTHER_1:role/${NAME}', 'arn:aws:iam::two:role/value'],
  // What a value holds is not expanded again.
  ['$DOLLAR', '$NAME'],
  ['${MISSING:-default}', 'default'],
  ['${EMPTY:-default}', 'default'],
  ['${NAME:-default}', 'value'],
  ['${MISSING:-}', ''],
  ['${MISSING:-a:-b}', 'a:-b'],
  // As in a shell, the default may refer to variables.
  ['${MISSING:-$NAME}', 'value'],
  ['${MISSING:-${NAME}-x}', 'value-x'],
  ['${MISSING:-${EMPTY:-$OTHER_1}}', 'two'],
  // Not references: they stay.
  ['$', '$'],
  ['$$', '$$'],
  ['5$', '5$'],
  ['$1', '$1'],
  ['${}', '${}'],
  ['${NAME', '${NAME'],
  ['${1}', '${1}'],
  ['$(id)', '$(id)'],
  ['`id`', '`id`'],
  // IAM policy variables.
  ['arn:aws:s3:::b/${aws:username}', 'arn:aws:s3:::b/${aws:username}'],
  ['${aws:PrincipalTag/team}', '${aws:PrincipalTag/team}'],
  ['${*}', '${*}'],
]

for (const [text, expanded] of CASES) {
  test(`${JSON.stringify(text)}: ${JSON.stringify(expanded)}`, () => {
    assert.equal(expandVariables(text, ENV, 'AWS_OIDC_ROLE_ARN'), expanded)
  })
}

for (const [text, name] of [
  ['$MISSING', 'MISSING'],
  ['a ${MISSING} b', 'MISSING'],
  ['$EMPTY', 'EMPTY'],
  ['${EMPTY}', 'EMPTY'],
  ['$NAMEX', 'NAMEX'],
  ['$NAME $FIRST $SECOND', 'FIRST'],
  ['$toString', 'toString'],
  ['$__proto__', '__proto__'],
] as const) {
  test(`${text}: ${name} is named as unset`, () => {
    assert.throws(() => expandVariables(text, ENV, 'AWS_OIDC_ROLE_ARN'), {
      code: 'unset-variable',
      exitCode: 2,
      message: `AWS_OIDC_ROLE_ARN refers to the environment variable ${name}, which is unset or empty.`,
      next: `Set ${name} in a context, the project settings or an earlier step, or give the value itself.`,
    })
  })
}

const variableName = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
const literal = fc.string({ unit: 'binary' }).filter((text) => !text.includes('$'))

test('text around references stays, and each reference becomes its value', () => {
  const piece = fc.tuple(variableName, fc.string({ minLength: 1, unit: 'binary' }), literal)
  fc.assert(
    fc.property(literal, fc.uniqueArray(piece, { selector: ([name]) => name }), (head, pieces) => {
      const env = Object.fromEntries(pieces)
      const text = head + pieces.map(([name, , tail]) => `\${${name}}${tail}`).join('')
      const expected = head + pieces.map(([, value, tail]) => `${value}${tail}`).join('')
      assert.equal(expandVariables(text, env, 'X'), expected)
    }),
  )
})

describe('variables that nothing reads', () => {
  const cases: [name: string, meant: string | undefined][] = [
    ['AWS_OIDC_ROLE_ARM', 'AWS_OIDC_ROLE_ARN'],
    ['AWS_OIDC_PROFILESS', 'AWS_OIDC_PROFILES'],
    ['AWS_OIDC_SESSION', undefined],
    ['AWS_OIDC_ROLE_ARN', undefined],
    ['AWS_OIDC_PROFILES', undefined],
    // What later steps get, and what the orb's scripts read: https://circleci.com/developer/orbs
    ['AWS_OIDC_EXPORTED', undefined],
    ['AWS_OIDC_SKIPPED', undefined],
    ['AWS_OIDC_NODE_MIRROR', undefined],
    ['AWS_OIDC_SKIP_X', undefined],
    ['AWS_OIDC_HELPER_X', undefined],
    ['AWS_OIDC_ORB_ROLE_ARM', undefined],
    ['MY_AWS_OIDC_ROLE_ARM', undefined],
  ]
  for (const [name, meant] of cases) {
    test(`${name}: ${meant}`, () => {
      const found = meant === undefined ? [] : [{ name, meant }]
      assert.deepEqual(misspeltVariables({ [name]: 'x' }), found)
      assert.deepEqual(misspeltVariables({ [name]: '' }), [])
    })
  }
})

describe('what gave an option its value', () => {
  const fits = (text: string) => text === 'a'
  const cases: [env: Record<string, string>, name: string][] = [
    [{}, '--region'],
    [{ AWS_OIDC_REGION: 'a' }, 'AWS_OIDC_REGION'],
    [{ AWS_OIDC_REGION: 'b' }, '--region'],
    [{ AWS_OIDC_REGION: '' }, '--region'],
    [{ AWS_OIDC_ORB_REGION: 'a', AWS_OIDC_REGION: 'a' }, "the orb's parameter region"],
    [{ AWS_OIDC_ORB_REGION: 'b', AWS_OIDC_REGION: 'a' }, 'AWS_OIDC_REGION'],
  ]
  for (const [env, name] of cases) {
    test(`${JSON.stringify(env)}: ${name}`, () =>
      assert.equal(settingName('region', fits, env), name))
  }

  test('what is empty fits nothing', () => {
    assert.equal(
      settingName('region', () => true, { AWS_OIDC_REGION: '' }),
      '--region',
    )
  })
})

describe('whether the text of an option comes from a variable', () => {
  const cases: [env: Record<string, string>, isFromVariable: boolean][] = [
    [{}, false],
    [{ AWS_OIDC_ORB_ROLE_SESSION_NAME: 'a' }, false],
    [{ AWS_OIDC_ORB_ROLE_SESSION_NAME: ' a ' }, false],
    [{ AWS_OIDC_ORB_ROLE_SESSION_NAME: '$B', B: 'a' }, true],
    [{ AWS_OIDC_ORB_ROLE_SESSION_NAME: ' ', AWS_OIDC_ROLE_SESSION_NAME: 'a' }, true],
    [{ AWS_OIDC_ROLE_SESSION_NAME: 'x-$B', B: 'b' }, true],
    [{ AWS_OIDC_ROLE_SESSION_NAME: 'b' }, false],
    // The shell expanded it.
    [{ BRANCH: 'a\n' }, true],
    [{ BRANCH: 'ab' }, false],
  ]
  for (const [env, expected] of cases) {
    test(`${JSON.stringify(env)}: ${expected}`, () => {
      assert.equal(isFromVariable('role-session-name', 'a', env), expected)
    })
  }
})

describe('a profiles file in a variable', () => {
  const ORB = { text: '[a]', source: "the orb's parameter profiles" }
  const JOB = { text: '[b]', source: 'AWS_OIDC_PROFILES' }
  const cases: [env: Record<string, string>, found: object | undefined][] = [
    [{}, undefined],
    [{ AWS_OIDC_ORB_PROFILES: '[a]', AWS_OIDC_PROFILES: '[b]' }, ORB],
    [{ AWS_OIDC_ORB_PROFILES: ' \n', AWS_OIDC_PROFILES: '[b]' }, JOB],
    [{ AWS_OIDC_PROFILES: ' ' }, undefined],
    // The step names its role itself.
    [{ AWS_OIDC_PROFILES: '[b]', AWS_OIDC_ORB_ROLE_ARN: 'arn' }, undefined],
    [{ AWS_OIDC_PROFILES: '[b]', AWS_OIDC_ORB_PROFILES_FILE: 'file' }, undefined],
    [{ AWS_OIDC_PROFILES: '[b]', AWS_OIDC_ORB_ROLE_ARN: '${NONE:-}' }, JOB],
  ]
  for (const [env, found] of cases) {
    test(JSON.stringify(env), () => assert.deepEqual(inlineProfiles(env), found))
  }
})

test('what is wrong is reported, and the defaults stand', () => {
  const wrong: OidcError[] = []
  const flags = { 'duration-seconds': 'x', region: '', 'policy-arns': '', debug: true }
  const names = ['duration-seconds', 'region', 'policy-arns', 'debug', 'overwrite'] as const
  const values = resolveOptions(names, flags, { AWS_OIDC_OVERWRITE: 'x' }, (one) => wrong.push(one))
  assert.deepEqual(values, {
    ...{ 'duration-seconds': 3600, region: undefined, 'policy-arns': [] },
    ...{ debug: true, overwrite: false },
  })
  assert.deepEqual(
    wrong.map(({ code }) => code),
    ['invalid-duration', 'invalid-usage', 'invalid-usage', 'invalid-usage'],
  )
})

test('what an error says to do', () => {
  const next = (name: OptionName, flag: unknown) => {
    try {
      return resolved(name, flag)
    } catch (error) {
      return (error as OidcError).next
    }
  }
  assert.equal(next('format', 'x'), 'Choose one of them.')
  assert.equal(next('port', 'x'), 'Give a number within these limits.')
  assert.equal(next('profile', ['a', 'b']), 'Give --profile once.')
  assert.equal(
    next('profile', ''),
    'Give it a value or leave it out. If you passed a variable, that is empty.',
  )
})
