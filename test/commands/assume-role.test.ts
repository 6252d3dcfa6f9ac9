import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  reportJson,
  reportLines,
  runWithoutToken,
  SKIP_OPTIONS,
} from '../../src/commands/assume-role.ts'
import { OidcError } from '../../src/errors.ts'
import { resolveOptions } from '../../src/option-values.ts'
import type { Terminal } from '../../src/terminal.ts'
import type { Claims } from '../../src/token/claims.ts'
import { Home } from './in-process.ts'

const UNTIL = new Date('2026-11-21T13:00:00Z')
const CLAIMS: Claims = {
  iss: 'https://oidc.circleci.com/org/o',
  aud: ['o', 'p'],
  sub: 'org/o/project/p/user/u/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main',
  exp: Date.parse('2026-11-21T12:30:00Z') / 1000,
}
const tokenOf = (claims: Claims, source = 'CIRCLE_OIDC_TOKEN_V2', value = 'the.token') => ({
  ...{ claims, source, value },
})

type Report = Parameters<typeof reportLines>[0]

interface Change {
  readonly profile?: string
  readonly role?: string
  readonly region?: string
  readonly token?: ReturnType<typeof tokenOf> | 'none'
}

/** A role that was assumed, as its plan asked for it. */
function assumed({ profile = 'dev', role = 'deploy', region, token }: Change = {}) {
  const isChained = token === 'none'
  return {
    plan: {
      profile,
      region,
      credentials: 'static',
      role: { arn: `arn:aws:iam::111111111111:role/${role}` },
      roleSessionName: 'session',
      source: isChained ? { kind: 'profile', name: 'base' } : { kind: 'token' },
    },
    role: {
      arn: `arn:aws:sts::111111111111:assumed-role/${role}/session`,
      accountId: '111111111111',
      credentials: {
        ...{ accessKeyId: 'ASIA', secretAccessKey: 'SECRET', sessionToken: 'SECRET' },
        expiration: UNTIL,
      },
      ...(isChained ? {} : { token: token ?? tokenOf(CLAIMS) }),
    },
  }
}

/** A report that lacks what is not told of. */
function reportOf(roles: object[], plan: object = {}, files: readonly string[] = []): Report {
  const locations = { config: '/home/me/.aws/config', credentials: '/home/me/.aws/credentials' }
  return { plan: { locations, ...plan }, roles, files } as unknown as Report
}

const lines = (report: Report, env: object = { HOME: '/home/me' }) =>
  Object.fromEntries(reportLines(report, { ...env }))

