import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Allowed, parseAllowFile } from '../../../src/trust/audit/allow-file.ts'
import { audit } from '../../../src/trust/audit/audit.ts'
import { AUDIT_FINDINGS } from '../../../src/trust/audit/findings.ts'
import { readInventory } from '../../../src/trust/audit/inventory.ts'
import { ORG, PUBLISHED, type Published } from './published.ts'

const ACCOUNT = '111111111111'
const NOW = new Date('2026-11-21T12:00:00Z')
const NOTHING: Allowed = { allowances: [], organizations: [] }

function role(
  name: string,
  { issuer, condition, change, also }: Omit<Published, 'name' | 'source' | 'reach' | 'kinds'>,
) {
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
    ...change,
  }
  return {
    RoleName: name,
    Arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: also ? [statement, also] : [statement],
    },
  }
}

const read = (...answers: unknown[]) =>
  readInventory([{ file: 'aws.json', text: answers.map((one) => JSON.stringify(one)).join('\n') }])
const judge = (...answers: unknown[]) => audit(read(...answers), NOTHING, NOW)
const kindsOf = (report: ReturnType<typeof audit>) =>
  report.things.flatMap(({ findings }) => findings.map(({ kind }) => kind))

describe('set-ups that others have published', () => {
  for (const [index, published] of PUBLISHED.entries()) {
    test(`${published.issuer.split('/')[0]}: ${published.name}`, () => {
      const { things } = judge({ Roles: [role(`role-${index}`, published)] })
      const [found] = things
      assert.ok(found)
      assert.deepEqual(
        found.findings.map(({ kind }) => kind).sort(),
        [...published.kinds].sort(),
        JSON.stringify(found.findings, null, 1),
      )
      assert.deepEqual(
        found.access.map(({ reach }) => reach),
        [published.reach],
      )
    })
  }

  test('there are at least 40, each with its page', () => {
    assert.ok(PUBLISHED.length >= 40)
    for (const { source } of PUBLISHED) assert.match(source, /^https:\/\/[\w./-]+$/)
  })

  test('together: the most dangerous first', () => {
    const roles = PUBLISHED.map((one, index) => role(`role-${index}`, one))
    const { things } = judge({ Roles: roles })
    const ranks = things.map(({ findings }) =>
      ['critical', 'high', 'medium', 'low', undefined].indexOf(findings[0]?.severity),
    )
    assert.deepEqual(ranks, [...ranks].sort())
  })
})

const GITHUB = 'token.actions.githubusercontent.com'
const fine = role('fine', {
  issuer: GITHUB,
  condition: {
    StringEquals: {
      [`${GITHUB}:aud`]: 'sts.amazonaws.com',
      [`${GITHUB}:sub`]: 'repo:acme/site:ref:refs/heads/main',
    },
  },
})
const provider = (issuer: string, account = ACCOUNT) => ({
  OpenIDConnectProviderList: [{ Arn: `arn:aws:iam::${account}:oidc-provider/${issuer}` }],
})

describe('providers', () => {
  const details = { Url: GITHUB, ClientIDList: ['sts.amazonaws.com', 'old'], ThumbprintList: [] }
  const cases: readonly (readonly [name: string, answers: unknown[], kinds: string[]])[] = [
    ['there and used', [{ Roles: [fine] }, provider(GITHUB)], []],
    [
      'a client id that no role asks for',
      [{ Roles: [fine] }, provider(GITHUB), details],
      ['unused-client-id'],
    ],
    ['the same without the list of providers', [{ Roles: [fine] }, details], ['unused-client-id']],
    [
      'one that no role trusts',
      [{ Roles: [fine] }, provider(GITHUB), provider('gitlab.com')],
      ['unused-provider'],
    ],
    [
      'one that is missing',
      [{ Roles: [fine] }, provider('gitlab.com')],
      ['provider-missing', 'unused-provider'],
    ],
    [
      'of another account',
      [{ Roles: [{ ...fine, Arn: 'arn:aws:iam::222222222222:role/fine' }] }],
      ['provider-of-other-account'],
    ],
    [
      'of a cluster, whose service accounts are no jobs',
      [
        {
          Roles: [
            role('pod', { issuer: 'oidc.eks.eu-central-1.amazonaws.com/id/ABC', condition: {} }),
          ],
        },
      ],
      [],
    ],
  ]
  for (const [name, answers, kinds] of cases) {
    test(name, () => assert.deepEqual(kindsOf(judge(...answers)).sort(), kinds))
  }
})

