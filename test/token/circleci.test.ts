import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readCircleciToken } from '../../src/token/circleci.ts'
import { type FakePrograms, fakePrograms, printing } from './fake-programs.ts'
import { jwt, secondsFromNow } from './jwt.ts'

const V1 = jwt({ sub: 'org/o1/project/p1/user/u1' })
const V2 = jwt({ sub: 'org/o1/project/p1/user/u1/vcs-origin/github.com/a/b/vcs-ref/refs/heads/m' })
const MINTED = jwt({ sub: 'minted' })
const EXPIRED = jwt({ sub: 'expired', exp: 1_700_000_000 })

const GET = 'circleci run oidc get'
const AGENT_GET = 'circleci-agent run oidc get'

interface Wish {
  readonly version?: 'v1' | 'v2'
  readonly audience?: string
}

function read({ env }: FakePrograms, variables: Record<string, string>, wish: Wish = {}) {
  return readCircleciToken(
    { version: wish.version, audience: wish.audience },
    { ...env, ...variables },
    AbortSignal.timeout(20_000),
  )
}

const BOTH = { CIRCLE_OIDC_TOKEN: V1, CIRCLE_OIDC_TOKEN_V2: V2 }

describe('from the environment', () => {
  const cases: [variables: Record<string, string>, wish: Wish, source: string, value: string][] = [
    [BOTH, {}, 'CIRCLE_OIDC_TOKEN_V2', V2],
    [{ CIRCLE_OIDC_TOKEN: V1 }, {}, 'CIRCLE_OIDC_TOKEN', V1],
    [{ ...BOTH, CIRCLE_OIDC_TOKEN_V2: ' ' }, {}, 'CIRCLE_OIDC_TOKEN', V1],
    [{ CIRCLE_OIDC_TOKEN_V2: ` ${V2}\n` }, {}, 'CIRCLE_OIDC_TOKEN_V2', V2],
    [BOTH, { version: 'v1' }, 'CIRCLE_OIDC_TOKEN', V1],
    [BOTH, { version: 'v2' }, 'CIRCLE_OIDC_TOKEN_V2', V2],
  ]
  for (const [variables, wish, source, value] of cases) {
    test(`${Object.keys(variables)} ${JSON.stringify(wish)}: ${source}`, async (t) => {
      const programs = fakePrograms(t, { circleci: printing(MINTED) })
      const token = await read(programs, variables, wish)
      assert.deepEqual([token.source, token.value], [source, value])
      assert.deepEqual(programs.calls(), [])
    })
  }

  test('what is not a token is refused, not passed over', async (t) => {
    const programs = fakePrograms(t, { circleci: printing(MINTED) })
    await assert.rejects(read(programs, { ...BOTH, CIRCLE_OIDC_TOKEN_V2: 'broken' }), {
      code: 'token-malformed',
      message: 'The content of CIRCLE_OIDC_TOKEN_V2 is not a web identity token (a signed JWT).',
    })
  })
})

describe('minted', () => {
  const cases: [name: string, variables: Record<string, string>, wish: Wish, call: string][] = [
    ['no variable', {}, {}, GET],
    ['the version asked for is missing', { CIRCLE_OIDC_TOKEN: V1 }, { version: 'v2' }, GET],
    ['expired', { ...BOTH, CIRCLE_OIDC_TOKEN_V2: EXPIRED }, {}, GET],
    [
      'an audience',
      BOTH,
      { audience: 'sts.amazonaws.com' },
      `${GET} --claims {"aud":"sts.amazonaws.com"}`,
    ],
    ['a hostile audience', BOTH, { audience: `a"b'$(c)` }, `${GET} --claims {"aud":"a\\"b'$(c)"}`],
  ]
  for (const [name, variables, wish, call] of cases) {
    test(`${name}: ${call}`, async (t) => {
      const programs = fakePrograms(t, { circleci: printing(MINTED) })
      const token = await read(programs, variables, wish)
      assert.deepEqual([token.source, token.value], [GET, MINTED])
      assert.deepEqual(programs.calls(), [call])
    })
  }

  test('a token of the environment is renewed by minting, an audience with the same', async (t) => {
    const programs = fakePrograms(t, { circleci: printing(MINTED) })
    const token = await read(programs, { CIRCLE_OIDC_TOKEN_V2: jwt({ exp: secondsFromNow(60) }) })
    assert.equal((await token.renew?.())?.value, MINTED)
    const own = await read(programs, {}, { audience: 'x' })
    const renewed = await own.renew?.()
    assert.equal(typeof renewed?.renew, 'function')
    assert.deepEqual(programs.calls(), [GET, ...Array(2).fill(`${GET} --claims {"aud":"x"}`)])
  })
})

