import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROLE, startJob } from './job.ts'

const ARGS = ['assume-role', '--role-arn', ROLE, '--format', 'json']
const NO_TOKEN = { CIRCLE_OIDC_TOKEN: undefined, CIRCLE_OIDC_TOKEN_V2: undefined }

/** The subject and the source, as the report tells them. */
function told(stdout: string): { subject: string; source: string; audience: string[] } {
  return JSON.parse(stdout).profiles[0].token
}

test('CircleCI: V2, then V1, and the version asked for', async (t) => {
  const { job, sandbox } = await startJob(t)
  const v1 = { CIRCLE_OIDC_TOKEN: await sandbox.mint({ version: 'v1' }) }
  const sources = []
  for (const [env, args] of [
    [v1, []],
    [{ ...v1, CIRCLE_OIDC_TOKEN_V2: undefined }, []],
    [v1, ['--token-version', 'v1']],
  ] as const) {
    const { stdout } = await job.done([...ARGS, ...args], { env })
    sources.push([told(stdout).source, /\/vcs-ref\//.test(told(stdout).subject)])
  }
  assert.deepEqual(sources, [
    ['CIRCLE_OIDC_TOKEN_V2', true],
    ['CIRCLE_OIDC_TOKEN', false],
    ['CIRCLE_OIDC_TOKEN', false],
  ])
})

test('a variable, a file, stdin; blanks around the token do not matter', async (t) => {
  const { job, sandbox } = await startJob(t)
  const token = `\n ${await sandbox.mint()}\r\n`
  const path = job.write('token', token)
  const variable = await job.done([...ARGS, '--token-env', 'MY_TOKEN'], {
    env: { ...NO_TOKEN, MY_TOKEN: token },
  })
  const file = await job.done([...ARGS, '--token-file', path], { env: NO_TOKEN })
  const stdin = await job.done([...ARGS, '--token-source', 'stdin'], {
    env: NO_TOKEN,
    input: token,
  })
  const sources = [variable, file, stdin].map(({ stdout }) => told(stdout).source)
  assert.deepEqual(sources, ['MY_TOKEN', path, 'stdin'])
})

test('no token in the variables: one is minted; --audience always mints', async (t) => {
  const { job, sandbox } = await startJob(t)
  job.program('circleci', `echo "$*" >> "$HOME/calls"; cat "$HOME/minted"`)
  job.write('minted', `${await sandbox.mint()}\n`)
  const { stdout } = await job.done(ARGS, { env: NO_TOKEN })
  assert.equal(told(stdout).source, 'circleci run oidc get')
  const organization = sandbox.world.organization
  await job.done([...ARGS, '--audience', organization])
  assert.equal(job.read('calls'), `run oidc get\nrun oidc get --claims {"aud":"${organization}"}\n`)
})

test('a circleci without the subcommand: the agent mints', async (t) => {
  const { job, sandbox } = await startJob(t)
  job.program('circleci', 'echo "Use CircleCI from the command line."')
  job.program('circleci-agent', `cat "$HOME/minted"`)
  job.write('minted', await sandbox.mint())
  const { stdout } = await job.done(ARGS, { env: NO_TOKEN })
  assert.equal(told(stdout).source, 'circleci-agent run oidc get')
})

test('an expired token is minted anew, and the expired one is not sent', async (t) => {
  const { job, sandbox } = await startJob(t)
  job.program('circleci', `cat "$HOME/minted"`)
  job.write('minted', await sandbox.mint())
  const { stdout } = await job.done(ARGS, {
    env: { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ expiresIn: -5 }) },
  })
  assert.equal(told(stdout).source, 'circleci run oidc get')
  assert.equal(sandbox.requests.length, 1)
})

test('a token that AWS calls expired is minted anew', async (t) => {
  const { job, sandbox } = await startJob(t, { faults: [{ name: 'expired-token', count: 1 }] })
  job.program('circleci', `cat "$HOME/minted"`)
  job.write('minted', await sandbox.mint({ claims: { jti: 'fresh' } }))
  const { stderr } = await job.done(ARGS)
  assert.equal(stderr, 'The token from CIRCLE_OIDC_TOKEN_V2 has expired; getting a new one.\n')
  assert.equal(sandbox.requests.length, 2)
})