describe('answers of AWS', () => {
  test('get-role, get-account-authorization-details, percent-encoded documents, one after another', () => {
    const { AssumeRolePolicyDocument: document } = fine
    const { roles } = read(
      { Role: fine },
      {
        RoleDetailList: [
          { ...fine, Arn: `arn:aws:iam::${ACCOUNT}:role/team/b`, RolePolicyList: [] },
          {
            ...fine,
            Arn: `arn:aws:iam::222222222222:role/c`,
            AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(document)),
          },
        ],
      },
    )
    assert.deepEqual(
      roles.map(({ accountId, name }) => [accountId, name]),
      [
        [ACCOUNT, 'fine'],
        [ACCOUNT, 'b'],
        ['222222222222', 'c'],
      ],
    )
    const { things } = audit(
      { roles, providers: [], listedAccounts: new Set(), notes: [] },
      NOTHING,
      NOW,
    )
    assert.deepEqual(
      things.flatMap(({ access }) => access.map(({ reach }) => reach)),
      ['branch', 'branch', 'branch'],
    )
  })

  test('the line of each role, to point code scanning at', () => {
    const text = JSON.stringify({ Roles: [fine, { ...fine, Arn: `${fine.Arn}2` }] }, null, 2)
    const lines = text.split('\n')
    for (const { arn, place } of readInventory([{ file: 'a', text }]).roles) {
      assert.ok(lines[place.line - 1]?.includes(`"${arn}"`), arn)
    }
  })

  test('a part of an answer is said to be one', () => {
    assert.match(read({ Roles: [fine], IsTruncated: true }).notes.join(), /is incomplete/)
  })

  const bad: readonly string[] = [
    '',
    '{',
    '[1]',
    '{"Users": []}',
    '{"Roles": [{}]}',
    'none',
    '{"Roles": []} x',
  ]
  for (const text of bad) {
    test(`refused: ${text}`, () => {
      assert.throws(() => readInventory([{ file: 'a', text }]), { code: 'file-malformed' })
    })
  }

  test('a trust policy that is none is a finding, not an end', () => {
    const broken = { ...fine, AssumeRolePolicyDocument: { Statement: [{ Effect: 'x' }] } }
    assert.deepEqual(kindsOf(judge({ Roles: [broken] })), ['policy-unreadable'])
  })
})

describe('what is meant to be', () => {
  const open = role('open', { issuer: GITHUB, condition: {} })
  const parse = (text: string) => parseAllowFile(text, 'allow.ini', {})
  const judged = async (text: string) =>
    audit(read({ Roles: [open, fine] }), await parse(text), NOW)

  test('is no finding any more, and says why', async () => {
    const { things, notes } = await judged(
      '[allow public]\nroles = arn:aws:iam::*:role/op?n\nreason = a demonstration\nuntil = 2026-11-21',
    )
    assert.deepEqual(
      things.map(({ findings }) => findings.map(({ allowance }) => allowance?.reason)),
      [[], ['a demonstration']],
    )
    assert.deepEqual(notes, [])
  })

  test('ends with its day, and is said to cover nothing', async () => {
    const past = await judged('[allow a]\nroles = *\nreason = x\nuntil = 2026-11-20')
    assert.match(past.notes.join(), /\[allow a\] was valid until 2026-11-20/)
    assert.equal(past.things[0]?.findings[0]?.allowance, undefined)
    const other = await judged('[allow a]\nroles = *\nfindings = unused-provider\nreason = x')
    assert.match(other.notes.join(), /covers no finding/)
  })

  test('organizations that are ours: others are foreign', async () => {
    const { things } = await judged('[trusted]\norganizations = other, another')
    const kinds = things.find(({ name }) => name === 'fine')?.findings.map(({ kind }) => kind)
    assert.deepEqual(kinds, ['other-organization'])
    const ours = await judged(`[trusted]\norganizations = Acme, ${ORG}`)
    assert.deepEqual(ours.things.find(({ name }) => name === 'fine')?.findings, [])
  })

  const problems: readonly (readonly [text: string, problem: RegExp])[] = [
    [
      '[allow a]',
      /^allow\.ini has 2 problems:\n {2}line 1: \[allow a\] has no roles.*\n.*line 1: \[allow a\] has no reason/,
    ],
    [
      '[allow a]\nroles = *\nreason = x\nfindings = open-to-everyon',
      /line 4: .*Did you mean "open-to-everyone"/,
    ],
    ['[allow a]\nroles = *\nreason = x\nuntil = tomorrow', /line 4: until is "tomorrow"/],
    ['[alow a]', /^allow\.ini has a problem:\n {2}line 1: .*Did you mean "allow"/],
    ['[allow a]\nroles = ${NO_SUCH}\nreason = x', /^allow\.ini has .*\n {2}line 2: .*NO_SUCH/],
  ]
  for (const [text, problem] of problems) {
    test(`refused: ${JSON.stringify(text)}`, () =>
      assert.rejects(parse(text), { code: 'invalid-allow-file', message: problem }))
  }
})

test('5,000 roles in a few seconds', () => {
  const roles = Array.from({ length: 5000 }, (_, index) =>
    role(`role-${index}`, PUBLISHED[index % PUBLISHED.length] as Published),
  )
  const text = JSON.stringify({ Roles: roles }, null, 2)
  // Processor time: the machine has more to do.
  const started = process.cpuUsage()
  const report = audit(readInventory([{ file: 'a', text }]), NOTHING, NOW)
  const { user, system } = process.cpuUsage(started)
  const seconds = (user + system) / 1e6
  assert.equal(report.things.length, 5000)
  assert.ok(seconds < 8, `${seconds} s`)
})

test('each kind has its words', () => {
  for (const [kind, { title, fix }] of Object.entries(AUDIT_FINDINGS)) {
    assert.ok(title.length > 10 && fix.endsWith('.'), kind)
  }
})
