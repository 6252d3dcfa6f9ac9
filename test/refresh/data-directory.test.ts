import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { assertProfileName } from '../../src/profiles/profile-name.ts'
import { dataDirectory, profileFiles } from '../../src/refresh/data-directory.ts'

// XDG Base Directory Specification.
test('XDG_DATA_HOME when it is absolute, else below the home', () => {
  assert.equal(dataDirectory({ HOME: '/h' }), '/h/.local/share/circleci-aws-oidc')
  assert.equal(dataDirectory({ HOME: '/h', XDG_DATA_HOME: '/d' }), '/d/circleci-aws-oidc')
  assert.equal(
    dataDirectory({ HOME: '/h', XDG_DATA_HOME: 'd' }),
    '/h/.local/share/circleci-aws-oidc',
  )
})

test('every profile of every config file has files of its own', () => {
  const env = { HOME: '/h' }
  const names = ['a', 'a/b', 'a%2Fb', '..', '.', 'A', 'Prod', 'prod', 'a+b@c', '%', 'É', 'é']
  const paths = ['/h/.aws/config', '/h/other/config'].flatMap((config) =>
    names.map((name) => profileFiles(config, name, env).cache),
  )
  // Where letter case does not count, as on macOS, too.
  assert.equal(new Set(paths.map((path) => path.toLowerCase())).size, paths.length)
  for (const path of paths) {
    assert.match(
      path,
      /^\/h\/\.local\/share\/circleci-aws-oidc\/profiles\/h\/(\.aws|other)\/config\/[^/]+\/credentials\.json$/,
    )
    assert.doesNotMatch(path, /\/\.{1,2}\//)
  }
})

test('the longest name that is taken fits a file name', () => {
  const name = `${'/'.repeat(84)}abc`
  assertProfileName(name)
  assert.equal(basename(dirname(profileFiles('/h/config', name, { HOME: '/h' }).cache)).length, 255)
  assert.throws(() => assertProfileName(`${name}d`), { code: 'invalid-profile-name' })
})

test('a config file has the same files by whatever links it is named, and before it is there', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'links-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'dotfiles'))
  symlinkSync('dotfiles', join(root, 'aws'))
  symlinkSync('aws/config', join(root, 'link'))
  const paths = ['dotfiles/config', 'aws/config', 'link'].map(
    (name) => profileFiles(join(root, name), 'dev', { HOME: '/h' }).recipe,
  )
  assert.equal(new Set(paths).size, 1)
})
