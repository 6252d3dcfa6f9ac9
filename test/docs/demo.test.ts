import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

test('npm run demo assumes a role and prints the caller identity', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
  // Without the build, which would replace what other tests are running.
  const [build, demo = ''] = String(scripts.demo).split(' && ')
  assert.equal(build, 'npm run --silent build')
  const { status, stdout, stderr } = spawnSync('sh', ['-c', demo], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^Profile +dev in ~\/\.aws\/config and ~\/\.aws\/credentials$/m)
  const session = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci-42-website-deploy'
  assert.match(stdout, new RegExp(`^ARN +${session}$`, 'm'))
})
