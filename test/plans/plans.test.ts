import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { COMMANDS } from '../../src/command-table.ts'
import type { Context } from '../../src/context.ts'
import { startDeadline } from '../../src/deadline.ts'
import { resolveOptions } from '../../src/option-values.ts'
import { checkEarlierSources } from '../../src/plans/earlier-sources.ts'
import { sharedProfileNames } from '../../src/plans/parse.ts'
import { planWriting, readPlan, readProfiles, readRolePlan } from '../../src/plans/plans.ts'
import { chainTo, type Renewing } from '../../src/plans/sources.ts'

const home = mkdtempSync(join(tmpdir(), 'plans-'))
after(() => rmSync(home, { recursive: true }))
const ROLE = 'arn:aws:iam::111111111111:role/deploy'
const OTHER = 'arn:aws:iam::222222222222:role/deploy'

function write(name: string, text: string): string {
  const path = join(home, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

/** What `assume-role` is told, by flags and variables. */
function given(flags: Record<string, string>, variables: Record<string, string> = {}) {
  const env = { HOME: home, ...variables }
  const notes: string[] = []
  const deadline = startDeadline(60)
  deadline.clear()
  const terminal = { note: (text: string) => void notes.push(text) } as Context['terminal']
  const options = resolveOptions(COMMANDS['assume-role'].options, flags, env)
  return [options, { env, deadline, terminal }, notes] as const
}

async function profiles(...what: Parameters<typeof given>) {
  const [options, context] = given(...what)
  return readProfiles(options, context)
}

describe('one role, by options', () => {
  test('with nothing but the role', async () => {
    const [plan, ...more] = await profiles({ 'role-arn': ROLE }, { CIRCLE_BUILD_NUM: '7' })
    assert.equal(more.length, 0)
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), {
      profile: 'default',
      role: { arn: ROLE, partition: 'aws', accountId: '111111111111', path: '/', name: 'deploy' },
      source: { kind: 'token' },
      roleSessionName: 'circleci-7',
      durationSeconds: 3600,
      policyArns: [],
      sessionTags: [],
      transitiveTagKeys: [],
      credentials: 'static',
      endpoint: JSON.parse(JSON.stringify(plan?.endpoint)),
      allowedAccountIds: [],
    })
    assert.equal(plan?.endpoint.region, 'us-east-1')
  })

  test('with more', async () => {
    const flags = {
      'role-arn': '$TARGET',
      profile: 'dev',
      region: 'eu-west-1',
      output: 'json',
      'duration-seconds': '900',
      'role-session-name': 'job-42',
      'policy-arns': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
      'allowed-account-ids': '111111111111',
      credentials: 'refresh',
    }
    const [plan] = await profiles(flags, { TARGET: ROLE })
    assert.deepEqual(
      [plan?.profile, plan?.region, plan?.output, plan?.credentials, plan?.durationSeconds],
      ['dev', 'eu-west-1', 'json', 'refresh', 900],
    )
    assert.deepEqual(
      [plan?.roleSessionName, plan?.policyArns, plan?.role.arn, plan?.allowedAccountIds],
      ['job-42', [flags['policy-arns']], ROLE, ['111111111111']],
    )
    assert.equal(plan?.endpoint.region, 'eu-west-1')
  })

  const REFUSED: readonly (readonly [
    name: string,
    flags: Record<string, string>,
    variables: Record<string, string>,
    error: object,
  ])[] = [
    [
      'no role',
      {},
      {},
      {
        code: 'invalid-usage',
        message: 'The role ARN is missing: neither --role-arn nor AWS_OIDC_ROLE_ARN is given.',
        likely: undefined,
      },
    ],
    [
      'no role, but a variable that was meant for it',
      {},
      { AWS_OIDC_ROLE_ANR: ROLE },
      { likely: 'AWS_OIDC_ROLE_ANR is ignored: you probably mean AWS_OIDC_ROLE_ARN.' },
    ],
    [
      'no role, and a variable meant for something else',
      {},
      { AWS_OIDC_REGON: 'x' },
      { likely: undefined },
    ],
    [
      'another account',
      { 'role-arn': ROLE, 'allowed-account-ids': '222222222222' },
      {},
      {
        code: 'account-not-allowed',
        why: `The role ${ROLE} belongs to it; --allowed-account-ids allows only 222222222222.`,
      },
    ],
    [
      'another account, by a variable',
      { 'role-arn': ROLE },
      { AWS_OIDC_ALLOWED_ACCOUNT_IDS: '222222222222' },
      {
        why: `The role ${ROLE} belongs to it; AWS_OIDC_ALLOWED_ACCOUNT_IDS allows only 222222222222.`,
      },
    ],
    [
      'a role of a variable',
      { 'role-arn': '${TARGET}' },
      { TARGET: 'deploy' },
      { message: 'The role ARN (from TARGET, 6 characters, not shown) is not valid.' },
    ],
    [
      'a role of the variable of the option',
      {},
      { AWS_OIDC_ROLE_ARN: 'arn:deploy' },
      { message: 'The role ARN "arn:deploy" (from AWS_OIDC_ROLE_ARN) is not valid.' },
    ],
    [
      'a role of the flag',
      { 'role-arn': 'arn:deploy' },
      {},
      { message: 'The role ARN "arn:deploy" is not valid.' },
    ],
    [
      'both ways',
      { 'role-arn': ROLE, 'profiles-file': 'x' },
      { AWS_OIDC_PROFILES: '[default]' },
      {
        code: 'invalid-usage',
        message: 'role-arn and profiles-file and AWS_OIDC_PROFILES cannot be combined.',
      },
    ],
    [
      'what SDKs would leave out',
      { 'role-arn': ROLE, credentials: 'token-file', 'duration-seconds': '900' },
      {},
      {
        code: 'invalid-usage',
        message:
          'With --credentials token-file the AWS SDK assumes the role itself, without the duration given.',
      },
    ],
    [
      'a token that can not be read again',
      { 'role-arn': ROLE, credentials: 'refresh', 'token-source': 'stdin' },
      {},
      {
        code: 'invalid-usage',
        message: 'Credentials cannot be renewed with a token from stdin.',
        why: 'The command that renews them runs later, without that input.',
      },
    ],
  ]
  for (const [name, flags, variables, error] of REFUSED) {
    test(`refused: ${name}`, () => assert.rejects(profiles(flags, variables), error))
  }

  test('taken: stdin and token-file, each where it does no harm', async () => {
    const [once] = await profiles({ 'role-arn': ROLE, 'token-source': 'stdin' })
    assert.equal(once?.credentials, 'static')
    const [file] = await profiles({ 'role-arn': ROLE, credentials: 'token-file' })
    assert.equal(file?.credentials, 'token-file')
  })

  test('a session name of a variable is made valid, with a note; a literal is refused', async () => {
    const [options, context, notes] = given(
      { 'role-arn': ROLE, 'role-session-name': 'feature/login' },
      { CIRCLE_BRANCH: 'feature/login' },
    )
    const plan = await readRolePlan(options, context)
    assert.equal(plan.roleSessionName, 'feature-login')
    assert.equal(notes.length, 1)
    await assert.rejects(profiles({ 'role-arn': ROLE, 'role-session-name': 'feature/login' }), {
      code: 'invalid-role-session-name',
    })
  })
})

