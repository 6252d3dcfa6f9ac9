import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Allowed, parseAllowFile } from '../../../src/trust/audit/allow-file.ts'
import { audit } from '../../../src/trust/audit/audit.ts'
import { auditFinding, pageOf } from '../../../src/trust/audit/findings.ts'
import { readInventory } from '../../../src/trust/audit/inventory.ts'

const ACCOUNT = '111111111111'
const OTHER_ACCOUNT = '222222222222'
const NOW = new Date('2026-11-21T12:00:00Z')
const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
const OTHER_ORG = '71c9e5a8-3b40-4d26-a1f7-c8e2d6b40953'
const GITHUB = 'token.actions.githubusercontent.com'
const GITLAB = 'gitlab.com'
const CIRCLECI = `oidc.circleci.com/org/${ORG}`
const EKS = 'oidc.eks.eu-central-1.amazonaws.com/id/ABC'

const providerArn = (issuer: string, account = ACCOUNT) =>
  `arn:aws:iam::${account}:oidc-provider/${issuer}`
const statement = (issuer: string, condition: object, change: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: providerArn(issuer) },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: condition,
  ...change,
})
const role = (name: string, document: unknown, account = ACCOUNT) => ({
  RoleName: name,
  Arn: `arn:aws:iam::${account}:role/${name}`,
  AssumeRolePolicyDocument: document,
})
const trusting = (name: string, ...statements: readonly object[]) =>
  role(name, { Version: '2012-10-17', Statement: statements })
const aud = (issuer: string, value: string | readonly string[] = 'sts.amazonaws.com') => ({
  [`${issuer}:aud`]: value,
})
const sub = (issuer: string, value: string | readonly string[]) => ({ [`${issuer}:sub`]: value })
const only = (issuer: string, value: string | readonly string[], audience?: string) =>
  statement(issuer, { StringLike: { ...aud(issuer, audience), ...sub(issuer, value) } })

const report = (answers: readonly unknown[], allowed: Partial<Allowed> = {}) =>
  audit(
    readInventory([{ file: 'a', text: answers.map((one) => JSON.stringify(one)).join('\n') }]),
    { allowances: [], organizations: [], ...allowed },
    NOW,
  )
/** `name: kind detail` of each finding of the kinds asked for. */
const found = (kinds: RegExp, ...given: Parameters<typeof report>) =>
  report(...given).things.flatMap(({ name, findings }) =>
    findings
      .filter(({ kind }) => kinds.test(kind))
      .map(({ kind, detail }) => `${name}: ${kind} ${detail}`),
  )

