import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  credentialsOf,
  credentialsSection,
  type Home,
  homeWithSandbox,
  ROLE,
} from './in-process.ts'

const SHOW = ['--', 'sh', '-c', 'env -0 > "$OUT"']

/** The environment of the command, and what exec itself said. */
async function environmentOf(
  home: Home,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
) {
  const OUT = join(home.path, 'env')
  const ran = await home.run(['exec', ...args, ...SHOW], { PATH: process.env['PATH'], ...env, OUT })
  assert.equal(ran.code, 0, ran.error?.message)
  const lines = readFileSync(OUT, 'utf8').split('\0').filter(Boolean)
  const variables = lines.map((line) => /^([^=]*)=(.*)$/s.exec(line)?.slice(1) ?? [])
  return { ...ran, variables: Object.fromEntries(variables) as Record<string, string> }
}

const ofRole = ['--role-arn', ROLE]

/** A home whose profile `dev` has credentials that no one renews. */
async function homeOfUser(t: TestContext) {
  const { home, sandbox, token } = await homeWithSandbox(t)
  const keys = await credentialsOf(sandbox, token)
  home.write('.aws/credentials', credentialsSection('dev', keys))
  home.write('.aws/config', '[profile dev]\nregion = eu-west-1\n')
  return { home, keys }
}

describe('regions: those given win, and each tool has its variable', () => {
  const cases: readonly [
    args: string[],
    env: Record<string, string>,
    sdk?: string,
    cli?: string,
  ][] = [
    [[], {}],
    [['--region', 'eu-west-1'], {}, 'eu-west-1', 'eu-west-1'],
    [
      ['--region', 'eu-west-1'],
      { AWS_REGION: 'x', AWS_DEFAULT_REGION: 'y' },
      'eu-west-1',
      'eu-west-1',
    ],
    [[], { AWS_REGION: 'eu-north-1' }, 'eu-north-1', 'eu-north-1'],
    [[], { AWS_DEFAULT_REGION: 'eu-south-1' }, 'eu-south-1', 'eu-south-1'],
    [
      [],
      { AWS_REGION: 'eu-north-1', AWS_DEFAULT_REGION: 'eu-south-1' },
      'eu-north-1',
      'eu-south-1',
    ],
  ]
  for (const [args, env, sdk, cli] of cases) {
    test(JSON.stringify([args, env]), async (t) => {
      const { home } = await homeWithSandbox(t)
      const { variables } = await environmentOf(home, [...ofRole, ...args], env)
      assert.deepEqual([variables['AWS_REGION'], variables['AWS_DEFAULT_REGION']], [sdk, cli])
    })
  }
})

test('a role: its keys, until when, and whose account; --debug names it', async (t) => {
  const { home } = await homeWithSandbox(t)
  const { variables, debug } = await environmentOf(home, ofRole, { AWS_PROFILE: 'x', KEPT: 'y' })
  assert.equal(variables['AWS_ACCOUNT_ID'], '111111111111')
  assert.match(variables['AWS_ACCESS_KEY_ID'] ?? '', /^ASIA/)
  assert.ok(variables['AWS_SECRET_ACCESS_KEY'] && variables['AWS_SESSION_TOKEN'])
  assert.match(variables['AWS_CREDENTIAL_EXPIRATION'] ?? '', /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/)
  assert.deepEqual([variables['AWS_PROFILE'], variables['KEPT']], [undefined, 'y'])
  assert.match(debug, /assumed-role\/circleci-oidc\/\S+ until \d{4}-\d\d-\d\d [\d:]{8} UTC/)
})

test("the launcher's copy of NODE_OPTIONS is the command's", async (t) => {
  const { home } = await homeWithSandbox(t)
  const kept = { NODE_OPTIONS: '', CIRCLECI_AWS_OIDC_NODE_OPTIONS: '--no-warnings' }
  const { variables } = await environmentOf(home, ofRole, kept)
  assert.equal(variables['NODE_OPTIONS'], '--no-warnings')
  assert.equal(variables['CIRCLECI_AWS_OIDC_NODE_OPTIONS'], undefined)
  const none = await environmentOf(home, ofRole, { CIRCLECI_AWS_OIDC_NODE_OPTIONS: '' })
  assert.equal('NODE_OPTIONS' in none.variables, false)
})

