import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { exportSkip, exportStep, keysToMask } from '../../src/delivery/export.ts'
import { replaceFiles } from '../../src/files/replace.ts'
import type { Export } from '../../src/plans/export.ts'
import type { ProfilePlan } from '../../src/plans/profile-plan.ts'
import type { Profile } from '../../src/profiles/profile.ts'
import { parseRoleArn } from '../../src/role/arn.ts'
import type { PlannedRole } from '../../src/sts/assume-roles.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'

const credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret/key+=',
  sessionToken: 'session//token==',
  expiration: new Date('2026-11-21T12:00:00.123Z'),
}
const arn = 'arn:aws:iam::111111111111:role/ci'
const ROLE = { arn: parseRoleArn(arn).arn, accountId: '111111111111', credentials }
const STATIC: Profile = { kind: 'static', name: 'dev', credentials }
const TOKEN_FILE: Profile = {
  ...{ kind: 'token-file', name: 'dev', roleArn: arn },
  ...{ tokenFile: '/secrets/token', roleSessionName: 'job-42' },
}
const KEYS = {
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret/key+=',
  AWS_SESSION_TOKEN: 'session//token==',
}
const REGIONS = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' }

/** What later steps are told by a file of that kind, which holds this text before. */
async function exported(
  t: TestContext,
  change: Partial<Export>,
  { profile = STATIC, env = {}, text = '' } = {},
) {
  const path = join(temporaryDirectory(t), 'file')
  writeFileSync(path, text)
  const how = { mode: 'profile', profile: 'dev', region: 'eu-west-1', ...change } as const
  const kind = how.kind ?? 'bash-env'
  const { edits, afterwards } = await exportStep({ ...how, kind, path }, profile, ROLE, env)
  const changed = await replaceFiles(edits)
  const before = readFileSync(path, 'utf8')
  await afterwards()
  return { path, before, after: readFileSync(path, 'utf8'), changed }
}

/** The variables of AWS and ours that a step of the job has, whose shell reads the file. */
function step(path: string, env: Record<string, string> = {}) {
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', `. '${path}'; '${process.execPath}' -p 'JSON.stringify(process.env)'`],
    { env, encoding: 'utf8' },
  )
  assert.equal(stderr, '')
  const { AWS_OIDC_EXPORTED, AWS_PAGER, ...found } = JSON.parse(stdout)
  return Object.fromEntries(Object.entries(found).filter(([name]) => name.startsWith('AWS_')))
}

describe('through BASH_ENV', () => {
  const account = { AWS_ACCOUNT_ID: '111111111111' }

  test('the profile, with its region and account', async (t) => {
    const { path, before, after, changed } = await exported(t, {})
    assert.deepEqual([changed, before], [[path], after])
    assert.deepEqual(step(path), { AWS_PROFILE: 'dev', ...REGIONS, ...account })
  })

  test('the keys', async (t) => {
    const { path } = await exported(t, { mode: 'keys', region: undefined })
    assert.deepEqual(step(path), { ...KEYS, ...account })
  })

  test('what the job has in the way of the profile is unset by its kind', async (t) => {
    const env = { AWS_ROLE_ARN: 'old', AWS_WEB_IDENTITY_TOKEN_FILE: '/old', AWS_PROFILE: 'old' }
    for (const [profile, left] of [
      [STATIC, { AWS_ROLE_ARN: 'old' }],
      [TOKEN_FILE, {}],
    ] as const) {
      const { path } = await exported(t, {}, { profile, env })
      assert.deepEqual(step(path, env), { AWS_PROFILE: 'dev', ...REGIONS, ...account, ...left })
    }
  })
})

const lines = (variables: Record<string, string>) =>
  Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

test('through a file of variables, with all else kept', async (t) => {
  const text = 'OTHER=1\nAWS_PROFILE=old\n'
  const { path, changed, before, after } = await exported(t, { kind: 'dotenv' }, { text })
  assert.deepEqual([changed, before], [[path], after])
  assert.equal(after, `OTHER=1\n${lines({ AWS_PROFILE: 'dev', ...REGIONS })}`)
})

