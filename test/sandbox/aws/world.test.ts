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
const WRONG: [world: unknown, message: RegExp][] = [
  [[], /^The world must be a JSON object, not \[\]\.$/],
  [{ acounts: {} }, /^The world has an unknown key "acounts"; known are organization, /],
  [{ organization: '' }, /^organization in the world must be a string without blanks, not ""\.$/],
  [{ issuer: 'ftp://x' }, /^issuer in the world must be an https:\/\/ or http:\/\/ URL/],
  [{ tokenLifetimeSeconds: '60' }, /^tokenLifetimeSeconds .* integer from 1 to 86400, not "60"/],
  [{ latencyMs: -1 }, /^latencyMs in the world must be an integer from 0/],
  [{ job: { repository: 'acme' } }, /^job\.repository in the world must be like github\.com/],
  [{ job: { contextIds: 'c' } }, /^job\.contextIds in the world must be an array/],
  [{ job: { tag: 'v1' } }, /^job in the world has an unknown key "tag"/],
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
  [role({ maxSessionDuration: 900 }), /trustPolicy/],
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
