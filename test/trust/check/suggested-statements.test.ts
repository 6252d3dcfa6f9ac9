import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTrust } from '../../../src/trust/check/check.ts'
import { whyRejected } from '../../../src/trust/check/rejection.ts'
import { suggestStatement } from '../../../src/trust/check/suggestion.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'
import { ORG, PROJECT, USER } from '../setup.ts'

const HOST = `oidc.circleci.com/org/${ORG}`
const PROVIDER = `arn:aws:iam::111111111111:oidc-provider/${HOST}`
const V1 = `org/${ORG}/project/${PROJECT}/user/${USER}`
const ref = (name: string) => `/vcs-origin/github.com/acme/website/vcs-ref/${name}`
const MAIN = V1 + ref('refs/heads/main')
const ANYONE = '????????-????-????-????-????????????'
/** The token's own subject, from any user. */
const OWN = MAIN.replace(USER, ANYONE)
const CLAIMS = { iss: `https://${HOST}`, aud: ORG, sub: MAIN }
const EXCHANGE = 'sts:AssumeRoleWithWebIdentity'
const AUD = { [`${HOST}:aud`]: ORG }
const SUB = `${HOST}:sub`
const PID = `${HOST}:oidc.circleci.com/project-id`
const REF = `${HOST}:oidc.circleci.com/vcs-ref`
const onlyMain = 'It allows only refs/heads/main.'
const without = (key: string) => `It does not limit ${key}, because IAM never sees that key.`

function suggestion(condition: object, claims: object = {}, version = '2012-10-17') {
  const statement = {
    ...{ Effect: 'Allow', Principal: { Federated: PROVIDER }, Action: EXCHANGE },
    Condition: condition,
  }
  const parsed = parseTrustPolicy({ Version: version, Statement: [statement] })
  assert.ok('policy' in parsed, JSON.stringify(parsed))
  const { policy } = parsed
  const token = { ...CLAIMS, ...claims }
  const now = new Date('2026-03-01T12:00:00Z')
  const report = checkTrust({ policy, length: 500, claims: token, clientIds: [], now })
  assert.equal(report.verdict, 'rejects')
  const { meant } = whyRejected(policy, report)
  assert.ok(meant)
  return suggestStatement(policy, meant, { provider: PROVIDER, claims: token })
}

const like = (sub: string) => ({ StringEquals: AUD, StringLike: { [SUB]: sub } })
const MENDED = { StringEquals: AUD, StringLike: { [SUB]: OWN } }