describe('a profiles file', () => {
  const TWO = `[default]\nrole_arn = ${ROLE}\nregion = eu-west-1\n[profile other]\nrole_arn = ${OTHER}\nsource_profile = default\n`

  test('its profiles, with the options as defaults', async () => {
    const flags = { 'profiles-file': write('two.ini', TWO), region: 'eu-central-1', output: 'json' }
    const plans = await profiles({ ...flags, credentials: 'refresh' })
    assert.deepEqual(
      plans.map(({ profile, region, output, credentials, endpoint }) => [
        ...[profile, region, output, credentials, endpoint.region],
      ]),
      [
        ['default', 'eu-west-1', 'json', 'refresh', 'eu-west-1'],
        ['other', 'eu-central-1', 'json', 'refresh', 'eu-central-1'],
      ],
    )
  })

  test('from a variable', async () => {
    const plans = await profiles({}, { AWS_OIDC_PROFILES: TWO })
    assert.deepEqual(
      plans.map(({ profile }) => profile),
      ['default', 'other'],
    )
  })

  test('one of its accounts is not allowed', async () => {
    const flags = { 'allowed-account-ids': '111111111111' }
    await assert.rejects(profiles(flags, { AWS_OIDC_PROFILES: TWO }), {
      code: 'account-not-allowed',
      why: 'The role of "other" belongs to it; --allowed-account-ids allows only 111111111111.',
    })
  })

  test('a source that does not last, in the file and from an earlier step', async () => {
    const refresh = `${TWO}credentials = refresh\n`
    await assert.rejects(profiles({}, { AWS_OIDC_PROFILES: refresh }), {
      message: 'The profile "other" renews itself, but its source "default" does not.',
    })
    const AWS_SHARED_CREDENTIALS_FILE = write(
      'earlier',
      '[base]\n# circleci-aws-oidc: wrote this section; credentials expire 2026-11-21T23:00:00Z\naws_access_key_id = x\n',
    )
    const chained = `[profile dev]\nrole_arn = ${ROLE}\nsource_profile = base\n`
    const variables = { AWS_SHARED_CREDENTIALS_FILE, AWS_OIDC_PROFILES: chained }
    const [dev] = await profiles({}, variables)
    assert.deepEqual(dev?.source, { kind: 'shared-profile', name: 'base' })
    await assert.rejects(profiles({ credentials: 'refresh' }, variables), {
      message:
        /^The profile "dev" renews itself, but its source "base", .* expire at 2026-11-21T23:00:00Z\.$/,
    })
  })

  test('the shared files themselves are refused, by whatever name', async () => {
    const path = write('shared-config', TWO)
    symlinkSync(path, join(home, 'link'))
    for (const name of [path, join(home, 'link')]) {
      await assert.rejects(profiles({ 'profiles-file': name }, { AWS_CONFIG_FILE: path }), {
        code: 'invalid-usage',
        message: `The profiles file ${name} is the shared file that the profiles would be written to.`,
        why: 'Writing them would replace each role_arn in it with credentials.',
      })
    }
    await assert.rejects(profiles({ 'profiles-file': join(home, 'nowhere') }), {
      code: 'file-unreadable',
      message: /^The profiles file .*nowhere can't be read/,
    })
  })
})