describe('what a person reads', () => {
  test('of one role', () => {
    assert.deepEqual(
      reportLines(reportOf([assumed({ region: 'eu-west-1' })]), { HOME: '/home/me' }),
      [
        [
          'Token',
          'CircleCI, github.com/acme/website, branch main, until 2026-11-21 12:30:00 UTC (CIRCLE_OIDC_TOKEN_V2)',
        ],
        [
          'Role',
          'arn:aws:sts::111111111111:assumed-role/deploy/session, account 111111111111, region eu-west-1, until 2026-11-21 13:00:00 UTC',
        ],
        ['Profile', 'dev in ~/.aws/config and ~/.aws/credentials'],
      ],
    )
    assert.match(lines(reportOf([assumed()]))['Role'] ?? '', /, no region, until /)
  })

  test('of several: a table, and each token once', () => {
    const other = assumed({ profile: 'second', role: 'path/two', token: 'none' })
    const shown = reportLines(reportOf([assumed({ region: 'eu-west-1' }), other, assumed()]), {})
    assert.deepEqual(
      shown.map(([label]) => label),
      ['Token', 'Profiles'],
    )
    assert.equal(
      shown[1]?.[1],
      [
        '3 in /home/me/.aws/config and /home/me/.aws/credentials',
        '  PROFILE  ACCOUNT       ROLE      REGION     UNTIL',
        '  dev      111111111111  deploy    eu-west-1  2026-11-21 13:00:00 UTC',
        '  second   111111111111  path/two  -          2026-11-21 13:00:00 UTC',
        '  dev      111111111111  deploy    -          2026-11-21 13:00:00 UTC',
      ].join('\n'),
    )
    const two = [assumed(), assumed({ token: tokenOf(CLAIMS, 'MINE', 'another.token') })]
    assert.equal(reportLines(reportOf(two), {}).filter(([label]) => label === 'Token').length, 2)
  })

  test('only the files that changed, where some did; from the home on, if it is one', () => {
    const path = '/home/me/.aws/credentials'
    const place = (files: string[], env: object) =>
      lines(reportOf([assumed()], {}, files), env)['Profile']?.replace('dev in ', '')
    assert.equal(place([path], { HOME: '/home/me' }), '~/.aws/credentials')
    for (const HOME of ['/', '/home/m', '/home/me/.aws/credentials', undefined]) {
      assert.equal(place([path], { HOME }), path, HOME)
    }
  })

  test('of a token in at most 120 columns', () => {
    const text = (claims: Claims, source?: string) =>
      lines(reportOf([assumed({ token: tokenOf(claims, source) })]))['Token'] ?? ''
    const { exp: _, ...endless } = CLAIMS
    assert.equal(
      text(endless),
      'CircleCI, github.com/acme/website, branch main (CIRCLE_OIDC_TOKEN_V2)',
    )
    const source = (length: number) => `/${'d'.repeat(length - 1)}`
    assert.ok(text(CLAIMS, source(35)).endsWith(`(${source(35)})`))
    assert.ok(text(CLAIMS, source(36)).endsWith(`(…${source(36).slice(2)})`))
    const long = (length: number) => ({ ...endless, sub: 'x'.repeat(length), iss: 'https://i' })
    for (let length = 60; length < 120; length += 1) {
      const shown = text(long(length))
      assert.ok('Profiles '.length + shown.length <= 120, `${length}`)
      const [holder = ''] = shown.split(' (')
      if (holder.includes('…')) assert.equal('Profiles '.length + shown.length, 120, `${length}`)
    }
    assert.ok(text(long(119)).includes('… ('))
    assert.ok(!text({ ...CLAIMS, sub: 'a\u001b[2Jb' }, 'c\u001b[2Jd').includes('\u001b'))
  })

  for (const [what, exported, line] of [
    ['bash steps', { kind: 'bash-env', mode: 'profile' }, 'AWS_PROFILE=dev for later bash steps'],
    ['GitHub', { kind: 'github-env', mode: 'keys' }, 'the keys for later steps'],
    ['a file', { kind: 'dotenv', mode: 'profile' }, 'AWS_PROFILE=dev in ~/export'],
    [
      'bash steps, with a region',
      { kind: 'bash-env', mode: 'keys', region: 'eu-west-1' },
      'the keys and region eu-west-1 for later bash steps',
    ],
  ] as const) {
    test(`of what is exported: ${what}`, () => {
      const plan = { export: { path: '/home/me/export', profile: 'dev', ...exported } }
      assert.equal(lines(reportOf([assumed()], plan))['Export'], line)
    })
  }

  test('of why nothing is exported, where something should be', () => {
    const notExported = { why: 'BASH_ENV is not set', next: 'Use --profile.' }
    const shown = lines(reportOf([assumed()], { notExported }))
    assert.equal(shown['Note'], 'nothing is exported: BASH_ENV is not set. Use --profile.')
    assert.equal('Export' in shown, false)
    assert.equal('Note' in lines(reportOf([assumed()])), false)
  })
})

