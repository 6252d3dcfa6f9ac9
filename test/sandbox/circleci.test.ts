import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { decodeJwt } from 'jose'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'

const root = mkdtempSync(join(tmpdir(), 'circleci-of-sandbox-'))
const program = join(root, 'circleci.cjs')
let sandbox: Sandbox

before(async () => {
  const source = join(dirname(fileURLToPath(import.meta.url)), '../../src/sandbox/circleci.ts')
  const format = { bundle: true, platform: 'node', format: 'cjs', target: 'node20' } as const
  await build({ entryPoints: [source], outfile: program, ...format })
  sandbox = await startSandbox()
})
after(async () => {
  await sandbox.close()
  rmSync(root, { recursive: true })
})

/** Runs it in a job of the sandbox, or, with another environment, outside of one. */
async function circleci(args: readonly string[], env: NodeJS.ProcessEnv = {}, stdin = 'of stdin') {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'], CIRCLE_SANDBOX_URL: sandbox.url, ...env },
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  child.stdin.end(stdin)
  const [code] = await once(child, 'close')
  return { code: code as number, ...output }
}

// `circleci env subst --help`: "${var-default}" and the other forms of a shell
describe('env subst', () => {
  const env = { SET: 'value', EMPTY: '' }

  test('the forms of a variable', async () => {
    const forms = [
      ['$SET ${SET}|$EMPTY|${EMPTY}|$NONE|${NONE}', 'value value||||'],
      ['${SET-d} [${EMPTY-d}] ${NONE-d} ${NONE-}', 'value [] d '],
      ['${SET:-d} ${EMPTY:-d} ${NONE:-d e}', 'value d d e'],
      ['${SET=d} [${EMPTY=d}] ${NONE=d}', 'value [] d'],
      ['${SET:=d} ${EMPTY:=d} ${NONE:=d}', 'value d d'],
      ['${SET+d} ${EMPTY+d} [${NONE+d}]', 'd d []'],
      ['${SET:+d} [${EMPTY:+d}] [${NONE:+d}]', 'd [] []'],
      ['$SET$SET-$SET.x $ ${ } a$', 'valuevalue-value.x $ ${ } a$'],
    ] as const
    const text = forms.map(([form]) => form).join('\n')
    assert.deepEqual(await circleci(['env', 'subst', text], env), {
      ...{ code: 0, stdout: forms.map(([, value]) => value).join('\n'), stderr: '' },
    })
  })

  test('several words, and a text on stdin', async () => {
    assert.equal((await circleci(['env', 'subst', 'a', '$SET'], env)).stdout, 'a value')
    assert.equal((await circleci(['env', 'subst', ''], env)).stdout, '')
    const { stdout } = await circleci(['env', 'subst'], env, 'ü $SET\n')
    assert.equal(stdout, 'ü value\n')
  })
})

// https://circleci.com/docs/oidc-tokens-with-custom-claims/
describe('run oidc get', () => {
  const ROOT = 'https://oidc.circleci.com'
  for (const [args, audience, isRoot] of [
    [[], undefined, false],
    [['--claims', '{"aud":"x"}'], 'x', false],
    [['--claims={\n"aud":["x","y"]}'], ['x', 'y'], false],
    [['--root-issuer'], undefined, true],
    [['--root-issuer', '--claims', '{"aud":"x=y"}'], 'x=y', true],
    [['--claims', '{}'], undefined, false],
  ] as const) {
    test(JSON.stringify(args), async () => {
      const { code, stdout, stderr } = await circleci(['run', 'oidc', 'get', ...args])
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, /^[\w.-]+\n$/)
      const { aud, iss, sub } = decodeJwt(stdout.trim())
      const { organization, issuer } = sandbox.world
      assert.deepEqual(aud, audience ?? organization)
      assert.equal(iss, isRoot ? ROOT : issuer)
      assert.match(sub ?? '', /\/vcs-ref\//)
    })
  }

  test('a token of version 1, for the exports of the sandbox', async () => {
    const { stdout } = await circleci(['run', 'oidc', 'get'], {
      CIRCLE_SANDBOX_TOKEN_VERSION: 'v1',
    })
    assert.doesNotMatch(decodeJwt(stdout.trim()).sub ?? '', /\/vcs-ref\//)
  })

  test('no token: the reason that the sandbox gives', async () => {
    const { code, stdout, stderr } = await circleci(['run', 'oidc', 'get', '--claims', '1'])
    assert.deepEqual([code, stdout], [1, ''])
    assert.equal(stderr, 'Error: failed to get token: claims must be a JSON object\n')
  })
})

const USAGE = /\nUsage:\n {2}circleci run oidc get .*\n {2}circleci env subst .*\n$/
for (const [args, message] of [
  [['run', 'oidc', 'get', '--aud', 'x'], 'unknown flag: --aud'],
  [['run', 'oidc', 'get', '--claim=x'], 'unknown flag: --claim=x'],
  [['run', 'oidc', 'get', 'x--claims={}'], 'unknown flag: x--claims={}'],
  [['run', 'oidc', 'get', '--claims'], 'flag needs an argument: --claims'],
  [['config', 'validate'], 'unknown command "config validate" for "circleci"'],
  [['run', 'oidc', 'put'], 'unknown command "run oidc put" for "circleci"'],
  [['run', 'x', 'get'], 'unknown command "run x get" for "circleci"'],
  [['x', 'oidc', 'get'], 'unknown command "x oidc get" for "circleci"'],
  [['env', 'x'], 'unknown command "env x" for "circleci"'],
  [['x', 'subst'], 'unknown command "x subst" for "circleci"'],
  [[], 'unknown command "" for "circleci"'],
] as const) {
  test(`circleci ${args.join(' ')}: a wrong use, with the right ones`, async () => {
    const { code, stdout, stderr } = await circleci(args)
    assert.deepEqual([code, stdout], [1, ''])
    assert.ok(stderr.startsWith(`Error: ${message}\n`), stderr)
    assert.match(stderr, USAGE)
  })
}

test('claims that are no JSON, and no sandbox: an error without the usage', async () => {
  const claims = await circleci(['run', 'oidc', 'get', '--claims', '{'])
  assert.deepEqual([claims.code, claims.stdout], [1, ''])
  assert.match(claims.stderr, /^Error: failed to parse claims: .+\n$/)
  const outside = await circleci(['run', 'oidc', 'get'], { CIRCLE_SANDBOX_URL: '' })
  assert.deepEqual(outside, {
    ...{ code: 1, stdout: '' },
    stderr: 'Error: CIRCLE_SANDBOX_URL is not set: this is not a sandbox job\n',
  })
})
