import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { readWorld } from '../../src/sandbox/index.ts'
import { mintForJob } from '../../src/sandbox/issuer.ts'
import {
  circleVariables,
  createJobDirectory,
  isHiddenFromJob,
  type JobDirectory,
  jobEnvironment,
  mintTokens,
  sandboxVariables,
  stepCommand,
} from '../../src/sandbox/job.ts'

const DIRECTORY: JobDirectory = {
  ...{ home: '/job/home', bin: '/job/bin', bashEnv: '/job/env', variables: '/job/job.sh' },
  remove: async () => {},
}
const URL = 'http://127.0.0.1:4566'
const WORLD = {
  organization: 'o1',
  project: 'p1',
  job: {
    ...{
      name: 'build',
      buildNumber: 7,
      branch: 'feature/x',
      repository: 'github.com/acme/website',
    },
    ...{ sha1: 'abc', username: 'ann', userId: 'ui', jobId: 'ji', workflowId: 'wi' },
    ...{ pipelineId: 'pi', pipelineDefinitionId: 'di' },
  },
}
const job = (change: object) => readWorld({ ...WORLD, job: { ...WORLD.job, ...change } })

// https://circleci.com/docs/variables/#built-in-environment-variables
const VARIABLES = {
  CI: 'true',
  CIRCLECI: 'true',
  CIRCLE_BRANCH: 'feature/x',
  CIRCLE_BUILD_NUM: '7',
  CIRCLE_BUILD_URL: 'https://circleci.com/gh/acme/website/7',
  CIRCLE_JOB: 'build',
  CIRCLE_NODE_INDEX: '0',
  CIRCLE_NODE_TOTAL: '1',
  CIRCLE_ORGANIZATION_ID: 'o1',
  CIRCLE_PIPELINE_ID: 'pi',
  CIRCLE_PROJECT_ID: 'p1',
  CIRCLE_PROJECT_REPONAME: 'website',
  CIRCLE_PROJECT_USERNAME: 'acme',
  CIRCLE_REPOSITORY_URL: 'git@github.com:acme/website.git',
  CIRCLE_SHA1: 'abc',
  CIRCLE_USERNAME: 'ann',
  CIRCLE_WORKFLOW_ID: 'wi',
  CIRCLE_WORKFLOW_JOB_ID: 'ji',
  CIRCLE_WORKFLOW_WORKSPACE_ID: 'wi',
  CIRCLE_WORKING_DIRECTORY: '~/project',
}

describe("CircleCI's variables", () => {
  const { CIRCLE_BRANCH: _, ...tagged } = VARIABLES
  const { CIRCLE_USERNAME: __, ...untriggered } = VARIABLES
  const pull = 'https://github.com/acme/website/pull/12'
  for (const [name, change, expected] of [
    ['of a push', {}, VARIABLES],
    ['of a call of the API', { trigger: 'api' }, VARIABLES],
    ['of a schedule', { trigger: 'schedule' }, untriggered],
    ['of a custom webhook', { trigger: 'webhook' }, untriggered],
    ['of a tag', { tag: 'v1' }, { ...tagged, CIRCLE_TAG: 'v1' }],
    [
      'of a fork',
      { fork: { repository: 'github.com/mallory/copy', pullRequest: 12 } },
      {
        ...VARIABLES,
        CIRCLE_BRANCH: 'pull/12',
        CIRCLE_PR_NUMBER: '12',
        CIRCLE_PR_REPONAME: 'copy',
        CIRCLE_PR_USERNAME: 'mallory',
        CIRCLE_PULL_REQUEST: pull,
        CIRCLE_PULL_REQUESTS: pull,
      },
    ],
  ] as const) {
    test(name, () => assert.deepEqual(circleVariables(job(change)), expected))
  }
})

