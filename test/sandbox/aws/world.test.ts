import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWorld, readWorld } from '../../../src/sandbox/index.ts'

test('the default world: an account with provider and role, and one behind it', () => {
  const world = readWorld({})
  assert.equal(world.issuer, `https://oidc.circleci.com/org/${world.organization}`)
  assert.deepEqual(
    world.accounts.map(({ id, providers, roles }) => [
      id,
      providers.map(({ url, clientIds }) => [url, clientIds]),
      roles.map(({ name, path, maxSessionDuration }) => [name, path, maxSessionDuration]),
    ]),
    [
      ['111111111111', [[world.issuer, [world.organization]]], [['circleci-oidc', '/', 3600]]],
      ['222222222222', [], [['playground', '/', 3600]]],
    ],
  )
})

test('the default accounts follow organization, project and issuer', () => {
  const world = readWorld({
    organization: 'o1',
    project: 'p1',
    issuer: 'https://ci.example/org/o1',
  })
  const text = JSON.stringify(world.accounts)
  assert.match(text, /oidc-provider\/ci\.example\/org\/o1"/)
  assert.match(text, /"org\/o1\/project\/p1\/user\/\*"/)
})

test('everything set', () => {
  const trustPolicy = {
    Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
  }
  const world = parseWorld(
    JSON.stringify({
      organization: 'o1',
      project: 'p1',
      issuer: 'http://127.0.0.1:9/org/o1',
      tokenLifetimeSeconds: 60,
      credentialsLifetimeSeconds: 5,
      latencyMs: 100,
      job: { name: 'deploy to prod', buildNumber: 7, branch: 'feature/x', contextIds: ['c1'] },
      accounts: {
        '333333333333': {
          partition: 'aws-us-gov',
          providers: [{ url: 'https://a.example/', clientIds: ['x', 'y'] }],
          roles: [{ name: 'r', path: '/a/b/', maxSessionDuration: 43_200, trustPolicy }],
        },
      },
    }),
  )
  assert.equal(world.credentialsLifetimeSeconds, 5)
  assert.equal(world.latencyMs, 100)
  assert.equal(world.job.name, 'deploy to prod')
  assert.equal(world.job.repository, 'github.com/acme/website')
  assert.equal(world.accounts[0]?.partition, 'aws-us-gov')
  assert.equal(world.accounts[0]?.roles[0]?.maxSessionDuration, 43_200)
})

const role = (change: object) => ({
  accounts: { '111111111111': { roles: [{ name: 'r', ...change }] } },
})
const ARN = 'arn:aws:iam::111111111111:'
const trust = (change: object) => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole', ...change },
})
const provider = (change: object) => ({
  accounts: {
    '111111111111': { providers: [{ url: 'https://a.example', clientIds: ['a'], ...change }] },
  },
})
const WRONG: [world: unknown, message: RegExp][] = [
  [[], /^The world must be a JSON object, not \[\]\.$/],
  [{ acounts: {} }, /^The world has an unknown key "acounts"; the known keys are organization, /],
  [{ organization: '' }, /^organization in the world must be a string without spaces, not ""\.$/],
  ...['a b', ' a', 'a\n'].map((organization): [unknown, RegExp] => [
    { organization },
    /^organization in the world must be a string without spaces/,
  ]),
  [{ issuer: 'ftp://x' }, /^issuer in the world must be an https:\/\/ URL without a port/],
  [{ tokenLifetimeSeconds: '60' }, /^tokenLifetimeSeconds .* integer from 1 to 86400, not "60"/],
  [{ latencyMs: -1 }, /^latencyMs in the world must be an integer from 0/],
  [{ job: { repository: 'acme' } }, /^job\.repository in the world must be like github\.com/],
  [{ job: { contextIds: 'c' } }, /^job\.contextIds in the world must be an array/],
  [{ job: { tags: 'v1' } }, /^job in the world has an unknown key "tags"/],
  [{ job: { trigger: 'cron' } }, /^job\.trigger .* must be one of push, api, schedule, webhook/],
  [{ job: { fork: { pullRequest: 1 } } }, /^job\.fork\.repository in the world must be like/],
  [{ accounts: [] }, /^accounts in the world must be a JSON object/],
  [{ accounts: { '123': {} } }, /^accounts\["123"\] .* account id of 12 digits/],
  [
    { accounts: { '111111111111': { providers: [{ url: 'x' }] } } },
    /^accounts\["111111111111"\]\.providers\[0\]\.url in the world must be/,
  ],
  [
    { accounts: { '111111111111': { roles: [{}] } } },
    /^accounts\["111111111111"\]\.roles\[0\]\.trustPolicy in the world is missing; it must be a JSON object/,
  ],
  [
    role({ trustPolicy: { Statement: { Effect: 'Alow' } } }),
    /^accounts\["111111111111"\]\.roles\[0\]\.trustPolicy\.Statement\.Effect in the world is "Alow"/,
  ],
  [
    role({ maxSessionDuration: 900, trustPolicy: trust({}) }),
    /maxSessionDuration .* 3600 to 43200/,
  ],
  // What IAM would not store, from reference_iam-quotas.html, id_roles_providers_create_oidc.html, API_CreateRole.html
  [role({ trustPolicy: trust({ Sid: 'x'.repeat(5000) }) }), /has 5\d{3} characters.*at most 2048/],
  [
    role({ trustPolicy: trust({ Principal: '*' }) }),
    /Statement\[0\]\.Principal .* IAM does not accept "\*"/,
  ],
  [
    role({ trustPolicy: trust({ Principal: { AWS: `${ARN}role/*` } }) }),
    /IAM does not accept a wildcard within a principal/,
  ],
  [
    role({ trustPolicy: trust({ Principal: undefined, NotPrincipal: { AWS: '*' } }) }),
    /IAM does not accept NotPrincipal/,
  ],
  [
    role({ trustPolicy: trust({ Condition: { StringContains: { 'aws:x': 'y' } } }) }),
    /IAM knows no condition operator "StringContains"/,
  ],
  [
    {
      accounts: {
        '111111111111': {
          roles: ['r', 'R'].map((name) => ({ name, trustPolicy: trust({}) })),
        },
      },
    },
    /roles in the world has the role name "r" twice/,
  ],
  [provider({ url: 'http://a.example' }), /url in the world must be an https:\/\/ URL/],
  [provider({ url: 'https://a.example:8443' }), /without a port/],
  [provider({ url: 'https://a.example/?x' }), /without a port, query/],
  [
    provider({ clientIds: Array.from({ length: 101 }, (_, at) => `id${at}`) }),
    /has 101 client ids/,
  ],
  [provider({ clientIds: ['a', 'a'] }), /has the client id "a" twice/],
  [provider({ clientIds: ['a'.repeat(256)] }), /at most 255 characters/],
]

for (const [world, message] of WRONG) {
  test(`invalid-world: ${JSON.stringify(world).slice(0, 80)}`, () => {
    assert.throws(() => readWorld(world), { code: 'invalid-world', message })
  })
}

test('a world that is not JSON', () => {
  assert.throws(() => parseWorld('{'), {
    code: 'invalid-world',
    message: /^The world is not JSON \(line 1, column 2\)/,
  })
})
