import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { filesIn, profileDirectory, profilesDirectory } from '../../src/refresh/data-directory.ts'
import { writeBashEnv, writeProfiles } from '../files/write-files.ts'
import { Home } from './in-process.ts'

/** Writes profiles of ours, as assume-role does. */
async function writeOurs(home: Home, ...names: string[]): Promise<void> {
  const credentials = {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    sessionToken: 'token==',
    expiration: new Date('2026-11-21T12:00:00Z'),
  }
  const at = (name: string) => join(home.path, '.aws', name)
  await writeProfiles(
    names.map((name) => ({ kind: 'static', name, region: 'eu-west-1', credentials })),
    { config: at('config'), credentials: at('credentials') },
  )
}

const left = (home: Home) =>
  fs
    .readdirSync(home.path, { recursive: true, encoding: 'utf8' })
    .filter((name) => !fs.statSync(join(home.path, name)).isDirectory())
    .sort()

/** As assume-role keeps it, for the config file of this home. */
function keep(home: Home, ...names: string[]): string {
  const parent = profilesDirectory(join(home.path, '.aws/config'), home.env)
  for (const name of names) {
    const directory = profileDirectory(parent, name)
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    for (const file of Object.values(filesIn(directory))) {
      fs.writeFileSync(file, 'secret', { mode: 0o600 })
    }
  }
  return parent
}

const exported = (profile: string) =>
  ({ mode: 'profile', credentials: 'static', profile, accountId: '111111111111' }) as const

test('text: what changed and what is gone, with labels in bold', async (t) => {
  const home = new Home(t)
  await writeOurs(home, 'dev')
  const config = home.write('.aws/config', `[mine]\n${home.read('.aws/config')}`)
  const { code, out, painted } = await home.run(['cleanup'])
  const credentials = join(home.path, '.aws', 'credentials')
  assert.deepEqual([code, out], [0, `Changed  ${config}\nRemoved  ${credentials}`])
  assert.deepEqual(painted, [
    ['stdout', 'bold', 'Changed  '],
    ['stdout', 'bold', 'Removed  '],
  ])
  assert.deepEqual(left(home), ['.aws/config'])
  assert.equal((await home.run(['cleanup'])).out, 'There is nothing to clean up.')
})

test('a file that was empty before stays; one that we made goes', async (t) => {
  const home = new Home(t)
  home.write('.aws/config', '')
  const { out } = await home.run(['cleanup', '--format', 'json'])
  assert.deepEqual(JSON.parse(out), { changed: [], removed: [] })
  assert.deepEqual(left(home), ['.aws/config'])
  home.write('.aws/credentials', '')
  await writeOurs(home, 'dev')
  const again = await home.run(['cleanup', '--format', 'json'])
  assert.equal(JSON.parse(again.out).removed.length, 2)
  assert.deepEqual(left(home), [])
})

test('the credentials file is secret afterwards, the config file keeps its mode', async (t) => {
  const home = new Home(t)
  await writeOurs(home, 'dev')
  for (const name of ['.aws/config', '.aws/credentials']) {
    home.write(name, `[mine]\n${home.read(name)}`)
    fs.chmodSync(join(home.path, name), 0o644)
  }
  await home.run(['cleanup'])
  const mode = (name: string) => fs.statSync(join(home.path, '.aws', name)).mode & 0o777
  assert.deepEqual([mode('config'), mode('credentials')], [0o644, 0o600])
})

describe('--profile with a name that nothing was written for', () => {
  test('is refused with the nearest, and with all that there are', async (t) => {
    const home = new Home(t)
    await writeOurs(home, 'staging', 'production')
    const before = home.read('.aws/credentials')
    const { code, error } = await home.run(['cleanup', '--profile', 'stagin'])
    assert.deepEqual([code, error?.code], [2, 'invalid-usage'])
    assert.equal(
      error?.message,
      'Nothing was written for a profile "stagin", only for: staging, production.',
    )
    assert.equal(error?.likely, '"staging" was meant.')
    const other = await home.run(['cleanup', '--profile', 'staging,quite-different'])
    assert.match(other.error?.message ?? '', /"quite-different"/)
    assert.equal(other.error?.likely, undefined)
    assert.equal(home.read('.aws/credentials'), before)
  })

  test('is fine where nothing of ours is left at all', async (t) => {
    const home = new Home(t)
    home.write('.aws/config', '[profile mine]\nregion = eu-west-1\n')
    const { code, out } = await home.run(['cleanup', '--profile', 'other'])
    assert.deepEqual([code, out], [0, 'There is nothing to clean up.'])
  })

  test('is fine for a profile of the user, for exports, and for files that we keep', async (t) => {
    const home = new Home(t)
    await writeOurs(home, 'dev')
    home.write('.aws/config', `${home.read('.aws/config')}[profile mine]\n`)
    const BASH_ENV = join(home.path, 'bash_env')
    await writeBashEnv(BASH_ENV, exported('exported'), {})
    keep(home, 'kept')
    const done = async (profile: string, env = {}) =>
      (await home.run(['cleanup', '--profile', profile], env)).code
    assert.equal(await done('mine'), 0)
    assert.equal(await done('exported'), 2)
    assert.equal(await done('exported', { BASH_ENV }), 0)
    assert.equal(fs.readFileSync(BASH_ENV, 'utf8'), '')
    assert.equal(await done('kept'), 0)
    assert.equal(await done('kept'), 2, 'it is gone')
  })

  for (const list of [' ', ',', 'a b,[c']) {
    test(`${JSON.stringify(list)} is no list of names`, async (t) => {
      const { error } = await new Home(t).run(['cleanup', '--profile', list])
      assert.equal(error?.code, list === ' ' ? 'invalid-usage' : 'invalid-profile-name')
    })
  }
})