const LEAK = `echo "panic: ${MINTED} is bad" >&2; exit 3`

const THREE = ' (3 attempts)'

// What the first program does → the reason told, `THREE` where it is asked again; the second one then mints.
const FAILURES: [name: string, script: string | undefined, reason: string][] = [
  ['is not there', undefined, 'not found on PATH'],
  ['cannot be executed', '', 'not executable (is the temporary directory mounted noexec?)'],
  [
    'is the CircleCI CLI, without the subcommand',
    'echo "Error: unknown command \\"oidc\\"" >&2; echo "Run --help" >&2; exit 255',
    'exit code 255: Error: unknown command "oidc"; BIN/circleci is another program of that name',
  ],
  [
    'prints its help instead',
    'echo "Usage: circleci [command]"',
    'exit code 0, but its output is not a token',
  ],
  ['prints nothing', 'exit 0', `exit code 0, but it printed nothing${THREE}`],
  ['prints blanks', 'echo "  "', `exit code 0, but it printed nothing${THREE}`],
  ['prints a token and fails', `${printing(MINTED)}; exit 4`, `exit code 4${THREE}`],
  ['quotes a token on stderr', LEAK, `exit code 3: panic: [token] is bad${THREE}`],
  ['prints without end', 'exec /usr/bin/yes', 'its output is too long for a token'],
  ['is killed', 'kill -9 $$', `ended by SIGKILL${THREE}`],
]

