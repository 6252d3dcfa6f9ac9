import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Profile } from '../../src/profiles/profile.ts'
import { removeOurs } from '../../src/profiles/removal.ts'
import { STATIC_KEYS } from '../../src/profiles/static-keys.ts'
import { writeProfiles } from '../files/write-files.ts'
import { readWithSdk } from './javascript-sdk.ts'
import { temporaryDirectory } from './temporary-home.ts'

const credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'se/cr+et=',
  sessionToken: 'IQoJ//+==',
  expiration: new Date('2026-11-21T12:00:00.789Z'),
}
const KEYS = `aws_access_key_id = ASIAEXAMPLE
aws_secret_access_key = se/cr+et=
aws_session_token = IQoJ//+==
`
const MARKER = '# circleci-aws-oidc: wrote'
const EXPIRE = 'credentials expire 2026-11-21T12:00:00Z'

const at = (directory: string) => ({
  config: join(directory, 'config'),
  credentials: join(directory, 'credentials'),
})
const read = (path: string) => readFileSync(path, 'utf8')

test('keys go to the credentials file, region and output to the config file', async (t) => {
  const files = at(temporaryDirectory(t))
  const profile = {
    kind: 'static',
    name: 'dev',
    credentials,
    region: 'eu-west-1',
    output: 'json',
  } as const
  assert.deepEqual(await writeProfiles([profile], files), [files.config, files.credentials])
  assert.equal(
    read(files.config),
    `[profile dev]\n${MARKER} this section, region, output\nregion = eu-west-1\noutput = json\n`,
  )
  assert.equal(
    read(files.credentials),
    `[dev]\n${MARKER} this section, aws_access_key_id, aws_secret_access_key, aws_session_token; ${EXPIRE}\n${KEYS}`,
  )
  assert.deepEqual(await writeProfiles([profile], files), [])
})

// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html and feature-assume-role-credentials.html
for (const { name, profile, keys, section } of [
  {
    name: 'a command that renews the credentials',
    profile: { kind: 'refresh', name: 'default', credentialProcess: '"/a b/renew" -- dev' },
    keys: 'credential_process, output',
    section: 'credential_process = "/a b/renew" -- dev\n',
  },
  {
    name: 'a token for the SDK to exchange',
    profile: {
      kind: 'token-file',
      name: 'default',
      roleArn: 'arn:aws:iam::111111111111:role/x',
      tokenFile: '/t/token',
      roleSessionName: 'circleci-7',
    },
    keys: 'role_arn, web_identity_token_file, role_session_name, output',
    section: `role_arn = arn:aws:iam::111111111111:role/x
web_identity_token_file = /t/token
role_session_name = circleci-7
`,
  },
] as const) {
  test(`${name}: all of it in the config file, and no keys left in the other`, async (t) => {
    const files = at(temporaryDirectory(t))
    writeFileSync(files.credentials, `[default]\n${KEYS}region = us-east-1\n`)
    await writeProfiles([{ ...profile, output: 'text' }], files)
    assert.equal(
      read(files.config),
      `[default]\n${MARKER} this section, ${keys}\n${section}output = text\n`,
    )
    assert.equal(read(files.credentials), '[default]\nregion = us-east-1\n')
  })
}

test('without region and output there is no config file', async (t) => {
  const files = at(temporaryDirectory(t))
  assert.deepEqual(await writeProfiles([{ kind: 'static', name: 'dev', credentials }], files), [
    files.credentials,
  ])
  assert.equal(existsSync(files.config), false)
})

test('every other kind of credentials leaves the profile, in both files', async (t) => {
  const files = at(temporaryDirectory(t))
  const other = [
    ...[
      'role_arn = arn:aws:iam::1:role/r',
      'source_profile = base',
      'credential_source = Environment',
    ],
    ...[
      'web_identity_token_file = /t',
      'credential_process = cmd',
      'sso_session = s',
      'sso_region = r',
    ],
    ...['sso_account_id = 1', 'sso_role_name = n', 'sso_start_url = u', 'login_session = l'],
    ...['external_id = e', 'role_session_name = s', 'duration_seconds = 900', 'mfa_serial = m'],
    ...['aws_security_token = old', 'aws_account_id = 1'],
  ].join('\n')
  writeFileSync(
    files.config,
    `[default]\n${other}\naws_access_key_id = A\nregion = mine\n[profile b]\n${other}\n`,
  )
  writeFileSync(files.credentials, `[b]\n${other}\n[default]\n${other}\n`)
  await writeProfiles([{ kind: 'static', name: 'default', credentials }], files)
  assert.equal(read(files.config), `[default]\nregion = mine\n[profile b]\n${other}\n`)
  assert.equal(
    read(files.credentials),
    `[b]\n${other}\n[default]\n${MARKER} aws_access_key_id, aws_secret_access_key, aws_session_token; ${EXPIRE}\n${KEYS}`,
  )
})