describe('which roles are for jobs of a CI', () => {
  const named = (...roles: readonly object[]) =>
    report([{ Roles: roles }]).things.map(({ name }) => name)
  const ec2 = {
    Effect: 'Allow',
    Principal: { Service: 'ec2.amazonaws.com' },
    Action: 'sts:AssumeRole',
  }
  const pod = statement(EKS, { StringEquals: sub(EKS, 'system:serviceaccount:a:b') })
  const ofGithub = only(GITHUB, 'repo:acme/site:environment:prod')
  const everyone = (condition: object) => statement(GITHUB, condition, { Principal: '*' })
  for (const [name, statements, isOfCi] of [
    ['a service', [ec2], false],
    ['service accounts of a cluster', [pod], false],
    ['a CI', [ofGithub], true],
    ['a service and a CI', [ec2, ofGithub], true],
    [
      'a cluster and a CI in one statement',
      [statement(EKS, {}, { Principal: { Federated: [providerArn(EKS), providerArn(GITHUB)] } })],
      true,
    ],
    ['a CI that is denied', [ec2, { ...ofGithub, Effect: 'Deny' }], false],
    ['everyone with a token of a CI', [everyone({ StringLike: sub(GITHUB, 'repo:acme/*') })], true],
    [
      'everyone of an account',
      [everyone({ StringEquals: { 'aws:PrincipalAccount': ACCOUNT } })],
      false,
    ],
    [
      'everyone, written as a list',
      [everyone({ StringLike: sub(GITHUB, 'repo:acme/*') })].map((one) => ({
        ...one,
        Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:root`, '*'] },
      })),
      true,
    ],
    ['a host that is called like a cluster', [only('ci.example/oidc.eks.x/id/1', 'a')], true],
  ] as const) {
    test(name, () => {
      assert.deepEqual(named(trusting('r', ...statements)), isOfCi ? ['r'] : [])
      assert.equal(report([{ Roles: [trusting('r', ...statements)] }]).rolesRead, 1)
    })
  }

  test('one whose trust policy cannot be read may be; what is wrong with it', () => {
    const roles = [role('text', 'x'), role('effect', { Statement: [{ ...ec2, Effect: 'x' }] })]
    assert.match(
      found(/./, [{ Roles: roles }]).join('\n'),
      /^effect: policy-unreadable Statement\[0\]\.Effect .*\ntext: policy-unreadable the document /,
    )
  })
})

describe('organizations that are not ours', () => {
  const foreign = (organizations: readonly string[], ...statements: readonly object[]) =>
    report([{ Roles: [trusting('r', ...statements)] }], { organizations }).things.flatMap(
      ({ findings }) =>
        findings.filter(({ kind }) => kind === 'other-organization').map(({ detail }) => detail),
    )
  const jobs = (org: string) => `org/${org}/project/3c2d5e10-77aa-4f6b-8d0e-fedcba987654/user/*`
  for (const [name, ours, statements, theirs] of [
    ['an owner at GitHub', ['acme'], [only(GITHUB, 'repo:evil/site:*')], ['evil']],
    ['in other letters it is the same owner', ['Acme'], [only(GITHUB, 'repo:aCME/site:*')], []],
    ['an owner with its id', ['acme'], [only(GITHUB, 'repo:acme@123/site@456:*')], []],
    ['another owner with its id', ['acme'], [only(GITHUB, 'repo:evil@123/site@456:*')], ['evil']],
    ['a pattern names no owner', ['acme'], [only(GITHUB, 'repo:evil*/site:*')], []],
    ['a repository named in the middle', ['acme'], [only(GITHUB, 'x:repo:evil/site:*')], []],
    ['a group of GitLab', ['acme'], [only(GITLAB, 'project_path:evil/sub/site:*')], ['evil']],
    ['our group of GitLab', ['acme'], [only(GITLAB, 'project_path:acme/sub/site:*')], []],
    [
      'an organization of Buildkite',
      ['acme'],
      [only('agent.buildkite.com', 'organization:evil:pipeline:a:*')],
      ['evil'],
    ],
    ['an organization of CircleCI', [OTHER_ORG], [only(CIRCLECI, jobs(ORG))], [ORG]],
    ['ours', [ORG], [only(CIRCLECI, jobs(ORG))], []],
    ['the issuer of an organization of CircleCI', ['acme'], [statement(CIRCLECI, {})], [ORG]],
    ['several', ['acme'], [only(GITHUB, ['repo:a/x:*', 'repo:b/y:*', 'repo:a/z:*'])], ['a', 'b']],
    ['none of ours is said: who knows', [], [only(GITHUB, 'repo:evil/site:*')], []],
    [
      'an issuer of CircleCI never signs the subject of another organization',
      [],
      [only(CIRCLECI, [jobs(OTHER_ORG), jobs(ORG)])],
      [OTHER_ORG],
    ],
    [
      'the subject of an organization of CircleCI from another issuer',
      [],
      [only(GITLAB, jobs(OTHER_ORG))],
      [],
    ],
    [
      'an owner at GitHub beside CircleCI',
      [],
      [only(CIRCLECI, jobs(ORG)), only(GITHUB, 'repo:evil/site:*')],
      [],
    ],
    [
      'who is denied, or excepted, is not trusted',
      ['acme'],
      [
        only(GITHUB, 'repo:acme/site:*'),
        { ...only(GITHUB, 'repo:evil/site:*'), Effect: 'Deny' },
        statement(GITHUB, { StringNotLike: sub(GITHUB, 'repo:evil/site:*') }),
      ],
      [],
    ],
    [
      'another key that is like a subject',
      ['acme'],
      [statement(GITHUB, { StringLike: { [`${GITHUB}:subject`]: 'repo:evil/x:*' } })],
      [],
    ],
  ] as const) {
    test(name, () => assert.deepEqual(foreign(ours, ...statements), theirs))
  }
})

describe('values for one project of CircleCI, some with a branch and some without', () => {
  const value = (project: string, rest: string) => `org/${ORG}/project/${project}/user/*${rest}`
  const MAIN = '/vcs-origin/github.com/a/b/vcs-ref/refs/heads/main'
  const mixed = (...values: readonly string[]) =>
    found(/versions-mixed/, [{ Roles: [trusting('r', only(CIRCLECI, values))] }])
  test('the value without a branch is named', () => {
    assert.deepEqual(mixed(value('p', MAIN), value('p', ''), value('q', '')), [
      `r: versions-mixed "${value('p', '')}"`,
    ])
  })
  test('other projects, a repository without a branch, no branch at all', () => {
    assert.deepEqual(mixed(value('p', MAIN), value('q', '')), [])
    assert.deepEqual(mixed(value('p', MAIN), value('p', '/vcs-origin/github.com/a/b')), [])
    assert.deepEqual(mixed(value('p', ''), value('p', '')), [])
    assert.deepEqual(mixed(`org/${ORG}/x${MAIN}`, `org/${ORG}/y`), [])
  })
  test('a subject that does not begin like those of CircleCI', () => {
    assert.deepEqual(mixed('*/vcs-ref/refs/heads/main', '*'), [])
  })
})

const list = (...arns: readonly string[]) => ({
  OpenIDConnectProviderList: arns.map((Arn) => ({ Arn })),
})
const details = (issuer: string, ...ids: readonly string[]) => ({ Url: issuer, ClientIDList: ids })
const FINE = only(GITHUB, 'repo:acme/site:environment:prod')

describe('providers of roles', () => {
  const MISSING = /^provider-/
  test('missing: once for each, where the providers of the account were listed', () => {
    const roles = {
      Roles: [trusting('r', FINE, FINE, only(GITLAB, 'project_path:a/b:ref_type:x:*'))],
    }
    assert.deepEqual(found(MISSING, [roles]), [])
    assert.deepEqual(found(MISSING, [roles, list(providerArn(GITLAB))]), [
      `r: provider-missing ${providerArn(GITHUB)}`,
    ])
    assert.deepEqual(found(MISSING, [roles, list(providerArn(GITHUB, OTHER_ACCOUNT))]), [])
    const elsewhere = [providerArn(GITHUB, OTHER_ACCOUNT), providerArn(GITLAB)]
    assert.deepEqual(found(MISSING, [roles, list(...elsewhere)]), [
      `r: provider-missing ${providerArn(GITHUB)}`,
    ])
  })
  test('of another account', () => {
    const arn = providerArn(GITHUB, OTHER_ACCOUNT)
    const roles = { Roles: [trusting('r', { ...FINE, Principal: { Federated: arn } })] }
    assert.deepEqual(found(MISSING, [roles]), [`r: provider-of-other-account ${arn}`])
  })
})

describe('providers that are there', () => {
  const UNUSED = /^unused-/
  const roles = { Roles: [trusting('r', FINE)] }
  for (const [name, answers, expected] of [
    ['used', [roles, list(providerArn(GITHUB))], []],
    [
      'one that only another account trusts',
      [
        { Roles: [role('r', { Statement: [FINE] }, OTHER_ACCOUNT)] },
        list(providerArn(GITHUB), providerArn(GITHUB, OTHER_ACCOUNT)),
      ],
      [`${GITHUB}: unused-provider ${GITHUB}`],
    ],
    ['of a cluster', [roles, list(providerArn(EKS))], []],
    [
      'a client id of details alone',
      [roles, details(GITHUB, 'old', 'sts.amazonaws.com')],
      [`${GITHUB}: unused-client-id old`],
    ],
    [
      'details before the list, and twice: one provider',
      [roles, details(GITHUB, 'old'), list(providerArn(GITHUB)), details(GITHUB, 'old')],
      [`${GITHUB}: unused-client-id old`],
    ],
    [
      'details of two providers without a list',
      [roles, details(GITHUB, 'old'), details(GITHUB, 'old'), details(GITLAB, 'x')],
      [`${GITLAB}: unused-provider ${GITLAB}`, `${GITHUB}: unused-client-id old`],
    ],
    [
      'two audiences, one of which is asked for by one role',
      [
        {
          Roles: [
            trusting('a', only(GITHUB, 'repo:acme/a:environment:x', 'a')),
            trusting('r', FINE),
          ],
        },
        list(providerArn(GITHUB)),
        details(GITHUB, 'a', 'sts.amazonaws.com', 'b'),
      ],
      [`${GITHUB}: unused-client-id b`],
    ],
    [
      'a role that asks for no audience takes them all',
      [
        {
          Roles: [
            trusting('a', statement(GITHUB, { StringLike: sub(GITHUB, 'repo:a/b:*') })),
            trusting('r', FINE),
          ],
        },
        details(GITHUB, 'old'),
      ],
      [],
    ],
    [
      'so does a pattern, in whatever key',
      [
        {
          Roles: [
            trusting('a', statement(GITHUB, { StringLike: { [`${GITHUB}:oaud`]: ['x', 'o*'] } })),
            trusting('r', FINE),
          ],
        },
        details(GITHUB, 'old'),
      ],
      [],
    ],
    [
      'a key that is like an audience is none',
      [
        {
          Roles: [
            trusting(
              'a',
              statement(GITHUB, {
                StringEquals: { ...aud(GITHUB, 'a'), [`${GITHUB}:audit`]: '*' },
              }),
            ),
          ],
        },
        details(GITHUB, 'a', 'old'),
      ],
      [`${GITHUB}: unused-client-id old`],
    ],
    [
      'a role that cannot be read trusts no provider',
      [{ Roles: [role('r', 'x')] }, list(providerArn(GITHUB))],
      [`${GITHUB}: unused-provider ${GITHUB}`],
    ],
  ] as const) {
    test(name, () => assert.deepEqual(found(UNUSED, answers), expected))
  }

  test('a provider is told of by its ARN, in any partition; without an account, of none', () => {
    const gov = providerArn(GITHUB).replace('aws', 'aws-us-gov')
    const [thing] = report([list(gov)]).things
    const place = { file: 'a', line: 1 }
    const shown = { kind: 'provider', name: GITHUB, access: [], place }
    const { findings, ...rest } = thing ?? {}
    assert.deepEqual(rest, { ...shown, arn: gov, accountId: ACCOUNT })
    const [unknown] = report([details(GITHUB, 'a')]).things
    const { findings: others, ...alone } = unknown ?? {}
    assert.deepEqual(alone, {
      ...shown,
      ...{ arn: `arn:aws:iam:::oidc-provider/${GITHUB}`, accountId: '' },
    })
    assert.deepEqual([findings?.length, others?.length], [1, 1])
  })
})

describe('the order of findings', () => {
  const any = only(GITHUB, 'repo:acme/site:*')
  const open = statement(GITHUB, {})
  test('of a role: the gravest first', () => {
    const unlimited = statement(GITHUB, { StringLike: sub(GITHUB, 'repo:acme/site:*') })
    const [thing] = report([{ Roles: [trusting('r', unlimited)] }], { organizations: ['x'] }).things
    assert.deepEqual(
      thing?.findings.map(({ kind, severity }) => `${severity} ${kind}`),
      ['high other-organization', 'medium no-audience', 'low any-branch'],
    )
  })
  test('of things: the gravest open one counts; equals by ARN', () => {
    const roles = {
      Roles: [trusting('c', FINE), trusting('b', any), trusting('a', any), trusting('d', open)],
    }
    const names = (allowed?: Partial<Allowed>) =>
      report([roles], allowed).things.map(({ name }) => name)
    assert.deepEqual(names(), ['d', 'a', 'b', 'c'])
    const allowance = {
      ...{ name: 'x', roles: ['*:role/d'], findings: [], reason: 'x', until: undefined },
    }
    assert.deepEqual(names({ allowances: [allowance] }), ['a', 'b', 'c', 'd'])
  })
  test('a detail says who, and what only AWS knows', () => {
    const condition = {
      StringLike: { ...aud(GITHUB), ...sub(GITHUB, ['repo:acme/a:*', 'repo:acme/b:*']) },
      IpAddress: { 'aws:SourceIp': '192.0.2.0/24' },
    }
    assert.deepEqual(
      found(/any-branch/, [{ Roles: [trusting('r', statement(GITHUB, condition))] }]),
      ['r: any-branch acme/a:*; acme/b:*, depending on what only AWS knows'],
    )
    assert.deepEqual(found(/any-branch/, [{ Roles: [trusting('r', any)] }]), [
      'r: any-branch acme/site:*',
    ])
  })
})

test('the page of a finding', () => {
  assert.equal(pageOf('open-to-everyone'), 'audit')
  assert.equal(pageOf('no-audience'), 'trust-policy')
  const at = { kind: 'any-branch', severity: 'low', path: '', detail: 'x' }
  assert.deepEqual(auditFinding('any-branch', 'x'), at)
})

describe('allowances', () => {
  const open = { Roles: [trusting('open', statement(GITHUB, {}))] }
  const notes = async (text: string) =>
    report([open], await parseAllowFile(text, 'allow.ini', {})).notes
  const allow = (more: string, name = 'a') => `[allow ${name}]\nreason = x\n${more}\n`
  for (const [name, text, said] of [
    ['one of several patterns', allow('roles = *:role/x *:role/open'), []],
    ['its last day', allow('roles = *\nuntil = 2026-11-21'), []],
    [
      'the day after',
      allow('roles = *\nuntil = 2026-11-20'),
      [/^\[allow a\] was valid until 2026-11-20\.$/],
    ],
    [
      'not needed, with a day to come, today, or none',
      ['2027-01-01', '2026-11-21']
        .map((day) => allow(`roles = *:role/x\nuntil = ${day}`, day))
        .concat(allow('roles = *:role/x', 'ever'))
        .join(''),
      [
        /^\[allow 2027-01-01\] covers no/,
        /^\[allow 2026-11-21\] covers no/,
        /^\[allow ever\] covers no/,
      ],
    ],
    [
      'a kind that is not found',
      allow('roles = *\nfindings = unused-provider, any-branch'),
      [/covers no/],
    ],
    ['one of two kinds', allow('roles = *\nfindings = any-branch,open-to-everyone'), []],
    [
      'the first that fits',
      allow('roles = *') + allow('roles = *', 'b'),
      [/^\[allow b\] covers no/],
    ],
  ] as const) {
    test(name, async () => {
      const given = await notes(text)
      assert.equal(given.length, said.length, given.join('\n'))
      for (const [index, pattern] of said.entries()) assert.match(given[index] ?? '', pattern)
    })
  }

  for (const day of [
    '2027-13-01',
    '2027-1-31',
    '12027-01-31',
    '2027-01-31x',
    '2027-02-30T00',
    '31.1.2027',
  ]) {
    test(`no day: ${day}`, async () => {
      await assert.rejects(notes(allow(`roles = *\nuntil = ${day}`)), {
        code: 'invalid-allow-file',
        message: new RegExp(`line 4: until is "${day}"`),
      })
    })
  }

  test('each problem at its line; a name that is far from all has no hint', async () => {
    const text =
      '[allow a]\nroles = *\nreason = x\nfindings = qqqqqqqqqq\n\n[allow b]\nreason = y\n'
    await assert.rejects(notes(text), {
      message:
        /line 4: "qqqqqqqqqq" is not a finding of trust audit\.\n.*line 6: \[allow b\] has no roles/,
    })
  })

  test('the organizations are those of [trusted] alone', async () => {
    const text = `[trusted]\norganizations = acme,\n  ${ORG}\n${allow('roles = acme2')}`
    const { organizations } = await parseAllowFile(text, 'allow.ini', {})
    assert.deepEqual(organizations, ['acme', ORG])
    assert.deepEqual((await parseAllowFile('[trusted]\n', 'allow.ini', {})).organizations, [])
  })
})
