import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkEnvironment } from '../../src/doctor/environment.ts'
import type { SharedFileFacts } from '../../src/doctor/files.ts'
import type { FINDINGS } from '../../src/doctor/findings.ts'

/** A file with one section; undefined for one that can't be read. */
function sharedFile(file: 'config' | 'credentials', name: string | undefined): SharedFileFacts {
  const sections = [{ name: name ?? '', header: 0, after: 1, options: [] }]
  const content = name === undefined ? undefined : { lines: [], sections }
  const facts = { file, path: file, exists: true, mode: 0o600, ownedByOther: false }
  return { ...facts, content, error: undefined }
}

const CONFIG = sharedFile('config', 'profile dev')
const READ = [CONFIG, sharedFile('credentials', 'ci')]
const UNREADABLE = [CONFIG, sharedFile('credentials', undefined)]
const DEFAULT = { given: undefined, written: ['default'] }
const NO_ROLE = { given: undefined, written: [] }

type Case = [
  name: string,
  env: Record<string, string>,
  found?: `${keyof typeof FINDINGS} ${string}` | undefined,
  inUse?: { given: string | undefined; written: readonly string[] },
  files?: readonly SharedFileFacts[],
]

const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' }

const CASES: readonly Case[] = [
  ['no variable', {}],
  ['keys', KEYS, 'static-keys AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY'],
  ['an id alone', { AWS_ACCESS_KEY_ID: 'AKID' }, 'static-keys AWS_ACCESS_KEY_ID'],
  ['a key without its id', { AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' }],
  ['empty keys', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: 'secret' }],
  [
    'a token file and its role',
    { AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_ARN: 'arn' },
    'web-identity-variables AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN',
  ],
  ['a token file alone', { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }],
  ['a role alone', { AWS_ROLE_ARN: 'arn' }],
  ['the profile that is written', { AWS_PROFILE: 'default', AWS_DEFAULT_PROFILE: 'default' }],
  ['a profile of nobody', { AWS_PROFILE: 'none' }, 'profile-missing AWS_PROFILE is "none"'],
  [
    'a profile of the config file',
    { AWS_PROFILE: 'dev' },
    'profile-variable AWS_PROFILE is "dev", not "default"',
  ],
  [
    'a profile of the credentials file',
    { AWS_DEFAULT_PROFILE: 'ci' },
    'profile-variable AWS_DEFAULT_PROFILE is "ci", not "default"',
  ],
  [
    'a profile, beside two that are written',
    { AWS_PROFILE: 'dev' },
    'profile-variable AWS_PROFILE is "dev", not "a" or "b"',
    { given: undefined, written: ['a', 'b'] },
  ],
  [
    'one of two that are written',
    { AWS_PROFILE: 'b' },
    undefined,
    { given: undefined, written: ['a', 'b'] },
  ],
  [
    'another than --profile',
    { AWS_PROFILE: 'b' },
    'profile-variable AWS_PROFILE is "b", not "a"',
    { given: 'a', written: ['a', 'b'] },
  ],
  ['a profile that is there, without a role', { AWS_PROFILE: 'dev' }, undefined, NO_ROLE],
  [
    'a profile of nobody, without a role',
    { AWS_PROFILE: 'none' },
    'profile-missing AWS_PROFILE is "none"',
    NO_ROLE,
  ],
  [
    '--profile of nobody',
    {},
    'profile-missing --profile is "none"',
    { given: 'none', written: ['default'] },
  ],
  ['--profile that is written', {}, undefined, { given: 'new', written: ['new'] }],
  ['--profile that is there', {}, undefined, { given: 'ci', written: [] }],
  [
    'a profile that may be in a file that cannot be read',
    { AWS_PROFILE: 'none' },
    'profile-variable AWS_PROFILE is "none", not "default"',
    DEFAULT,
    UNREADABLE,
  ],
  ['a profile, where no file was looked at', { AWS_PROFILE: 'none' }, undefined, NO_ROLE, []],
  [
    'one region',
    { AWS_REGION: 'eu-west-1' },
    'region-variables AWS_REGION is "eu-west-1", AWS_DEFAULT_REGION is not set',
  ],
  [
    'the other region, beside an empty one',
    { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' },
    'region-variables AWS_REGION is not set, AWS_DEFAULT_REGION is "eu-west-1"',
  ],
  [
    'two regions',
    { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' },
    'region-variables AWS_REGION is "eu-west-1", AWS_DEFAULT_REGION is "eu-west-2"',
  ],
  ['one region twice', { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' }],
  ['an empty region', { AWS_REGION: '' }],
  [
    'a variable that is spelt wrongly',
    { AWS_OIDC_ROLE_ARM: 'arn' },
    'misspelt-variable AWS_OIDC_ROLE_ARM; you probably mean AWS_OIDC_ROLE_ARN',
  ],
]

describe('variables that make AWS tools use something else', () => {
  for (const [name, env, found, inUse = DEFAULT, files = READ] of CASES) {
    test(name, () => {
      const findings = checkEnvironment(env, inUse, files)
      const shown = findings.map(
        ({ id, level, what }) => `${id} ${level === 'ok' ? what : what.replace(/^.*?: |\.$/g, '')}`,
      )
      assert.deepEqual(shown, [found ?? 'environment No variable overrides the profile'])
    })
  }

  test('all that is wrong is told', () => {
    const env = { ...KEYS, AWS_PROFILE: 'none', AWS_DEFAULT_PROFILE: 'ci', AWS_REGION: 'eu-west-1' }
    const ids = checkEnvironment(env, DEFAULT, READ).map(({ id }) => id)
    assert.deepEqual(ids, [
      'static-keys',
      'profile-missing',
      'profile-variable',
      'region-variables',
    ])
  })
})