test('exports go byte by byte, whatever encoding the rest has; those of another profile stay', async (t) => {
  const home = new Home(t)
  const theirs = Buffer.from('export NAME=caf\xe9\n', 'latin1')
  const BASH_ENV = home.write('bash_env', theirs)
  await writeBashEnv(BASH_ENV, exported('dev'), {})
  const both = fs.readFileSync(BASH_ENV)
  await home.run(['cleanup', '--profile', 'other'], { BASH_ENV })
  assert.deepEqual(fs.readFileSync(BASH_ENV), both)
  const { out } = await home.run(['cleanup'], { BASH_ENV })
  assert.deepEqual(fs.readFileSync(BASH_ENV), theirs)
  assert.equal(out, `Changed  ${BASH_ENV}`)
  assert.equal((await home.run(['cleanup'], { BASH_ENV: '' })).code, 0)
})

test('files that AWS tools cannot read are no concern without anything of ours', async (t) => {
  const home = new Home(t)
  const odd = Buffer.from('[x\ncaf\xe9\n', 'latin1')
  home.write('.aws/credentials', odd)
  assert.equal((await home.run(['cleanup', '--profile', 'dev'])).code, 0)
  assert.deepEqual(fs.readFileSync(join(home.path, '.aws/credentials')), odd)
  await writeOurs(new Home(t), 'dev')
})

test('a link stays, also where what it leads to is empty then', async (t) => {
  const home = new Home(t)
  const real = home.write('dotfiles/config', '')
  fs.mkdirSync(join(home.path, '.aws'))
  fs.symlinkSync(real, join(home.path, '.aws/config'))
  await writeOurs(home, 'dev')
  const { out } = await home.run(['cleanup', '--format', 'json'])
  assert.deepEqual(JSON.parse(out).changed, [join(home.path, '.aws/config')])
  assert.deepEqual(left(home), ['.aws/config', 'dotfiles/config'])
  assert.equal(home.read('dotfiles/config'), '')
})

test('where a part of a path is a file, nothing was written there', async (t) => {
  const home = new Home(t)
  const file = home.write('file', '')
  await writeOurs(home, 'dev')
  const env = { AWS_CONFIG_FILE: join(file, 'config'), BASH_ENV: join(file, 'bash_env') }
  const { code, out } = await home.run(['cleanup', '--format', 'json'], env)
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(out).removed, [join(home.path, '.aws/credentials')])
})

describe('what we keep for profiles', () => {
  test('goes with all of them, or with the one that is named', async (t) => {
    const home = new Home(t)
    const parent = keep(home, 'a', 'b')
    fs.writeFileSync(join(parent, 'no-directory'), '')
    fs.writeFileSync(join(parent, 'b', 'mine'), '')
    const { out } = await home.run(['cleanup', '--profile', 'a', '--format', 'json'])
    assert.equal(JSON.parse(out).removed.length, 4)
    assert.deepEqual(fs.readdirSync(parent).sort(), ['b', 'no-directory'])
    await home.run(['cleanup'])
    assert.deepEqual(
      left(home),
      [join(parent, 'b/mine'), join(parent, 'no-directory')].map((path) =>
        path.slice(home.path.length + 1),
      ),
    )
  })

  test('that cannot be listed is an error', {
    skip: process.platform !== 'linux' && 'its name is too long on Linux',
  }, async (t) => {
    const home = new Home(t)
    const parent = keep(home)
    fs.mkdirSync(join(parent, '..'), { recursive: true })
    fs.writeFileSync(parent, 'a file')
    const { error } = await home.run(['cleanup'])
    assert.equal(error?.code, 'file-unreadable')
    assert.match(error?.message ?? '', /a part of its path is not a directory|not a directory/)
  })
})