describe('through GITHUB_ENV, which is added to when all else is written', () => {
  const kind = 'github-env'
  const text = 'OTHER=1\n'

  test('the profile, and what is emptied for it', async (t) => {
    const env = { AWS_ACCESS_KEY_ID: 'old', AWS_WEB_IDENTITY_TOKEN_FILE: '/old' }
    const { before, after, changed } = await exported(t, { kind }, { env, text })
    assert.deepEqual([changed, before], [[], text])
    const emptied = { AWS_ACCESS_KEY_ID: '', AWS_WEB_IDENTITY_TOKEN_FILE: '' }
    assert.equal(after, text + lines({ AWS_PROFILE: 'dev', ...REGIONS, ...emptied }))
  })

  test('the keys, and the profile that has them where one is chosen', async (t) => {
    const plain = await exported(t, { kind, mode: 'keys' }, { text })
    assert.equal(plain.after, text + lines({ ...KEYS, ...REGIONS }))
    const env = { AWS_PROFILE: 'old' }
    const chosen = await exported(t, { kind, mode: 'keys', region: undefined }, { env, text })
    assert.equal(chosen.after, text + lines({ ...KEYS, AWS_PROFILE: 'dev' }))
  })

  test('an earlier step was skipped: this one is not', async (t) => {
    const env = { AWS_OIDC_SKIPPED: '1' }
    const { after } = await exported(t, { kind, region: undefined }, { env })
    assert.equal(after, lines({ AWS_PROFILE: 'dev', AWS_OIDC_SKIPPED: '' }))
  })

  test('a file that cannot be added to fails before anything is written', async (t) => {
    const path = join(temporaryDirectory(t), 'none', 'file')
    const how = { kind, path, mode: 'profile', profile: 'dev', region: undefined } as const
    await assert.rejects(exportStep(how, STATIC, ROLE, {}), { code: 'file-unwritable' })
  })
})

test('that there was no token, through each of the files', async (t) => {
  const directory = temporaryDirectory(t)
  for (const [kind, before, after] of [
    ['bash-env', 'A=1\n', /^A=1\n# .*\nexport AWS_OIDC_SKIPPED=1\n# .*\n$/],
    ['dotenv', 'AWS_OIDC_SKIPPED=0\nA=1\n', /^A=1\nAWS_OIDC_SKIPPED=1\n$/],
    ['github-env', 'A=1', /^A=1\nAWS_OIDC_SKIPPED=1\n$/],
  ] as const) {
    const path = join(directory, kind)
    writeFileSync(path, before)
    await exportSkip({ kind, path }, {})
    assert.match(readFileSync(path, 'utf8'), after)
  }
  assert.ok(existsSync(join(directory, 'bash-env')))
  assert.deepEqual(step(join(directory, 'bash-env')), { AWS_OIDC_SKIPPED: '1' })
})

test('the keys that a log is told to hide: those that GITHUB_ENV gets', () => {
  const planned = (profile: string, accessKeyId: string): PlannedRole<ProfilePlan> => ({
    plan: { profile } as ProfilePlan,
    role: { ...ROLE, credentials: { ...credentials, accessKeyId } },
  })
  const roles = [planned('other', 'ASIAOTHER'), planned('dev', 'ASIADEV')]
  const chosen = {
    kind: 'github-env',
    path: '/x',
    mode: 'keys',
    profile: 'dev',
    region: undefined,
  } as const
  assert.deepEqual(keysToMask(chosen, roles), ['ASIADEV', 'secret/key+=', 'session//token=='])
  for (const none of [
    undefined,
    { ...chosen, kind: 'bash-env' } as const,
    { ...chosen, mode: 'profile' } as const,
    { ...chosen, profile: 'third' },
  ]) {
    assert.deepEqual(keysToMask(none, roles), [])
  }
})
