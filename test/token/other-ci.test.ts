import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { detectCi } from '../../src/ci.ts'
import { readToken } from '../../src/token/source.ts'
import type { TokenOptions } from '../../src/token/web-identity-token.ts'
import { fakePrograms, printing } from './fake-programs.ts'
import { jwt } from './jwt.ts'
import { AUTO } from './token-options.ts'

const TOKEN = jwt({ iss: 'https://ci.example.com', aud: 'sts.amazonaws.com', sub: 'ours' })
const EXPIRED = jwt({ exp: 1_700_000_000 })

function read(env: Readonly<Record<string, string>>, options: Partial<TokenOptions> = {}) {
  return readToken({ ...AUTO, ...options }, env, AbortSignal.timeout(20_000))
}

describe('the CI is told by its documented variables', () => {
  const cases: [env: Record<string, string>, ci: string | undefined][] = [
    [{ CIRCLECI: 'true' }, 'circleci'],
    [{ CIRCLE_OIDC_TOKEN: 'x' }, 'circleci'],
    [{ GITHUB_ACTIONS: 'true', CI: 'true' }, 'github'],
    [{ GITLAB_CI: 'true' }, 'gitlab'],
    [{ BITBUCKET_BUILD_NUMBER: '7' }, 'bitbucket'],
    [{ BUILDKITE: 'true' }, 'buildkite'],
    [{ JENKINS_URL: 'https://jenkins.example.com/' }, 'jenkins'],
    [{ JENKINS_HOME: '/var/lib/jenkins' }, 'jenkins'],
    [{ JENKINS_HOME: '/var/lib/jenkins', BUILDKITE: 'true' }, 'buildkite'],
    [{ CI: 'true', GITHUB_ACTIONS: '' }, undefined],
  ]
  for (const [env, ci] of cases) {
    test(`${Object.keys(env)}: ${ci}`, () => assert.equal(detectCi(env), ci))
  }
})

describe('GitLab', () => {
  const GITLAB = { GITLAB_CI: 'true' }

  test('a variable of a common name, or the one named; nothing renews it', async () => {
    const token = await read({ ...GITLAB, ID_TOKEN: jwt(), GITLAB_OIDC_TOKEN: `${TOKEN}\n` })
    assert.deepEqual(
      [token.value, token.source, token.renew],
      [TOKEN, 'GITLAB_OIDC_TOKEN', undefined],
    )
    const named = await read({ ...GITLAB, VAULT: jwt(), OURS: TOKEN }, { 'token-env': 'OURS' })
    assert.equal(named.source, 'OURS')
  })

  test('none: what to add to the job', async () => {
    await assert.rejects(read(GITLAB), {
      code: 'token-not-found',
      message:
        'This GitLab job has no ID token in GITLAB_OIDC_TOKEN, AWS_ID_TOKEN, AWS_OIDC_TOKEN, MY_OIDC_TOKEN or ID_TOKEN.',
      next: /id_tokens:\n {2}GITLAB_OIDC_TOKEN:\n {4}aud: /,
    })
    await assert.rejects(read(GITLAB, { 'token-env': 'OURS' }), {
      code: 'token-not-found',
      message: 'The environment variable OURS is not set.',
      next: /id_tokens:\n {2}OURS:\n {4}aud: /,
    })
  })

  test('only under other names: they are named, their tokens not shown', async () => {
    const env = {
      ...GITLAB,
      VAULT_ID_TOKEN: TOKEN,
      SIGSTORE: TOKEN,
      CI_JOB_TOKEN: jwt({ sub: '1' }),
    }
    await assert.rejects(read(env), (error: Error & { why?: string; next?: string }) => {
      assert.equal(
        error.why,
        'These variables hold an ID token, but only you know whether it is for AWS: VAULT_ID_TOKEN, SIGSTORE.',
      )
      assert.equal(error.next, 'Name the one for AWS: --token-env VAULT_ID_TOKEN')
      return !JSON.stringify({ ...error, message: error.message }).includes(TOKEN)
    })
  })

  test('expired, and an audience that nothing here could choose', async () => {
    await assert.rejects(read({ ...GITLAB, ID_TOKEN: EXPIRED }), { code: 'token-expired' })
    await assert.rejects(read({ ...GITLAB, ID_TOKEN: TOKEN }, { audience: 'x' }), {
      code: 'invalid-usage',
      next: 'Leave --audience out, and choose the audience with "aud" of id_tokens in .gitlab-ci.yml.',
    })
  })
})

