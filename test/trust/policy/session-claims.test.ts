import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readWorld, type Sandbox, startSandbox } from '../../../src/sandbox/index.ts'
import { checkTrust } from '../../../src/trust/check/check.ts'
import type { Verdict } from '../../../src/trust/policy/evaluate.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'
import { post } from '../../sandbox/aws/sandbox-client.ts'

const ISSUER = 'https://oidc.circleci.com/org/o1'
const HOST = 'oidc.circleci.com/org/o1'
const ACCOUNT = '111111111111'
const TAGS = 'https://aws.amazon.com/tags'
const nested = (tags: object, more: object = {}) => ({ [TAGS]: { principal_tags: tags, ...more } })
const flat = (name: string) => `${TAGS}/${name}`
const source = { 'https://aws.amazon.com/source_identity': 'ann' }

const role = (actions: string[], condition: object = {}) => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}` },
    Action: ['sts:AssumeRoleWithWebIdentity', ...actions],
    Condition: {
      StringLike: { [`${HOST}:aud`]: 'o1', [`${HOST}:sub`]: 'org/o1/project/p1/*' },
      ...condition,
    },
  },
})
const plain = role([])
const tagging = role(['sts:TagSession'])
const byTag = role(['sts:TagSession'], { StringEquals: { 'aws:RequestTag/team': 'web' } })
const onlyTeam = role(['sts:TagSession'], {
  'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
})
const noTransitive = role(['sts:TagSession'], { Null: { 'sts:TransitiveTagKeys': 'true' } })
const bySource = role(['sts:SetSourceIdentity'], { StringEquals: { 'sts:SourceIdentity': 'ann' } })

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
const CASES: readonly (readonly [
  what: string,
  policy: object,
  claims: object,
  verdict: Verdict,
])[] = [
  ['tags, not allowed', plain, nested({ team: ['web'] }), 'rejects'],
  ['tags, allowed', tagging, nested({ team: ['web'] }), 'allows'],
  ['a tag as text', tagging, nested({ team: 'web' }), 'allows'],
  ['flattened tags, not allowed', plain, { [flat('principal_tags/team')]: 'web' }, 'rejects'],
  ['flattened tags, allowed', byTag, { [flat('principal_tags/team')]: ['web'] }, 'allows'],
  ['the right tag', byTag, nested({ team: ['web'] }), 'allows'],
  ['the right tag in another case', byTag, nested({ Team: ['web'] }), 'allows'],
  ['the wrong tag', byTag, nested({ team: ['ops'] }), 'rejects'],
  ['no tag where one is asked for', byTag, {}, 'rejects'],
  ['a further tag', onlyTeam, nested({ team: ['web'], cost: ['1'] }), 'rejects'],
  ['no further tag', onlyTeam, nested({ team: ['web'] }), 'allows'],
  [
    'a transitive tag',
    noTransitive,
    nested({ team: ['web'] }, { transitive_tag_keys: ['team'] }),
    'rejects',
  ],
  [
    'a flattened transitive tag',
    noTransitive,
    { [flat('transitive_tag_keys')]: ['team'], ...nested({ team: ['web'] }) },
    'rejects',
  ],
  ['no transitive tag', noTransitive, nested({ team: ['web'] }), 'allows'],
  ['no tags at all', plain, nested({}), 'allows'],
  ['a tag of two values', tagging, nested({ team: ['a', 'b'] }), 'undecided'],
  ['a tag that is a number', tagging, nested({ team: 5 }), 'undecided'],
  ['tags in a list', tagging, { [TAGS]: [{ principal_tags: { team: ['web'] } }] }, 'undecided'],
  ['a source identity, not allowed', plain, source, 'rejects'],
  ['a source identity, allowed', bySource, source, 'allows'],
  [
    'another source identity',
    bySource,
    { 'https://aws.amazon.com/source_identity': 'eve' },
    'rejects',
  ],
  ['no source identity where one is asked for', bySource, {}, 'rejects'],
  [
    'a source identity that is a number',
    bySource,
    { 'https://aws.amazon.com/source_identity': 5 },
    'rejects',
  ],
  ['tags beside a wrong subject', tagging, { sub: 'x', ...nested({ team: ['web'] }) }, 'rejects'],
]

let sandbox: Sandbox
before(async () => {
  const roles = CASES.map(([, trustPolicy], index) => ({ name: `role${index}`, trustPolicy }))
  const account = { providers: [{ url: ISSUER, clientIds: ['o1'] }], roles }
  sandbox = await startSandbox({
    log: () => {},
    world: readWorld({ issuer: ISSUER, accounts: { [ACCOUNT]: account } }),
  })
})
after(() => sandbox.close())

async function assume(name: string, claims: object) {
  const answer = await post(sandbox, {
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
    RoleSessionName: 'job-42',
    WebIdentityToken: await sandbox.mint({ audience: 'o1', claims: { ...claims } }),
  })
  await answer.arrayBuffer()
  return answer.ok
}

const base = { iss: ISSUER, aud: 'o1', sub: 'org/o1/project/p1/user/u1' }

CASES.forEach(([what, document, change, verdict], index) => {
  test(`${what}: ${verdict}`, async () => {
    const claims = { ...base, ...change }
    const parsed = parseTrustPolicy(document)
    assert.ok('policy' in parsed)
    const question = { policy: parsed.policy, length: 0, clientIds: [], now: new Date() }
    assert.equal(checkTrust({ ...question, claims }).verdict, verdict)
    assert.equal(await assume(`role${index}`, claims), verdict === 'allows')
  })
})

// "Filters access based on whether the identity provider authorized the role via the roles claim":
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
test('a token that lists its roles: undecided, as no role is named', async () => {
  const parsed = parseTrustPolicy(plain)
  assert.ok('policy' in parsed)
  const listed = { 'https://aws.amazon.com/roles': [`arn:aws:iam::${ACCOUNT}:role/role0`] }
  const question = { policy: parsed.policy, length: 0, clientIds: [], now: new Date() }
  const report = checkTrust({ ...question, claims: { ...base, ...listed } })
  assert.equal(report.verdict, 'undecided')
  assert.deepEqual(report.findings[0], {
    kind: 'claim-of-aws',
    path: '',
    detail: `the token lists arn:aws:iam::${ACCOUNT}:role/role0`,
  })
  const noTags = CASES.findIndex(([what]) => what === 'no tags at all')
  assert.equal(await assume('role0', { ...base, ...listed }), true)
  assert.equal(await assume(`role${noTags}`, { ...base, ...listed }), false)
})