for (const [name, script, reason] of FAILURES) {
  describe(`circleci ${name}`, () => {
    const circleci: Record<string, string> = script === undefined ? {} : { circleci: script }

    test('circleci-agent is asked next', async (t) => {
      const programs = fakePrograms(t, { ...circleci, 'circleci-agent': printing(MINTED) })
      const token = await read(programs, {}, { audience: 'x' })
      assert.deepEqual([token.source, token.value], [AGENT_GET, MINTED])
      assert.equal(programs.calls().at(-1), `${AGENT_GET} --claims {"aud":"x"}`)
    })

    test('without circleci-agent the error tells why, without a token', async (t) => {
      const failures = `"${GET}": ${reason}; "${AGENT_GET}": not found on PATH.`
      const told = (text: string) =>
        new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('BIN', '\\S+')}$`)
      const failed = (variables: Record<string, string>, wish: Wish, expected: object) =>
        assert.rejects(read(fakePrograms(t, circleci), variables, wish), {
          exitCode: 3,
          ...expected,
        })
      await Promise.all([
        failed(
          {},
          {},
          {
            code: 'token-not-found',
            message: `This job has no OIDC token: CIRCLE_OIDC_TOKEN_V2 and CIRCLE_OIDC_TOKEN are unset or empty, and none could be minted.`,
            why: told(failures),
          },
        ),
        failed(
          BOTH,
          { audience: 'x' },
          {
            code: 'token-mint-failed',
            message: `A token with the audience "x" could not be minted.`,
            why: told(`${failures} Only the CircleCI agent of a running job can mint one.`),
          },
        ),
        failed(
          { CIRCLE_OIDC_TOKEN: EXPIRED },
          {},
          {
            code: 'token-expired',
            message: `The token in CIRCLE_OIDC_TOKEN expired at 2023-11-14 22:13:20 UTC, and no new one could be minted.`,
          },
        ),
      ])
    })
  })
}

// The script counts its calls beside it.
const counting = (then: string) =>
  `n=$(/bin/cat "$0.n" 2>/dev/null || echo 0); n=$((n + 1)); echo $n > "$0.n"; ${then}`

describe('an agent that fails for a moment', () => {
  for (const [name, script] of [
    ['answers nothing twice', counting(`[ $n -lt 3 ] || ${printing(MINTED)}`)],
    ['fails twice', counting(`[ $n -lt 3 ] && exit 1; ${printing(MINTED)}`)],
  ] as const) {
    test(name, async (t) => {
      const programs = fakePrograms(t, { circleci: script })
      const token = await read(programs, {})
      assert.equal(token.value, MINTED)
      assert.deepEqual(programs.calls(), [GET, GET, GET])
    })
  }

  test('is asked three times at most', async (t) => {
    const programs = fakePrograms(t, { circleci: counting(`[ $n -lt 4 ] || ${printing(MINTED)}`) })
    await assert.rejects(read(programs, {}), { code: 'token-not-found' })
    assert.deepEqual(programs.calls(), [GET, GET, GET])
  })

  test('is not asked again when the time is over', async (t) => {
    const programs = fakePrograms(t, { circleci: 'exit 0' })
    const signal = AbortSignal.timeout(300)
    const start = Date.now()
    const wish = { version: undefined, audience: undefined }
    await assert.rejects(readCircleciToken(wish, programs.env, signal), { name: 'TimeoutError' })
    assert.ok(Date.now() - start < 900)
    assert.deepEqual(programs.calls(), [GET])
  })
})

test('nothing found: the variable of the version asked for, the known causes, the next step', async (t) => {
  await assert.rejects(read(fakePrograms(t, {}), {}, { version: 'v1' }), (error: Error) => {
    const { message, likely, next } = error as Error & { likely: string; next: string }
    assert.match(message, /: CIRCLE_OIDC_TOKEN is unset or empty, and none could be minted/)
    for (const cause of ['forks', 'Server before 4.4', 'noexec']) assert.ok(likely.includes(cause))
    for (const way of ['--token-env', '--token-file', 'stdin']) assert.ok(next.includes(way))
    return true
  })
})

test('a minted V2 token does not stand in for V1, which was asked for', async (t) => {
  const agent = { circleci: printing(V2) }
  const [missing, expired] = [{}, { CIRCLE_OIDC_TOKEN: EXPIRED }]
  await assert.rejects(read(fakePrograms(t, agent), missing, { version: 'v1' }), {
    code: 'token-not-found',
    why: /"circleci run oidc get": mints V2 tokens, but --token-version is v1/,
  })
  await assert.rejects(read(fakePrograms(t, agent), expired, { version: 'v1' }), {
    code: 'token-expired',
  })
  const token = await read(fakePrograms(t, { circleci: printing(V1) }), missing, { version: 'v1' })
  assert.equal(token.value, V1)
})

test('what a program says besides the token may be long', async (t) => {
  const chatter = '/usr/bin/yes | /usr/bin/head -c 300000 >&2'
  const programs = fakePrograms(t, { circleci: `${chatter}; ${printing(MINTED)}` })
  assert.equal((await read(programs, {})).value, MINTED)
  assert.deepEqual(programs.calls(), [GET])
})

test('the time limit ends a program that hangs, with its own error', async (t) => {
  const { env } = fakePrograms(t, { circleci: 'exec /bin/sleep 60' })
  const controller = new AbortController()
  const reason = new Error('time is up')
  setTimeout(() => controller.abort(reason), 100)
  const reading = readCircleciToken(
    { version: undefined, audience: undefined },
    env,
    controller.signal,
  )
  await assert.rejects(reading, (error) => error === reason)
})
