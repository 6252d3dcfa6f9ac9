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

/** What has a least and a most, with what stands around it. */
const RANGES: [name: string, least: number, most: number, world: (value: number) => object][] = [
  ['tokenLifetimeSeconds', 1, 86_400, (tokenLifetimeSeconds) => ({ tokenLifetimeSeconds })],
  ['tokenGraceSeconds', 0, 86_400, (tokenGraceSeconds) => ({ tokenGraceSeconds })],
  [
    'credentialsLifetimeSeconds',
    1,
    86_400,
    (credentialsLifetimeSeconds) => ({ credentialsLifetimeSeconds }),
  ],
  ['latencyMs', 0, 60_000, (latencyMs) => ({ latencyMs })],
  ['buildNumber', 1, Number.MAX_SAFE_INTEGER, (buildNumber) => ({ job: { buildNumber } })],
  [
    'pullRequest',
    1,
    Number.MAX_SAFE_INTEGER,
    (pullRequest) => ({ job: { fork: { repository: 'github.com/a/b', pullRequest } } }),
  ],
  // "between 3,600 and 43,200 seconds": API_CreateRole.html, MaxSessionDuration
  [
    'maxSessionDuration',
    3600,
    43_200,
    (maxSessionDuration) => role({ maxSessionDuration, trustPolicy: trust({}) }),
  ],
  // "2048 characters", up to 4096 on request: reference_iam-quotas.html
  [
    'trustPolicyQuota',
    2048,
    4096,
    (trustPolicyQuota) => ({ accounts: { '111111111111': { trustPolicyQuota } } }),
  ],
]
for (const [name, least, most, world] of RANGES) {
  test(`${name} is from ${least} to ${most}`, () => {
    for (const value of [least, most]) assert.doesNotThrow(() => readWorld(world(value)))
    for (const value of [least - 1, most + 1, least + 0.5, null]) {
      assert.throws(() => readWorld(world(value as number)), {
        code: 'invalid-world',
        message: new RegExp(`${name} .* must be an integer from ${least} to ${most}, not `),
      })
    }
  })
}