describe('variables of the surrounding shell', () => {
  for (const name of [
    ...['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'CIRCLE_TAG', 'CIRCLECI', 'CI', 'CI_JOB_TOKEN'],
    ...['BASH_ENV', 'ENV', 'XDG_DATA_HOME', 'GITHUB_ACTIONS', 'ACTIONS_ID_TOKEN_REQUEST_URL'],
    ...['RUNNER_TEMP', 'GITLAB_CI', 'BUILDKITE', 'BUILDKITE_JOB_ID', 'BITBUCKET_BUILD_NUMBER'],
    ...['JENKINS_URL', 'HUDSON_HOME', 'BUILD_NUMBER', 'BUILD_ID', 'BUILD_URL', 'BUILD_TAG'],
    ...['JOB_NAME', 'JOB_URL', 'JOB_BASE_NAME', 'STAGE_NAME', 'TRAVIS', 'TRAVIS_BRANCH'],
    ...['TF_BUILD', 'TEAMCITY_VERSION', 'DRONE', 'DRONE_BRANCH', 'APPVEYOR', 'APPVEYOR_URL'],
    ...['CODEBUILD_BUILD_ID', 'SEMAPHORE', 'SEMAPHORE_JOB_ID'],
  ]) {
    test(`${name} is hidden from the job`, () => assert.equal(isHiddenFromJob(name), true))
  }
  for (const name of [
    ...['HOME', 'PATH', 'MY_AWS_REGION', 'AWS', 'AWSX', 'CIX', 'XCI', 'MY_CI', 'ENVIRONMENT'],
    ...['MY_ENV', 'XDG_', 'GITHUB_', 'BUILD_DIR', 'BUILD_NUMBERS', 'JOB_ID', 'TF_BUILDS', ''],
    ...['TF_VAR_x', 'MY_STAGE_NAME', 'STAGE_NAMES', 'RUNNER', 'MY_BASH_ENV', 'BASH_ENVS'],
  ]) {
    test(`${name || 'one without a name'} is not`, () => assert.equal(isHiddenFromJob(name), false))
  }
})

describe('what leads to the sandbox', () => {
  test('endpoint and tools, and the proxy not in between', () => {
    assert.deepEqual(sandboxVariables(URL, DIRECTORY, { PATH: '/opt/bin' }), {
      AWS_ENDPOINT_URL_STS: URL,
      CIRCLE_SANDBOX_URL: URL,
      PATH: '/job/bin:/opt/bin',
      BASH_ENV: '/job/env',
      NO_PROXY: '127.0.0.1,localhost',
      no_proxy: '127.0.0.1,localhost',
    })
    assert.equal(
      sandboxVariables(URL, DIRECTORY, {})['PATH'],
      '/job/bin:/usr/local/bin:/usr/bin:/bin',
    )
  })

  for (const [env, large, small] of [
    [{ NO_PROXY: 'a' }, 'a', 'a'],
    [{ no_proxy: 'b,c' }, 'b,c', 'b,c'],
    [{ NO_PROXY: 'a', no_proxy: 'b' }, 'a', 'b'],
  ] as const) {
    test(`beside ${JSON.stringify(env)}`, () => {
      const { NO_PROXY, no_proxy } = sandboxVariables(URL, DIRECTORY, env)
      assert.equal(NO_PROXY, `${large},127.0.0.1,localhost`)
      assert.equal(no_proxy, `${small},127.0.0.1,localhost`)
    })
  }
})

describe('the whole environment', () => {
  const parent = { AWS_REGION: 'eu-west-1', AWS_PROFILE: 'mine', HOME: '/me', OTHER: 'kept' }
  const world = job({})
  const of = (tokens: { v1: string; v2: string } | undefined, ...passed: string[]) =>
    jobEnvironment({ PATH: '/bin', ...parent }, world, URL, DIRECTORY, tokens, passed)
  const plain = {
    ...VARIABLES,
    OTHER: 'kept',
    ...sandboxVariables(URL, DIRECTORY, { PATH: '/bin' }),
    HOME: '/job/home',
  }

  test('is that of the shell without what CircleCI has, and that of the job', () => {
    assert.deepEqual(of(undefined), plain)
    assert.deepEqual(of({ v1: 'one', v2: 'two' }), {
      ...plain,
      CIRCLE_OIDC_TOKEN: 'one',
      CIRCLE_OIDC_TOKEN_V2: 'two',
    })
  })

  test('what is passed comes along, but the way to the sandbox stays', () => {
    assert.deepEqual(of(undefined, 'AWS_REGION', 'NONE'), { ...plain, AWS_REGION: 'eu-west-1' })
    const env = jobEnvironment(
      {
        AWS_ENDPOINT_URL_STS: 'http://other',
        BASH_ENV: '/other',
        CIRCLE_JOB: 'other',
        PATH: '/bin',
      },
      world,
      ...([URL, DIRECTORY, undefined, ['AWS_ENDPOINT_URL_STS', 'BASH_ENV', 'CIRCLE_JOB']] as const),
    )
    const { OTHER, ...rest } = plain
    assert.deepEqual(env, { ...rest, CIRCLE_JOB: 'other' })
  })
})

// https://circleci.com/docs/openid-connect-tokens/#oidc-in-open-source-projects
test('a job has both tokens, unless it is of a fork that gets no secrets', async () => {
  const fork = { repository: 'github.com/mallory/copy', pullRequest: 12 }
  const mint = async ({ version = '' } = {}) => `token ${version}`
  const tokens = { v1: 'token v1', v2: 'token v2' }
  for (const [world, expected] of [
    [job({}), tokens],
    [job({ fork: { ...fork, passSecrets: true } }), tokens],
    [job({ fork: { ...fork, passSecrets: false } }), undefined],
    [job({ fork }), undefined],
  ] as const) {
    assert.deepEqual(await mintTokens({ world, mint }), expected)
  }
})

test('a program with arguments is run as it is, one text as a step is', () => {
  for (const command of [['echo', 'a b'], ['env', '-0', 'x'], []]) {
    assert.deepEqual(stepCommand(command), command)
  }
  assert.deepEqual(stepCommand(['echo a | cat']), [
    ...['/bin/bash', '-eo', 'pipefail', '-c', 'echo a | cat'],
  ])
})

describe('what `circleci run oidc get` asks for', () => {
  const asked = async (body: object, mintsForJob = true) => {
    const given: unknown[] = []
    const mint = async (options: unknown) => {
      given.push(options)
      return 'a token'
    }
    const issuer = { mint, mintsForJob } as unknown as Parameters<typeof mintForJob>[0]
    return [await mintForJob(issuer, JSON.stringify(body)), ...given]
  }
  const PLAIN = { rootIssuer: false, version: 'v2' }
  for (const [body, options] of [
    [{}, PLAIN],
    [{ claims: {} }, PLAIN],
    [{ claims: { aud: 'x' } }, { ...PLAIN, audience: 'x' }],
    [{ claims: { aud: ['x', 'y'] } }, { ...PLAIN, audience: ['x', 'y'] }],
    [{ rootIssuer: true }, { ...PLAIN, rootIssuer: true }],
    [{ rootIssuer: 'yes' }, PLAIN],
    [{ version: 'v1' }, { ...PLAIN, version: 'v1' }],
    [{ version: 'v3' }, PLAIN],
  ] as const) {
    test(JSON.stringify(body), async () => {
      assert.deepEqual(await asked(body), [{ token: 'a token' }, options])
    })
  }

  for (const [claims, problem] of [
    ...[1, null, 'x', true].map((one) => [one, 'claims must be a JSON object'] as const),
    [{ sub: 'x' }, 'the claim "sub" cannot be set, only "aud"'],
    [{ aud: 'x', iss: 'y' }, 'the claim "iss" cannot be set, only "aud"'],
    ...[1, '', null, ['x', 1], ['']].map(
      (aud) => [{ aud }, 'the claim "aud" must be a string or a list of strings'] as const,
    ),
  ] as const) {
    test(`no token for ${JSON.stringify(claims)}`, async () => {
      assert.deepEqual(await asked({ claims }), [{ problem }])
    })
  }

  test('no token for a fork that gets no secrets', async () => {
    assert.deepEqual(await asked({}, false), [
      { problem: 'builds of this fork get no secrets, so no token' },
    ])
  })
})

describe('the directory of a job', () => {
  const create = () => createJobDirectory({ cli: "/the cli's.cjs", circleci: '/circleci.cjs' })
  const mode = (path: string) => statSync(path).mode & 0o777

  test('is private, with tools, an empty BASH_ENV and the project', async (t) => {
    const { home, bin, bashEnv, variables, remove } = await create()
    t.after(remove)
    const root = dirname(home)
    assert.deepEqual([root, home, bin].map(mode), [0o700, 0o700, 0o700])
    assert.deepEqual([mode(bashEnv), readFileSync(bashEnv, 'utf8')], [0o600, ''])
    assert.deepEqual([dirname(bashEnv), dirname(variables)], [root, root])
    assert.equal(existsSync(variables), false)
    assert.equal(realpathSync(join(home, 'project')), process.cwd())
    assert.deepEqual(readdirSync(bin).sort(), ['circleci', 'circleci-agent', 'circleci-aws-oidc'])
    for (const [name, script] of [
      ['circleci', '/circleci.cjs'],
      ['circleci-agent', '/circleci.cjs'],
      ['circleci-aws-oidc', "/the cli's.cjs"],
    ] as const) {
      accessSync(join(bin, name), constants.X_OK)
      const node = `exec() { printf '%s\\n' "$@"; }; set -- a 'b c'; . '${join(bin, name)}'`
      const { stdout } = spawnSync('bash', ['-c', node], { encoding: 'utf8' })
      assert.deepEqual(stdout.split('\n'), [process.execPath, script, 'a', 'b c', ''])
    }
  })

  test('goes with the job, or at the end of a process that fails', async () => {
    const listeners = () => process.listeners('exit')
    const before = listeners()
    const gone = await create()
    await gone.remove()
    assert.equal(existsSync(dirname(gone.home)), false)
    assert.deepEqual(listeners(), before)
    const left = await create()
    const [atExit = assert.fail()] = listeners().filter((one) => !before.includes(one))
    atExit.call(process, 1)
    assert.equal(existsSync(dirname(left.home)), false)
    await left.remove()
    assert.deepEqual(listeners(), before)
  })
})
