import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Environment, startJob } from './job.ts'

const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'

/** Each way to get at a token: arguments, environment, and the source that is named then. */
const SOURCES: [
  args: string[],
  give: (token: string) => { env?: Environment; input?: string },
  source: RegExp,
][] = [
  [[], () => ({}), /^CIRCLE_OIDC_TOKEN_V2$/],
  [['--token-env', 'MINE'], (token) => ({ env: { MINE: token } }), /^MINE$/],
  [['--token-source', 'stdin'], (token) => ({ input: `${token}\n` }), /^stdin$/],
]
for (const [args, give, source] of SOURCES) {
  test(`token ${args.join(' ')}`, async (t) => {
    const { job, sandbox } = await startJob(t)
    const { stdout, stderr } = await job.done(['token', ...args, '--format', 'json'], {
      ...give(await sandbox.mint()),
    })
    const { claims, ...shown } = JSON.parse(stdout)
    assert.match(shown.source, source)
    assert.deepEqual(
      [shown.issuer, shown.audience, shown.kind, shown.expired],
      [`https://oidc.circleci.com/org/${ORG}`, [ORG], 'circleci-v2', false],
    )
    assert.equal(claims['oidc.circleci.com/vcs-ref'], 'refs/heads/main')
    assert.equal(stderr, '')
    assert.equal(sandbox.requests.length, 0)
  })
}

test('text: a line for each claim, the expiry in words', async (t) => {
  const { job, sandbox } = await startJob(t)
  const token = await sandbox.mint({ version: 'v1', audience: ['a', 'b'], expiresIn: 2600 })
  const path = job.write('token', token)
  const { stdout } = await job.done(['token', '--token-file', path])
  assert.match(
    stdout,
    new RegExp(`^Source {4}${path}\nKind {6}CircleCI V1, .*\nIssuer {4}https://`),
  )
  assert.match(stdout, /^Audience {2}a, b$/m)
  assert.match(stdout, /^Expires {3}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in 43 minutes$/m)
  assert.match(stdout, /^oidc\.circleci\.com\/project-id +[\w-]{36}$/m)
})

test('an expired token is shown all the same, wherever it comes from', async (t) => {
  const { job, sandbox } = await startJob(t)
  const token = await sandbox.mint({ expiresIn: -310 })
  const path = job.write('token', token)
  for (const [args, options] of [
    [[], { env: { CIRCLE_OIDC_TOKEN_V2: token } }],
    [['--token-file', path], {}],
    [['--token-env', 'MINE'], { env: { MINE: token } }],
    [['--token-source', 'stdin'], { input: token }],
  ] as const) {
    const { stdout, stderr } = await job.done(['token', ...args], options)
    assert.match(stdout, /^Expires .* UTC, expired 5 minutes ago$/m)
    assert.match(stderr, /^Warning: The token (in|from) .* expired at /)
  }
  await job.fails(['token', '--token-file', path, '--write', 'copy'], 'token-expired', /expired at/)
  assert.equal(job.read('copy'), undefined)
})

test('--write: the token alone in a file of 0600, whatever was there', async (t) => {
  const { job, sandbox } = await startJob(t)
  job.program('circleci', `cat '${join(job.root, 'minted')}'`)
  const minted = await sandbox.mint({ audience: 'sts.amazonaws.com' })
  fs.writeFileSync(join(job.root, 'minted'), minted)
  job.write('out', 'older\n', 0o644)
  const args = ['token', '--audience', 'sts.amazonaws.com', '--write', 'out']
  const { stdout } = await job.done(args)
  assert.match(stdout, /^Source {4}circleci run oidc get$/m)
  assert.match(stdout, /^Written {3}out$/m)
  assert.equal(job.read('out'), minted)
  assert.equal(fs.statSync(join(job.home, 'out')).mode & 0o777, 0o600)
  assert.deepEqual(Object.keys(job.files()), ['out'], 'no lock or temporary file is left')

  const json = await job.done([...args.slice(0, -1), 'deep/new', '--format', 'json'])
  assert.equal(JSON.parse(json.stdout).file, 'deep/new')
  assert.equal(job.read('deep/new'), minted)
})

test('--write refuses what is no regular file, and a token that is none', async (t) => {
  const { job } = await startJob(t)
  await job.fails(['token', '--write', '/dev/null'], 'file-unwritable', /not a regular file/)
  await job.fails(['token', '--write', '.'], 'file-unwritable', /not a regular file/)
  await job.fails(['token'], 'token-malformed', /CIRCLE_OIDC_TOKEN_V2/, {
    env: { CIRCLE_OIDC_TOKEN_V2: 'no token' },
  })
  await job.fails(['token'], 'token-not-found', /This job has no OIDC token/, {
    env: { CIRCLE_OIDC_TOKEN_V2: '' },
  })
})