test('how profiles are written', async () => {
  const [options, context] = given(
    { 'role-arn': ROLE, profile: 'dev', 'max-attempts': '3', 'timeout-seconds': '20' },
    { BASH_ENV: '/tmp/bash-env' },
  )
  const plan = await readPlan(options, context)
  assert.deepEqual(plan.locations, {
    config: join(home, '.aws', 'config'),
    credentials: join(home, '.aws', 'credentials'),
  })
  assert.equal(plan.ownKeys, 'refused')
  assert.equal(plan.export?.profile, 'dev')
  assert.equal(plan.notExported, undefined)
  assert.deepEqual([plan.renewal.maxAttempts, plan.renewal.timeoutSeconds], [3, 20])
  assert.equal(plan.renewal.token['token-source'], 'auto')
  assert.ok('token-file' in plan.renewal.token && !('role-arn' in plan.renewal.token))
  const replaced = planWriting(plan.profiles, { ...options, overwrite: true }, context)
  assert.equal(replaced.ownKeys, 'replaced')
  const bad = plan.profiles.map((one) => ({ ...one, profile: 'a\nb' }))
  assert.throws(() => planWriting(bad, { ...options, profile: undefined }, context), {
    code: 'invalid-profile-name',
  })
})

// Config files have [profile NAME], credentials files [NAME]: AWS SDKs and Tools Reference, "Shared config files".
test('the profiles that the shared files have', async () => {
  const directory = join(home, 'names')
  mkdirSync(directory)
  const AWS_CONFIG_FILE = write(
    'names/config',
    '[default]\n[profile a]\n[services x]\n[sso-session y]\n',
  )
  const AWS_SHARED_CREDENTIALS_FILE = write(
    'names/credentials',
    '[a]\n[b]\naws_access_key_id = x\n',
  )
  const env = { HOME: home, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE }
  assert.deepEqual([...(await sharedProfileNames(env))].sort(), ['a', 'b', 'default'])
  assert.deepEqual(
    [...(await sharedProfileNames({ ...env, AWS_CONFIG_FILE: join(directory, 'none') }))].sort(),
    ['a', 'b'],
  )
  await assert.rejects(sharedProfileNames({ ...env, AWS_CONFIG_FILE: directory }), {
    code: 'file-unreadable',
  })
  await assert.rejects(sharedProfileNames({ ...env, AWS_CONFIG_FILE: write('broken', 'x\n') }), {
    code: 'file-malformed',
  })
})