describe('a profile of the shared files', () => {
  test('has its own region, unless one is typed; nothing of its keys is shown', async (t) => {
    const { home, keys } = await homeOfUser(t)
    const args = ['--profile', 'dev']
    const { variables, concealed } = await environmentOf(home, args, { AWS_REGION: 'us-west-2' })
    assert.equal(variables['AWS_SECRET_ACCESS_KEY'], keys.SecretAccessKey)
    assert.equal(variables['AWS_SESSION_TOKEN'], keys.SessionToken)
    assert.equal(variables['AWS_REGION'], 'eu-west-1')
    assert.equal('AWS_ACCOUNT_ID' in variables, false)
    assert.deepEqual(concealed.slice(-2), [keys.SecretAccessKey, keys.SessionToken])
    const typed = await environmentOf(home, [...args, '--region', 'eu-north-1'])
    assert.equal(typed.variables['AWS_REGION'], 'eu-north-1')
    const given = await environmentOf(home, args, { AWS_OIDC_REGION: 'us-east-2' })
    assert.equal(given.variables['AWS_REGION'], 'eu-west-1')
  })

  test('may have keys without a session', async (t) => {
    const { home } = await homeWithSandbox(t)
    home.write(
      '.aws/credentials',
      '[dev]\naws_access_key_id = AKIA1\naws_secret_access_key = wJalr\n',
    )
    const { variables } = await environmentOf(home, ['--profile', 'dev'])
    assert.equal(variables['AWS_ACCESS_KEY_ID'], 'AKIA1')
    assert.equal('AWS_SESSION_TOKEN' in variables, false)
    assert.equal('AWS_CREDENTIAL_EXPIRATION' in variables, false)
  })

  test('typed wins over a role for other commands; a role typed wins over profiles', async (t) => {
    const { home } = await homeOfUser(t)
    const no = { AWS_OIDC_ROLE_ARN: `${ROLE}-not` }
    assert.match(
      (await environmentOf(home, ['--profile', 'dev'], no)).variables['AWS_ACCESS_KEY_ID'] ?? '',
      /^ASIA/,
    )
    const profiles = `[profile other]\nrole_arn = ${ROLE}-not\n`
    for (const env of [{ AWS_OIDC_PROFILES: profiles }, { AWS_OIDC_PROFILE: 'other' }]) {
      const { variables } = await environmentOf(home, ofRole, env)
      assert.equal(variables['AWS_ACCOUNT_ID'], '111111111111')
    }
    const refused = await home.run(['exec', ...ofRole, '--profile', 'dev', '--', 'true'])
    assert.equal(refused.error?.message, '--role-arn and --profile cannot be combined.')
  })
})

describe('a profile of a profiles file', () => {
  const CHAIN = 'arn:aws:iam::222222222222:role/playground'
  async function homeWithFile(t: TestContext, text: string) {
    const { home, sandbox } = await homeWithSandbox(t)
    const file = home.write('profiles.ini', text)
    return { home, sandbox, args: ['--profiles-file', file] }
  }
  const TWO = `[profile base]\nrole_arn = ${ROLE}\n[profile next]\nrole_arn = ${CHAIN}\nsource_profile = base\nregion = eu-west-1\n`

  test('by name, with the roles that lead to it and its region', async (t) => {
    const { home, sandbox, args } = await homeWithFile(t, TWO)
    const { variables } = await environmentOf(home, [...args, '--profile', 'next'])
    assert.deepEqual(
      [variables['AWS_ACCOUNT_ID'], variables['AWS_REGION']],
      ['222222222222', 'eu-west-1'],
    )
    assert.equal(sandbox.requests.length, 2)
    const typed = await environmentOf(home, [...args, '--profile', 'next', '--region', 'us-east-2'])
    assert.equal(typed.variables['AWS_REGION'], 'us-east-2')
  })

  test('the only one, or the default', async (t) => {
    const only = await homeWithFile(t, `[profile only]\nrole_arn = ${ROLE}\n`)
    assert.equal(
      (await environmentOf(only.home, only.args)).variables['AWS_ACCOUNT_ID'],
      '111111111111',
    )
    const several = await homeWithFile(t, `${TWO}[default]\nrole_arn = ${ROLE}\n`)
    const { variables } = await environmentOf(several.home, several.args)
    assert.deepEqual(
      [variables['AWS_ACCOUNT_ID'], variables['AWS_REGION']],
      ['111111111111', undefined],
    )
    const inline = { AWS_OIDC_PROFILES: `[profile only]\nrole_arn = ${ROLE}\n` }
    const env = await environmentOf(only.home, ['--profile', 'only'], inline)
    assert.equal(env.variables['AWS_ACCOUNT_ID'], '111111111111')
  })

  test('that is not there, or that nobody chose', async (t) => {
    const { home, sandbox, args } = await homeWithFile(t, TWO)
    for (const [more, message] of [
      [['--profile', 'nxt'], '--profile is "nxt", but the profiles file has no such profile.'],
      [[], 'The profiles file has several profiles and no "default".'],
    ] as const) {
      const { error } = await home.run(['exec', ...args, ...more, '--', 'true'])
      assert.deepEqual([error?.code, error?.message], ['invalid-usage', message])
      assert.equal(error?.next, 'Choose one with --profile: base, next.')
    }
    assert.equal(sandbox.requests.length, 0)
  })
})