test('no token anywhere: what was looked at, why it may be missing, what to do', async (t) => {
  const { job, sandbox } = await startJob(t)
  const { stderr } = await job.fails(
    ARGS,
    'token-not-found',
    /Likely: .*forks.*Server before 4\.4/,
    {
      env: NO_TOKEN,
    },
  )
  assert.match(
    stderr,
    /CIRCLE_OIDC_TOKEN_V2 and CIRCLE_OIDC_TOKEN are unset or empty.*"circleci run oidc get": not found on PATH; "circleci-agent run oidc get": not found on PATH/s,
  )
  assert.equal(sandbox.requests.length, 0)
})

test('an expired token that nothing can renew', async (t) => {
  const { job, sandbox } = await startJob(t)
  const expired = await sandbox.mint({ expiresIn: -5 })
  await job.fails(ARGS, 'token-expired', /CIRCLE_OIDC_TOKEN_V2 expired at \d{4}-.*Why: /s, {
    env: { CIRCLE_OIDC_TOKEN_V2: expired },
  })
  await job.fails([...ARGS, '--token-env', 'MY_TOKEN'], 'token-expired', /MY_TOKEN expired at/, {
    env: { MY_TOKEN: expired },
  })
  assert.equal(sandbox.requests.length, 0)
})

test('an audience that cannot be minted, also where the failure tells the token', async (t) => {
  const { job, sandbox } = await startJob(t)
  const leak = await sandbox.mint({ audience: 'leaked' })
  job.write('leak', leak)
  job.program('circleci', `cat "$HOME/leak" >&2; exit 1`)
  const args = [...ARGS, '--audience', 'x']
  await job.fails(args, 'token-mint-failed', /audience "x" could not be minted\..*exit code 1/s)
})

for (const [name, token, why] of [
  ['JSON around it', '{"token":"…"}', /Why: {4}It is JSON/],
  ['quotes', '"eyJ.eyJ.sig"', /Quotation marks are part of it/],
  ['a variable nothing expanded', '$CIRCLE_OIDC_TOKEN', /name of a variable/],
  ['a password', 'correct horse battery', /spaces or line breaks/],
  ['too long', `${'a'.repeat(9000)}.${'b'.repeat(9000)}.${'c'.repeat(9000)}`, /27002 characters/],
] as const) {
  test(`not a token: ${name}`, async (t) => {
    const { job, sandbox } = await startJob(t)
    const { stderr } = await job.fails(ARGS, 'token-malformed', why, {
      env: { CIRCLE_OIDC_TOKEN_V2: token },
    })
    assert.ok(!stderr.includes(token), 'what stands there is not shown')
    assert.equal(sandbox.requests.length, 0)
  })
}

test('sources that hold nothing, options that contradict each other', async (t) => {
  const { job } = await startJob(t)
  await job.fails([...ARGS, '--token-env', 'NOPE'], 'token-not-found', /variable NOPE is not set/)
  await job.fails([...ARGS, '--token-file', '/no/such'], 'token-not-found', /\/no\/such can't be/)
  const stdin = [...ARGS, '--token-source', 'stdin']
  await job.fails(stdin, 'token-not-found', /stdin is empty/, { input: ' \n' })
  await job.fails([...stdin, '--audience', 'x'], 'invalid-usage', /--audience does not apply to/)
  await job.fails([...ARGS, '--token-source', 'file'], 'invalid-usage', /needs --token-file/)
})

test('the token itself in place of its variable is not shown', async (t) => {
  const { job, sandbox } = await startJob(t)
  const token = await sandbox.mint()
  const env = { AWS_OIDC_TOKEN_ENV: token }
  await job.fails(ARGS, 'invalid-usage', /--token-env is not the name/, { env })
  await job.fails(['assume-role'], 'invalid-role-arn', /not shown/, {
    env: { AWS_OIDC_ROLE_ARN: token },
  })
  await job.fails(ARGS, 'invalid-usage', /AWS_OIDC_EXPORT/, { env: { AWS_OIDC_EXPORT: token } })
})