// What is suggested keeps every limit that the token meets, and opens no other project, repository or branch.
const CASES: readonly (readonly [
  name: string,
  given: object,
  mended: object | undefined,
  notes?: readonly string[],
  claims?: object,
])[] = [
  ['another project', like(`org/${ORG}/project/${USER}/user/*`), MENDED],
  ['another audience', { StringEquals: { [`${HOST}:aud`]: 'x', [PID]: USER } }, MENDED],
  [
    'an audience that is met, under StringLike and beside others',
    { StringLike: { [`${HOST}:aud`]: ['x', `${ORG.slice(0, 4)}*`], [SUB]: 'org/x' } },
    { StringLike: { [`${HOST}:aud`]: ['x', `${ORG.slice(0, 4)}*`], [SUB]: OWN } },
  ],
  [
    'an audience under another operator counts for nothing of its own',
    { StringNotEquals: { [`${HOST}:aud`]: 'x' }, StringLike: { [SUB]: 'org/x' } },
    { StringNotEquals: { [`${HOST}:aud`]: 'x' }, StringEquals: AUD, StringLike: { [SUB]: OWN } },
  ],
  [
    'a project id that is met stays, one that is not is said by the subject',
    { StringEquals: { ...AUD, [PID]: PROJECT }, StringLike: { [SUB]: 'org/x' } },
    { StringEquals: { ...AUD, [PID]: PROJECT }, StringLike: { [SUB]: OWN } },
    [onlyMain],
    { 'oidc.circleci.com/project-id': PROJECT },
  ],
  [
    'a subject under a negated operator that is met stays',
    { StringNotLike: { [SUB]: '*/dev' }, StringEquals: { ...AUD, [SUB]: 'x' } },
    { StringNotLike: { [SUB]: '*/dev' }, StringEquals: AUD, StringLike: { [SUB]: OWN } },
  ],
  [
    'a subject under a negated operator that is not met',
    { StringNotLike: { [SUB]: '*/main' } },
    undefined,
  ],
  ['branch and repository stand in the subject', { StringEquals: { ...AUD, [REF]: 'x' } }, MENDED],
  [
    'a claim that IAM never sees',
    { StringEquals: { ...AUD, [`${HOST}:oidc.circleci.com/ssh-rerun`]: 'false' } },
    MENDED,
    [without(`${HOST}:oidc.circleci.com/ssh-rerun`), onlyMain],
  ],
  [
    'a claim that ends like the branch',
    { StringEquals: { ...AUD, [`${HOST}:my-vcs-ref-id`]: 'x' } },
    MENDED,
    [without(`${HOST}:my-vcs-ref-id`), onlyMain],
  ],
  [
    'a negated claim that IAM never sees, and is met',
    { StringNotEquals: { [REF]: 'x' }, StringEquals: { [`${HOST}:aud`]: 'x' } },
    {
      StringNotEquals: { [REF]: 'x' },
      ...MENDED,
    },
  ],
  [
    'claims without their issuer',
    { StringEquals: { sub: 'x', aud: ORG, 'oidc.circleci.com/project-id': PROJECT } },
    MENDED,
  ],
  [
    'other claims without their issuer',
    { StringEquals: { ...AUD, 'oidc.circleci.com/vcs-ref': 'x' } },
    MENDED,
  ],
  [
    'the key of another organization',
    { StringEquals: { ...AUD, [SUB.replace(ORG, USER)]: 'x' } },
    MENDED,
  ],
  [
    'a claim of another organization',
    { StringEquals: { ...AUD, [`oidc.circleci.com/org/${USER}:amr`]: 'x' } },
    MENDED,
  ],
  ['https:// in a key', { StringEquals: { [`https://${HOST}:aud`]: ORG } }, MENDED],
  [
    'a claim of its own that the token lacks',
    { StringEquals: { ...AUD, [`${HOST}:amr`]: 'mfa' } },
    undefined,
  ],
  [
    'what is not about the token',
    { StringEquals: { ...AUD, 'aws:RequestTag/team': 'ci' } },
    undefined,
  ],
  [
    'an audience under an operator of another kind',
    { StringEqualsIgnoreCase: { [`${HOST}:aud`]: 'x' } },
    undefined,
  ],
  ['audience in words', { StringEquals: { [`${HOST}:audience`]: ORG } }, MENDED],
  [
    'what only AWS knows stays',
    { StringEquals: { ...AUD, 'aws:SourceVpc': 'vpc-1', [SUB]: 'x' } },
    { StringEquals: { ...AUD, 'aws:SourceVpc': 'vpc-1' }, StringLike: { [SUB]: OWN } },
  ],
  [
    'keys in other case',
    { StringEquals: { [`${HOST.toUpperCase()}:AUD`]: ORG, [SUB.toUpperCase()]: 'x' } },
    { StringEquals: { [`${HOST.toUpperCase()}:AUD`]: ORG }, StringLike: { [SUB]: OWN } },
  ],
  [
    'a policy that names users: this one only',
    like(`org/${ORG}/project/${PROJECT}/user/${PROJECT}/*`),
    { StringEquals: { ...AUD, [SUB]: MAIN } },
  ],
  [
    'a token of version 1 tells no branch: this subject only',
    like(`org/${ORG}/project/${USER}/user/*`),
    { StringEquals: { ...AUD, [SUB]: V1 } },
    [],
    { sub: V1 },
  ],
  [
    'a branch with what a policy would read otherwise',
    like('org/x'),
    { StringEquals: AUD, StringLike: { [SUB]: OWN.replace('heads/main', 'heads/a${$}{x}${$}b') } },
    ['It allows only refs/heads/a${x}$b.'],
    { sub: MAIN.replace('heads/main', 'heads/a${x}$b') },
  ],
  [
    'a subject that is no CircleCI one',
    like('org/x'),
    { StringEquals: { ...AUD, [SUB]: 'job:${$}{x}*$y' } },
    [],
    { sub: 'job:${x}*$y' },
  ],
  [
    'several audiences',
    { StringEquals: { [PID]: USER } },
    { StringEquals: { [`${HOST}:aud`]: ['a', 'b'] }, StringLike: { [SUB]: OWN } },
    [onlyMain],
    { aud: ['a', 'b'] },
  ],
]

for (const [name, given, mended, notes = [onlyMain], claims] of CASES) {
  test(`suggested: ${name}`, () => {
    const found = suggestion(given, claims)
    if (mended === undefined) return assert.equal(found, undefined)
    assert.deepEqual(found?.statement, {
      ...{ Effect: 'Allow', Principal: { Federated: PROVIDER }, Action: EXCHANGE },
      Condition: mended,
    })
    assert.deepEqual(found?.notes, notes)
  })
}

test('a token that tags the session needs the action for it', () => {
  const claims = { 'https://aws.amazon.com/tags': { principal_tags: { team: ['ci'] } } }
  const found = suggestion(like('org/x'), claims)
  assert.match(
    JSON.stringify(found),
    /"Action":\["sts:AssumeRoleWithWebIdentity","sts:TagSession"\]/,
  )
})

test('before version 2012-10-17 there are no variables: this subject only, as it is', () => {
  const sub = MAIN.replace('heads/main', 'heads/${x}')
  const found = suggestion(like('org/x'), { sub }, '2008-10-17')
  const { statement } = found ?? {}
  assert.deepEqual(statement, {
    ...{ Effect: 'Allow', Principal: { Federated: PROVIDER }, Action: EXCHANGE },
    Condition: { StringEquals: { ...AUD, [SUB]: sub } },
  })
})