/** Texts that a world may hold in a place, and texts that it may not. */
const TEXTS: {
  readonly name: string
  readonly world: (text: string) => object
  readonly good: readonly string[]
  readonly bad: readonly string[]
}[] = [
  {
    name: 'region',
    world: (region) => ({ region }),
    good: ['us-east-1', 'us-gov-west-1', 'ap-southeast-12'],
    bad: ['', 'us-east', 'useast1', 'us-east-1a', '1us-east-1', 'us--1', 'us-east-x', 'US-EAST-1'],
  },
  {
    name: 'repository',
    world: (repository) => ({ job: { repository } }),
    good: ['github.com/acme/website', 'a/b/c', 'gitlab.com/group/sub/project'],
    bad: ['', 'acme/website', '/acme/website', 'github.com//website', 'github.com/acme/'],
  },
  ...['name', 'branch', 'tag', 'sha1', 'userId'].map((name) => ({
    name,
    world: (text: string) => ({ job: { [name]: text } }),
    ...{ good: ['a', 'a b'], bad: [''] },
  })),
  {
    name: 'contextIds',
    world: (one) => ({ job: { contextIds: ['c1', one] } }),
    ...{ good: ['c2'], bad: ['', 'c 2'] },
  },
  // An account id has twelve digits: API_Account.html
  {
    name: 'an account',
    world: (account) => ({ accounts: { [account]: {} } }),
    good: ['000000000001', '123456789012'],
    bad: ['', '1', '12345678901', '1234567890123', 'a23456789012', '12345678901x'],
  },
  {
    name: 'partition',
    world: (partition) => ({ accounts: { '111111111111': { partition } } }),
    good: ['aws', 'aws-cn', 'aws-us-gov', 'aws-iso-b'],
    bad: ['', 'xaws', 'aws-CN', 'aws_cn', 'aws-cn ', 'cn'],
  },
  // "[\w+=,.@-]+", 1 to 64 characters: API_CreateRole.html, RoleName
  {
    name: 'a role name',
    world: (name) => role({ name, trustPolicy: trust({}) }),
    good: ['r', 'Az09_+=,.@-', 'r'.repeat(64)],
    bad: ['', 'r'.repeat(65), 'a b', 'a/b', 'a:b', ' r', 'r ', 'ä'],
  },
  // "(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", 1 to 512 characters: API_CreateRole.html, Path
  {
    name: 'path',
    world: (path) => role({ path, trustPolicy: trust({}) }),
    good: ['/', '/a/', '/a/b/', `/${'a'.repeat(510)}/`],
    bad: ['', 'a', '/a', 'a/', `/${'a'.repeat(511)}/`, '/a b/', '/ä/', '//a/ ', ' /a/'],
  },
  // "must be unique … from 1 to 255 characters": API_CreateOpenIDConnectProvider.html, ClientIDList
  {
    name: 'a client id',
    world: (one) => provider({ clientIds: [one] }),
    good: ['a', 'a'.repeat(255), 'https://a.example/x?y'],
    bad: ['', 'a'.repeat(256), 'a b', ' a', 'a '],
  },
  // "must begin with https://", no query, no port number: id_roles_providers_create_oidc.html
  {
    name: 'the URL of a provider',
    world: (url) => provider({ url }),
    good: [
      ...['https://a.example', 'https://a.example/', 'https://a.example/org/x'],
      ...['http://127.0.0.1', 'http://127.0.0.1:8080', 'https://localhost:1/x', 'http://[::1]:12/'],
    ],
    bad: [
      ...['', 'a.example', 'https://', 'https:///x', 'xhttps://a.example', 'https://a.example/?q'],
      ...['https://a.example?q', 'https://a.example#f', 'https://a.example/#f', 'https://u@a.b'],
      ...['https://a.example:443', 'https://a.example:443/x', 'https://a .example', 'https://a/ b'],
      ...['http://a.example', 'http://127.0.0.1:', 'http://127.0.0.1:x', 'http://127.0.0.1/?q'],
      ...['http://127x0.0.1', 'http://127.0.0.12', 'xhttp://127.0.0.1', 'http://127.0.0.1:1 '],
      ...['http://127.0.0.1/#f', 'http://127.0.0.1/a b', 'http://localhost.example'],
    ],
  },
]
for (const { name, world, good, bad } of TEXTS) {
  test(`${name}: what is accepted, and what is not`, () => {
    for (const text of good) assert.doesNotThrow(() => readWorld(world(text)), text)
    for (const text of bad) {
      assert.throws(() => readWorld(world(text)), { code: 'invalid-world' }, JSON.stringify(text))
    }
  })
}

test('the size of a trust policy is without white space: 2048 characters, up to 4096 on request', () => {
  const sized = (length: number) => {
    const rest = JSON.stringify(trust({ Sid: '' })).length
    return trust({ Sid: 'x'.repeat(length - rest) })
  }
  const world = (trustPolicy: unknown, trustPolicyQuota?: number) => ({
    accounts: { '111111111111': { trustPolicyQuota, roles: [{ name: 'r', trustPolicy }] } },
  })
  const spaced = JSON.stringify(sized(2048), undefined, 8)
  assert.ok(spaced.length > 2100)
  for (const good of [
    world(sized(2048)),
    world(spaced),
    world(sized(2049), 2049),
    world(sized(4096), 4096),
  ]) {
    assert.equal(readWorld(good).accounts[0]?.roles.length, 1)
  }
  for (const [size, quota] of [
    [2049, undefined],
    [3001, 3000],
  ] as const) {
    assert.throws(() => readWorld(world(sized(size), quota)), {
      code: 'invalid-world',
      message: new RegExp(`trustPolicy .* has ${size} characters .* at most ${quota ?? 2048}\\.$`),
    })
  }
})

const ids = (count: number) => Array.from({ length: count }, (_, at) => `id${at}`)

// "Client IDs per OIDC provider: 100": reference_iam-quotas.html
test('a provider has at most 100 client ids', () => {
  const { accounts } = readWorld(provider({ clientIds: ids(100) }))
  assert.equal(accounts[0]?.providers[0]?.clientIds.length, 100)
})

