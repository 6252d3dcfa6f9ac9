import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { type GeneratedFile, writeFiles } from '../../../src/trust/generate/files.ts'
import { temporaryDirectory } from '../../profiles/temporary-home.ts'

const OPTIONAL = ['provider.json', 'provider-tags.json', 'permission-policy.json', 'tags.json']
const script = (name: string, ...inputs: readonly string[]): GeneratedFile => {
  return { name, text: inputs.map((one) => `"file://$here/${one}"\n`).join(''), executable: true }
}
const json = (name: string): GeneratedFile => ({ name, text: '{}\n' })
/** All files below a directory. */
const below = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(directory.length + 1))
    .sort()

test('files and their directories, as the umask says; only scripts are executable', async (t) => {
  const directory = join(temporaryDirectory(t), 'a', 'b')
  const mask = process.umask(0o022)
  try {
    const files = [script('set-up.sh'), json('dev/role.json')]
    assert.deepEqual(await writeFiles(directory, files, false), [
      join(directory, 'set-up.sh'),
      join(directory, 'dev/role.json'),
    ])
  } finally {
    process.umask(mask)
  }
  const modes = ['', 'dev', 'set-up.sh', 'dev/role.json'].map((name) =>
    (statSync(join(directory, name)).mode & 0o777).toString(8),
  )
  assert.deepEqual(modes, ['755', '755', '755', '644'])
})

for (const unused of OPTIONAL) {
  test(`what the new script does not use goes with the old one: ${unused}`, async (t) => {
    const directory = temporaryDirectory(t)
    const all = OPTIONAL.map(json)
    const old = [script('dev/set-up.sh', ...OPTIONAL), ...OPTIONAL.map((one) => json(`dev/${one}`))]
    await writeFiles(directory, [...old, ...all], false)
    const used = OPTIONAL.filter((one) => one !== unused)
    const fresh = [script('dev/set-up.sh', ...used), ...used.map((one) => json(`dev/${one}`))]
    await writeFiles(directory, fresh, true)
    const left = [...OPTIONAL, ...used.map((one) => `dev/${one}`), 'dev/set-up.sh']
    assert.deepEqual(below(directory), left.sort())
  })
}

test('files of others stay: those that no script of ours used, and what other scripts use', async (t) => {
  const directory = temporaryDirectory(t)
  await writeFiles(directory, [script('set-up.sh', 'tags.json', 'mine.json')], false)
  for (const name of ['provider.json', 'mine.json', 'other/tags.json']) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), 'mine')
  }
  writeFileSync(join(directory, 'deploy.sh'), '$here/provider.json')
  await writeFiles(directory, [script('set-up.sh')], true)
  const left = ['deploy.sh', 'mine.json', 'other/tags.json', 'provider.json', 'set-up.sh']
  assert.deepEqual(below(directory), left)
})

test('where one of them is there already, none is written', async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'b'), 'mine')
  const written = writeFiles(directory, [json('a'), json('b')], false)
  await assert.rejects(written, { code: 'file-unwritable', message: /b exists already\.$/ })
  assert.equal(existsSync(join(directory, 'a')), false)
  await writeFiles(directory, [json('a'), json('b')], true)
  assert.equal(readFileSync(join(directory, 'b'), 'utf8'), '{}\n')
})