describe('what a program reads', () => {
  test('of a role by a token, and of a chained one; no secret', () => {
    const roles = [assumed({ region: 'eu-west-1' }), assumed({ token: 'none' })]
    const report = reportJson(reportOf(roles, {}, ['/a']))
    const common = {
      ...{ profile: 'dev', credentials: 'static', roleSessionName: 'session' },
      roleArn: 'arn:aws:iam::111111111111:role/deploy',
      assumedRoleArn: 'arn:aws:sts::111111111111:assumed-role/deploy/session',
      accountId: '111111111111',
      expiration: '2026-11-21T13:00:00Z',
    }
    const token = {
      ...{ source: 'CIRCLE_OIDC_TOKEN_V2', issuer: CLAIMS.iss, audience: ['o', 'p'] },
      ...{ subject: CLAIMS.sub, expiration: '2026-11-21T12:30:00Z' },
    }
    assert.deepEqual(report, {
      profiles: [
        { ...common, region: 'eu-west-1', sourceProfile: null, token },
        { ...common, region: null, sourceProfile: 'base', token: null },
      ],
      files: ['/a'],
      export: null,
    })
    assert.doesNotMatch(JSON.stringify(report), /SECRET|the\.token/)
  })

  test('of a token that says nothing, and of each kind of export', () => {
    const [profile] = (
      reportJson(reportOf([assumed({ token: tokenOf({}) })])) as { profiles: object[] }
    ).profiles
    assert.deepEqual((profile as { token: object }).token, {
      ...{ source: 'CIRCLE_OIDC_TOKEN_V2', issuer: null, audience: [] },
      ...{ subject: null, expiration: null },
    })
    for (const [kind, name] of [
      ['bash-env', 'bashEnv'],
      ['github-env', 'githubEnv'],
      ['dotenv', 'file'],
    ] as const) {
      const exported = { kind, path: '/p', profile: 'dev' }
      const report = reportJson(reportOf([], { export: exported })) as { export: object }
      assert.deepEqual(report.export, { [name]: '/p', profile: 'dev' })
    }
  })
})

describe('a job without a token', () => {
  const MISSING = new OidcError('token-not-found', { what: 'This job has no OIDC token.' })
  const OTHER = new OidcError('unset-variable', { what: 'ROLE is not set.' })

  /** What becomes of a run that failed with this error. */
  async function skipped(error: OidcError, change: object = {}, env: Record<string, string> = {}) {
    const out: string[] = []
    const terminal = {
      print: (text: string) => out.push(text),
      paint: (...[, , text]: string[]) => text,
    } as unknown as Terminal
    const options = resolveOptions(SKIP_OPTIONS, { 'missing-token': 'skip', ...change }, env)
    const context = { env, terminal } as unknown as Parameters<typeof runWithoutToken>[2]
    return { code: await runWithoutToken(error, options, context), out: out.join('\n') }
  }

  test('is done with skip, and later steps can tell', async (t) => {
    const home = new Home(t)
    const BASH_ENV = join(home.path, 'bash_env')
    const line = 'Skipped  this job has no OIDC token, so no role is assumed'
    const done = await skipped(MISSING, {}, { BASH_ENV })
    assert.deepEqual(done, { code: 0, out: `${line}; later steps have AWS_OIDC_SKIPPED=1` })
    assert.match(readFileSync(BASH_ENV, 'utf8'), /AWS_OIDC_SKIPPED/)
    assert.deepEqual(await skipped(MISSING), { code: 0, out: line })
    const none = await skipped(MISSING, { export: 'none' }, { BASH_ENV: join(home.path, 'other') })
    assert.deepEqual(none, { code: 0, out: line })
  })

  test('is told to programs as JSON', async () => {
    const { out } = await skipped(MISSING, { format: 'json' })
    const nothing = { skipped: true, profiles: [], files: [], export: null }
    assert.equal(out, JSON.stringify(nothing, null, 2))
  })

  test('is done whatever else it lacks; with a token, that is the error', async () => {
    assert.equal((await skipped(OTHER)).code, 0)
    const env = { CIRCLE_OIDC_TOKEN_V2: 'no token' }
    await assert.rejects(skipped(OTHER, {}, env), OTHER)
    await assert.rejects(skipped(MISSING, { 'missing-token': 'fail' }), MISSING)
    await assert.rejects(skipped(OTHER, { 'missing-token': 'fail' }), OTHER)
  })
})