test('a role, a provider or a fork with a key too many or a value of another type', () => {
  for (const [wrong, message] of [
    [role({ trustPolicy: trust({}), arn: 'x' }), /unknown key "arn".* trustPolicy\.$/],
    [
      role({ trustPolicy: 7 }),
      /^accounts\["111111111111"\]\.roles\[0\]\.trustPolicy in the world /,
    ],
    [role({ trustPolicy: '{' }), /\.trustPolicy in the world is not JSON/],
    [
      { accounts: { '111111111111': { partition: 'cn' } } },
      /partition .* must be like aws, not "cn"/,
    ],
    [role({ name: 'a b', trustPolicy: trust({}) }), /\.name .* must be a role name, not "a b"\.$/],
    [role({ path: 'x', trustPolicy: trust({}) }), /\.path .* must be a path such as \/ or /],
    [{ region: 'x' }, /^region in the world must be a region such as us-east-1, not "x"\.$/],
    [provider({ thumbprint: 'x' }), /unknown key "thumbprint"; .* url, clientIds\.$/],
    [provider({ url: undefined }), /url in the world must be .* not missing\.$/],
    [
      provider({ clientIds: ids(101) }),
      /clientIds in the world has 101 client ids; .* most 100\.$/,
    ],
    [provider({ clientIds: [7] }), /clientIds\[0\] in the world .* not 7\.$/],
    [{ accounts: { '111111111111': { users: [] } } }, /unknown key "users"; .* roles\.$/],
    [{ accounts: { '111111111111': null } }, /^accounts\["111111111111"\] .* not null\.$/],
    [{ accounts: { '111111111111': { roles: {} } } }, /roles in the world must be an array/],
    [{ job: 'x' }, /^job in the world must be a JSON object, not "x"\.$/],
    [{ job: { fork: { repo: 'x' } } }, /^job\.fork .* unknown key "repo"/],
    [{ job: { trigger: 7 } }, /^job\.trigger in the world must be one of/],
    ...['false', null, 0].map((passSecrets) => [
      { job: { fork: { repository: 'a/b/c', pullRequest: 1, passSecrets } } },
      /^job\.fork\.passSecrets in the world must be true or false/,
    ]),
    [
      { accounts: { '111111111111': { providers: [0, 1].map(() => ({ url: 'https://a.b' })) } } },
      /^accounts\["111111111111"\]\.providers in the world has the provider "a\.b" twice\.$/,
    ],
  ] as [object, RegExp][]) {
    assert.throws(() => readWorld(wrong), { code: 'invalid-world', message })
  }
})

test('every fact of the job can be set; what is not set is that of the default world', () => {
  const fork = { repository: 'github.com/mallory/website', pullRequest: 7, passSecrets: false }
  const job = {
    ...{ name: 'n', buildNumber: 7, branch: 'b', tag: 't', trigger: 'api' as const, fork },
    ...{ repository: 'h/o/r', sha1: 's', username: 'u', userId: 'ui', jobId: 'j' },
    ...{ workflowId: 'w', pipelineId: 'p', pipelineDefinitionId: 'd', contextIds: ['c'] },
  }
  assert.deepEqual(readWorld({ job }).job, job)
  const { job: facts, ...world } = readWorld({})
  assert.deepEqual(readWorld({ job: {} }).job, facts)
  assert.deepEqual([facts.tag, facts.fork, facts.trigger], [undefined, undefined, 'push'])
  for (const [name, value] of Object.entries(job)) {
    assert.deepEqual(readWorld({ job: { [name]: value } }).job, { ...facts, [name]: value })
  }
  const { tokenLifetimeSeconds, tokenGraceSeconds, region, latencyMs } = world
  assert.deepEqual([tokenLifetimeSeconds, tokenGraceSeconds, latencyMs], [3600, 300, 0])
  assert.deepEqual([region, world.credentialsLifetimeSeconds], ['us-east-1', undefined])
  const ids = [world.organization, world.project, facts.userId, facts.jobId, facts.workflowId]
  for (const one of [...ids, facts.pipelineId, facts.pipelineDefinitionId]) {
    assert.match(one, /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
  }
  assert.match(facts.sha1, /^[0-9a-f]{40}$/)
})