test('the profiles that lead to one, sources first', () => {
  const plan = (profile: string, source?: string) => ({
    profile,
    source: source ? ({ kind: 'profile', name: source } as const) : ({ kind: 'token' } as const),
  })
  const all = [plan('a'), plan('x'), plan('b', 'a'), plan('c', 'b'), plan('d', 'a')]
  const names = (profile: string) => chainTo(profile, all).map((one) => one.profile)
  assert.deepEqual(names('c'), ['a', 'b', 'c'])
  assert.deepEqual(names('x'), ['x'])
  assert.deepEqual(names('none'), [])
})

describe('sources from an earlier step', () => {
  const shared = (name: string): Renewing['source'] => ({ kind: 'shared-profile', name })
  const refreshing = (profile: string, source: Renewing['source']): Renewing => ({
    ...{ profile, source, credentials: 'refresh' },
  })
  const env = () => {
    const AWS_CONFIG_FILE = write(
      'config',
      '[profile through]\nsource_profile = ended\n[profile round]\nsource_profile = about\n[profile about]\nsource_profile = round\n[profile back]\nsource_profile = dev\n[profile mine]\nregion = eu-west-1\n',
    )
    const ENDED = '2026-11-21T23:00:00.000Z'
    const AWS_SHARED_CREDENTIALS_FILE = write(
      'credentials',
      `[mine]\naws_access_key_id = x\n[ended]\n${MARK(ENDED)}aws_access_key_id = x\n`,
    )
    return { HOME: home, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE }
  }
  const MARK = (end: string) =>
    `# circleci-aws-oidc: wrote this section; credentials expire ${end}\n`

  test('keys of the user last; a circle without the profile is not its own', async () => {
    for (const name of ['mine', 'round', 'nowhere']) {
      await checkEarlierSources([refreshing('dev', shared(name))], env())
    }
    await checkEarlierSources(
      [{ ...refreshing('dev', shared('back')), credentials: 'static' }],
      env(),
    )
  })

  test('keys of ours end, and so does what starts from them', async () => {
    for (const name of ['ended', 'through']) {
      await assert.rejects(checkEarlierSources([refreshing('dev', shared(name))], env()), {
        code: 'invalid-profiles-file',
        message:
          'The profile "dev" renews itself, but its source "ended", which an earlier step wrote, has keys that expire at 2026-11-21T23:00:00.000Z.',
      })
    }
    // What this step writes itself takes the place of what stands there.
    const ended = refreshing('ended', { kind: 'token' })
    const dev = refreshing('dev', { kind: 'profile', name: 'ended' })
    await checkEarlierSources([ended, dev], env())
  })

  test('a circle through the shared files', async () => {
    await assert.rejects(checkEarlierSources([refreshing('dev', shared('back'))], env()), {
      code: 'invalid-profiles-file',
      message: 'The profile "dev" renews itself with its own credentials: dev → back → dev.',
      why: 'A profile that renews itself needs a source that stays valid.',
    })
    const inner = refreshing('inner', shared('back'))
    const dev = refreshing('dev', { kind: 'profile', name: 'inner' })
    await assert.rejects(checkEarlierSources([inner, dev], env()), {
      message: /dev → inner → back → dev\.$/,
    })
  })
})