describe('credentials that renew themselves', () => {
  test('come from an endpoint, with no keys beside them', async (t) => {
    const { home } = await homeWithSandbox(t)
    const { variables, notes } = await environmentOf(home, [...ofRole, '--credentials', 'refresh'])
    assert.match(variables['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '', /^http:\/\/127\.0\.0\.1:/)
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) {
      assert.equal(variables[name], undefined)
    }
    assert.equal(notes, '')
  })

  test('are new ones once the first have ended', async (t) => {
    const { home, sandbox } = await homeWithSandbox(t)
    const CIRCLE_OIDC_TOKEN_V2 = await sandbox.mint({ expiresIn: 36_000 })
    const real = Date.now
    const started = join(home.path, 'started')
    // Two hours pass as soon as the command runs; one hour is what credentials live.
    t.mock.method(Date, 'now', () => real() + (existsSync(started) ? 7_200_000 : 0))
    const asking = `require('fs').writeFileSync('${started}', '')
      const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = process.env
      fetch(url, { headers: { authorization: token } }).then(({ status }) => process.exit(status === 200 ? 0 : 9))`
    const command = ['--', process.execPath, '-e', asking]
    const { code, error } = await home.run(
      ['exec', ...ofRole, '--credentials', 'refresh', ...command],
      { CIRCLE_OIDC_TOKEN_V2 },
    )
    assert.deepEqual([code, sandbox.exchanges], [0, 2], error?.message)
  })

  for (const [name, files, hidden] of [
    [
      'a [default] with keys',
      { credentials: '[default]\naws_access_key_id = x\n' },
      ['credentials'],
    ],
    ['one in the config file', { config: '[default]\nrole_arn = x\n' }, ['config']],
    ['by its long name', { config: '[profile default]\ncredential_process = x\n' }, ['config']],
    ['with settings alone', { config: '[default]\nregion = x\n' }, []],
    ['another profile', { credentials: '[dev]\naws_access_key_id = x\n' }, []],
    ['what we cannot read', { config: '[default\n' }, ['config']],
  ] as const) {
    test(`${name}: ${hidden.length > 0 ? 'out of the sight of the command' : 'stays'}`, async (t) => {
      const { home } = await homeWithSandbox(t)
      for (const [file, text] of Object.entries(files)) home.write(`.aws/${file}`, text)
      const { variables, notes } = await environmentOf(home, [
        ...ofRole,
        '--credentials',
        'refresh',
      ])
      for (const [file, variable] of [
        ['config', 'AWS_CONFIG_FILE'],
        ['credentials', 'AWS_SHARED_CREDENTIALS_FILE'],
      ] as const) {
        const isHidden = (hidden as readonly string[]).includes(file)
        assert.equal(variables[variable], isHidden ? devNull : undefined)
        const note = `${join(home.path, '.aws', file)} has credentials in [default]`
        assert.equal(notes.includes(note), isHidden)
        assert.equal(notes.includes(`${variable}=${devNull}`), isHidden)
      }
    })
  }

  test('are none where the profile has keys that nobody renews', async (t) => {
    const { home } = await homeOfUser(t)
    const refresh = ['--credentials', 'refresh', '--', 'true']
    const { error } = await home.run(['exec', '--profile', 'dev', ...refresh])
    assert.match(error?.message ?? '', /^The profile holds keys that cannot be renewed/)
    const stdin = await home.run(['exec', ...ofRole, '--token-source', 'stdin', ...refresh])
    assert.equal(stdin.error?.code, 'invalid-usage')
    assert.match(stdin.error?.message ?? '', /stdin/)
  })
})

test('what cannot be: no command, a kind that is written to files', async (t) => {
  const { home, sandbox } = await homeWithSandbox(t)
  for (const rest of [[], ['--'], ['--', '']]) {
    const { code, error } = await home.run(['exec', ...ofRole, ...rest])
    assert.deepEqual([code, error?.message], [2, 'There is no command to run.'])
  }
  const kind = ['--credentials', 'token-file', '--', 'true']
  const { error } = await home.run(['exec', ...ofRole, ...kind])
  assert.match(error?.message ?? '', /^exec writes no profile, so --credentials token-file/)
  assert.equal(sandbox.requests.length, 0)
})

test("the command's exit code is ours, and no signal is held back afterwards", async (t) => {
  const { home } = await homeWithSandbox(t)
  const listeners = process.listenerCount('SIGTERM')
  const env = { PATH: process.env['PATH'] }
  assert.equal((await home.run(['exec', ...ofRole, '--', 'sh', '-c', 'exit 7'], env)).code, 7)
  const { code, notes } = await home.run(['exec', ...ofRole, '--', 'no-such-program'], env)
  assert.deepEqual([code, notes], [127, 'circleci-aws-oidc: no-such-program: command not found'])
  assert.equal(process.listenerCount('SIGUSR2'), 0)
  assert.ok(process.listenerCount('SIGTERM') <= listeners + 1)
})