describe('Bitbucket', () => {
  const BITBUCKET = { BITBUCKET_BUILD_NUMBER: '7' }

  test("the step's token", async () => {
    const token = await read({ ...BITBUCKET, BITBUCKET_STEP_OIDC_TOKEN: TOKEN })
    assert.deepEqual([token.value, token.source], [TOKEN, 'BITBUCKET_STEP_OIDC_TOKEN'])
  })

  test('none, expired', async () => {
    await assert.rejects(read(BITBUCKET), { code: 'token-not-found', next: /"oidc: true"/ })
    const env = { ...BITBUCKET, BITBUCKET_STEP_OIDC_TOKEN: EXPIRED }
    await assert.rejects(read(env), { code: 'token-expired' })
  })
})

describe('Buildkite', () => {
  const BUILDKITE = { BUILDKITE: 'true' }

  test('a token of the agent, for AWS or for the audience given; renewed by the same', async (t) => {
    const programs = fakePrograms(t, { 'buildkite-agent': printing(TOKEN) })
    const env = { ...BUILDKITE, ...programs.env }
    const token = await read(env)
    assert.deepEqual([token.value, token.source], [TOKEN, 'buildkite-agent oidc request-token'])
    assert.equal((await token.renew?.())?.value, TOKEN)
    await read(env, { audience: 'other' })
    assert.deepEqual(programs.calls(), [
      'buildkite-agent oidc request-token --audience sts.amazonaws.com',
      'buildkite-agent oidc request-token --audience sts.amazonaws.com',
      'buildkite-agent oidc request-token --audience other',
    ])
  })

  test('no agent, or one that refuses', async (t) => {
    const { env } = fakePrograms(t, { 'buildkite-agent': 'echo "no job: $0" >&2; exit 1' })
    await assert.rejects(read({ ...BUILDKITE, ...env }), {
      code: 'token-mint-failed',
      message: /request-token": exit code 1: no job: .*buildkite-agent\.$/,
    })
    await assert.rejects(read({ ...BUILDKITE, PATH: '/nowhere' }), {
      message: /"buildkite-agent oidc request-token": not found on PATH\.$/,
      next: /mount-buildkite-agent/,
    })
  })
})

describe('Jenkins without a token service', () => {
  const JENKINS = { JENKINS_URL: 'https://jenkins.example.com/' }

  test('the file that the plugin writes; another audience is none of its options', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'token-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 'token')
    writeFileSync(path, TOKEN)
    const env = { ...JENKINS, AWS_WEB_IDENTITY_TOKEN_FILE: ` ${path}\n` }
    assert.equal((await read(env)).source, path)
    const blank = { ...env, JENKINS_ID_TOKEN_REQUEST_URL: ' \n' }
    assert.equal((await read(blank)).source, path)
    await assert.rejects(read(env, { audience: 'x' }), { code: 'invalid-usage' })
  })

  test('neither: what there is to set', async () => {
    await assert.rejects(read(JENKINS), {
      code: 'token-not-found',
      message:
        'This Jenkins build has no OIDC token: JENKINS_ID_TOKEN_REQUEST_URL and AWS_WEB_IDENTITY_TOKEN_FILE are unset or empty.',
      next: /OpenID Connect id token as file/,
    })
  })
})
