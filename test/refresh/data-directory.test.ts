import assert from 'node:assert/strict'
import { test } from 'node:test'
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
  const names = ['a', 'a/b', 'a%2Fb', '..', '.', 'A', 'a+b@c', '%']
  const paths = ['/h/.aws/config', '/h/other/config'].flatMap((config) =>
    names.map((name) => profileFiles(config, name, env).cache),
  )
  assert.equal(new Set(paths).size, paths.length)
  for (const path of paths) {
    assert.match(
      path,
      /^\/h\/\.local\/share\/circleci-aws-oidc\/profiles\/h\/(\.aws|other)\/config\/[^/]+\/credentials\.json$/,
    )
    assert.doesNotMatch(path, /\/\.{1,2}\//)
  }
})