test('config and credentials in one file', async (t) => {
  const both = join(temporaryDirectory(t), 'both')
  const files = { config: both, credentials: both }
  const profile = { kind: 'static', name: 'default', credentials, region: 'eu-west-1' } as const
  assert.deepEqual(await writeProfiles([profile], files), [both])
  const text = read(both)
  assert.deepEqual((await readWithSdk('credentials', text))['default'], {
    aws_access_key_id: 'ASIAEXAMPLE',
    aws_secret_access_key: 'se/cr+et=',
    aws_session_token: 'IQoJ//+==',
    region: 'eu-west-1',
  })
  assert.deepEqual(await writeProfiles([profile], files), [])
})

test('config and credentials in one file: another profile than default has a section for each', async (t) => {
  const both = join(temporaryDirectory(t), 'both')
  const files = { config: both, credentials: both }
  await writeProfiles([{ kind: 'static', name: 'dev', credentials, region: 'eu-west-1' }], files)
  const text = read(both)
  assert.deepEqual((await readWithSdk('config', text))['dev'], { region: 'eu-west-1' })
  const { region, ...keys } = (await readWithSdk('credentials', text))['dev'] ?? {}
  assert.equal(region, undefined)
  assert.deepEqual(Object.keys(keys), STATIC_KEYS)
})

for (const region of [
  '',
  'eu west 1',
  'EU-WEST-1',
  'eu-west-1a',
  'eu-west-1\n',
  'Ireland',
  'eu_west_1',
]) {
  test(`the region ${JSON.stringify(region)} is refused before anything is written`, async (t) => {
    const files = at(temporaryDirectory(t))
    await assert.rejects(
      writeProfiles([{ kind: 'static', name: 'dev', credentials, region }], files),
      {
        code: 'invalid-region',
      },
    )
    assert.equal(existsSync(files.credentials), false)
  })
}

for (const region of [
  'us-east-1',
  'us-gov-west-1',
  'cn-north-1',
  'eusc-de-east-1',
  'us-iso-east-1',
  'ap-southeast-7',
]) {
  test(`the region ${region} is written`, async (t) => {
    const files = at(temporaryDirectory(t))
    await writeProfiles([{ kind: 'static', name: 'dev', credentials, region }], files)
    assert.match(read(files.config), new RegExp(`\nregion = ${region}\n$`))
  })
}

const ONE_FILE_KINDS: Profile[] = [
  { kind: 'static', name: 'default', credentials, region: 'eu-west-1' },
  { kind: 'refresh', name: 'default', credentialProcess: 'renew', region: 'eu-west-1' },
  {
    kind: 'token-file',
    name: 'default',
    roleArn: 'arn:aws:iam::111111111111:role/x',
    tokenFile: '/t',
    roleSessionName: 'me',
    region: 'eu-west-1',
  },
]
for (const profile of ONE_FILE_KINDS) {
  test(`both files in one: ${profile.kind}, also after each other kind`, async (t) => {
    const alone = join(temporaryDirectory(t), 'aws')
    await writeProfiles([profile], { config: alone, credentials: alone })
    const path = join(temporaryDirectory(t), 'aws')
    for (const one of [...ONE_FILE_KINDS, profile]) {
      await writeProfiles([one], { config: path, credentials: path })
    }
    const settings = (text: string) =>
      text
        .split('\n')
        .filter((line) => line.includes(' = '))
        .sort()
    assert.deepEqual(settings(read(path)), settings(read(alone)))
    assert.match(read(path), /^region = eu-west-1$/m)
    assert.equal(await removeOurs(read(path), 'config', undefined, path), '')
  })
}

test('a region in the credentials file, which SDKs prefer, goes when another is given', async (t) => {
  const files = at(temporaryDirectory(t))
  writeFileSync(files.credentials, '[dev]\nregion = us-west-2\noutput = text\n')
  const dev = { kind: 'static', name: 'dev', credentials } as const
  await writeProfiles([dev], files)
  assert.match(read(files.credentials), /^region = us-west-2$/m)
  await writeProfiles([{ ...dev, region: 'eu-west-1' }], files)
  assert.doesNotMatch(read(files.credentials), /region/)
  assert.match(read(files.credentials), /^output = text$/m)
})
