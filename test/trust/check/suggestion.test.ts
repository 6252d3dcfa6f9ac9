import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Claims } from '../../../src/token/claims.ts'
import { checkTrust } from '../../../src/trust/check/check.ts'
import { whyRejected } from '../../../src/trust/check/rejection.ts'
import { suggestStatement } from '../../../src/trust/check/suggestion.ts'
import { tokenContextKeys } from '../../../src/trust/policy/context-keys.ts'
import { evaluate } from '../../../src/trust/policy/evaluate.ts'
import { parseTrustPolicy, type TrustPolicy } from '../../../src/trust/policy/policy.ts'
import { ORG, PROJECT, USER } from '../setup.ts'

const OTHER = 'd0e1f2a3-0000-4b5c-8d7e-123456789abc'
const ANYONE = '????????-????-????-????-????????????'
const ROLE = { partition: 'aws', accountId: '111111111111' }
const GITHUB = 'token.actions.githubusercontent.com'

/** What a subject of CircleCI names; without an origin it is the one of a V1 token. */
interface Job {
  readonly org: string
  readonly project: string
  readonly user: string
  readonly origin: string | undefined
  readonly ref: string
  readonly audience: string
}

const ORGS = [ORG, OTHER]
const PROJECTS = [PROJECT, OTHER]
const USERS = [USER, OTHER]
const ORIGINS = [
  'github.com/acme/website',
  'github.com/acme/api',
  'github.com/mallory/website',
  undefined,
]
// The last ones are names that git takes.
const REFS = [
  ...['refs/heads/main', 'refs/heads/main2', 'refs/heads/release/1', 'refs/tags/v1'],
  ...['refs/heads/a${aws:username}', 'refs/heads/x/vcs-ref/refs/heads/main', 'refs/heads/m$in'],
]
const AUDIENCES = [ORG, 'sts.amazonaws.com']

const JOBS: fc.Arbitrary<Job> = fc.record({
  org: fc.constantFrom(...ORGS),
  project: fc.constantFrom(...PROJECTS),
  user: fc.constantFrom(...USERS),
  origin: fc.constantFrom(...ORIGINS),
  ref: fc.constantFrom(...REFS),
  audience: fc.constantFrom(...AUDIENCES),
})

function claimsOf({ org, project, user, origin, ref, audience }: Job): Claims {
  const behind = origin === undefined ? '' : `/vcs-origin/${origin}/vcs-ref/${ref}`
  return {
    iss: `https://oidc.circleci.com/org/${org}`,
    aud: audience,
    sub: `org/${org}/project/${project}/user/${user}${behind}`,
    'oidc.circleci.com/project-id': project,
  }
}

/** Jobs that differ in one thing, or also in the version of their tokens. */
function neighbours(job: Job): Job[] {
  const changed = (one: Job) => [
    ...ORGS.map((org) => ({ ...one, org })),
    ...PROJECTS.map((project) => ({ ...one, project })),
    ...USERS.map((user) => ({ ...one, user })),
    ...ORIGINS.map((origin) => ({ ...one, origin })),
    ...REFS.map((ref) => ({ ...one, ref })),
  ]
  return [...changed(job), ...changed({ ...job, origin: undefined })]
}

const SUBJECTS = fc
  .record({
    org: fc.constantFrom(ORG, OTHER, '*'),
    project: fc.constantFrom(PROJECT, OTHER, '*', PROJECT.toUpperCase()),
    user: fc.constantFrom(USER, OTHER, ANYONE, '*'),
    behind: fc.oneof(
      fc.constantFrom('', '/*', '*'),
      fc
        .tuple(
          fc.constantFrom(
            'github.com/acme/website',
            'github.com/*',
            '*',
            'https://github.com/acme/website',
          ),
          fc.constantFrom(...REFS, 'main', 'refs/heads/*', '*', 'refs/heads/${*}'),
        )
        .map(([origin, ref]) => `/vcs-origin/${origin}/vcs-ref/${ref}`),
    ),
  })
  .map(({ org, project, user, behind }) => `org/${org}/project/${project}/user/${user}${behind}`)

const HOST = fc.constantFrom(...ORGS.map((org) => `oidc.circleci.com/org/${org}`))
const PLAIN = fc.constantFrom('StringEquals', 'StringLike')
const OPERATOR = fc.oneof(
  { weight: 4, arbitrary: PLAIN },
  fc.constantFrom(
    ...['StringNotEquals', 'StringNotLike', 'StringEqualsIgnoreCase', 'StringLikeIfExists'],
    ...['ForAnyValue:StringEquals', 'ForAllValues:StringLike'],
  ),
)
const some = <Value>(values: fc.Arbitrary<Value>) =>
  fc.array(values, { minLength: 1, maxLength: 2 })

const CONDITION = fc
  .oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(
        fc
          .tuple(HOST, fc.constantFrom('', '', 'https://'), fc.constantFrom(':sub', ':subject'))
          .map(([host, scheme, claim]) => `${scheme}${host}${claim}`),
        some(SUBJECTS),
      ),
    },
    fc.tuple(fc.constant('sub'), some(SUBJECTS)),
    fc.tuple(
      fc
        .tuple(HOST, fc.constantFrom(':aud', ':audience'))
        .map(([host, claim]) => `${host}${claim}`),
      some(fc.constantFrom(...AUDIENCES, '*')),
    ),
    fc.tuple(
      HOST.map((host) => `${host}:oidc.circleci.com/project-id`),
      some(fc.constantFrom(...PROJECTS)),
    ),
    fc.tuple(
      fc
        .tuple(HOST, fc.constantFrom('vcs-ref', 'vcs-origin', 'context-ids'))
        .map(([host, claim]) => `${host}:oidc.circleci.com/${claim}`),
      some(fc.constantFrom('refs/heads/main', 'github.com/acme/website', OTHER)),
    ),
    fc.tuple(
      fc.constantFrom('sts:RoleSessionName', 'aws:RequestTag/team', 'aws:PrincipalTag/team'),
      some(fc.constantFrom('web', 'deploy-*')),
    ),
  )
  .chain(([key, values]) => OPERATOR.map((operator) => ({ operator, key, values })))

const PROVIDER = fc
  .tuple(
    fc.constantFrom('aws', 'aws', 'aws', 'aws-cn'),
    fc.constantFrom('111111111111', '111111111111', '222222222222'),
    fc.oneof({ weight: 3, arbitrary: HOST }, fc.constant(GITHUB)),
  )
  .map(([partition, account, host]) => `arn:${partition}:iam::${account}:oidc-provider/${host}`)

const STATEMENT = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
    Principal: PROVIDER.map((Federated) => ({ Federated })),
    Action: fc.constantFrom(
      'sts:AssumeRoleWithWebIdentity',
      'sts:AssumeRoleWithWebIdentity',
      'sts:*',
      'sts:AssumeRole',
    ),
    conditions: fc.uniqueArray(CONDITION, {
      maxLength: 4,
      selector: ({ operator, key }) => `${operator} ${key}`,
    }),
  })
  .map(({ conditions, ...statement }) => {
    const blocks: Record<string, Record<string, readonly string[]>> = {}
    for (const { operator, key, values } of conditions)
      blocks[operator] = { ...blocks[operator], [key]: values }
    return conditions.length === 0 ? statement : { ...statement, Condition: blocks }
  })

const POLICY = fc.record({
  Version: fc.constantFrom('2012-10-17', '2012-10-17', '2008-10-17'),
  Statement: fc.array(STATEMENT, { minLength: 1, maxLength: 3 }),
})

function read(document: object): TrustPolicy {
  const parsed = parseTrustPolicy(document)
  assert.ok('policy' in parsed, JSON.stringify(parsed))
  return parsed.policy
}

function examine(document: object, claims: Claims) {
  const policy = read(document)
  const now = new Date('2026-11-21T12:00:00Z')
  const report = checkTrust({ policy, length: 0, claims, clientIds: [], role: ROLE, now })
  return { policy, report }
}

/** What is more open has a higher number. */
function openness(policy: TrustPolicy, claims: Claims) {
  const providerArn = `arn:aws:iam::111111111111:oidc-provider/${claims.iss?.slice('https://'.length)}`
  const { verdict } = evaluate(policy, {
    action: 'sts:AssumeRoleWithWebIdentity',
    caller: { kind: 'federated', providerArn },
    keys: tokenContextKeys(claims),
  })
  return ['invalid', 'rejects', 'undecided', 'allows'].indexOf(verdict)
}

/** The statement that is suggested for a token that the policy rejects, if one is. */
function suggested(document: object, claims: Claims) {
  const { policy, report } = examine(document, claims)
  if (report.verdict !== 'rejects') return undefined
  const { meant } = whyRejected(policy, report)
  return (
    meant &&
    report.provider &&
    suggestStatement(policy, meant, { provider: report.provider, claims })?.statement
  )
}

describe('the statement that is suggested', () => {
  let printed = 0

  test("beyond the policy it allows this token's own subject, from any user, and nothing else", () => {
    fc.assert(
      fc.property(POLICY, JOBS, (document, job) => {
        const statement = suggested(document, claimsOf(job))
        if (!statement) return
        printed += 1
        const before = read(document)
        const after = read({ ...document, Statement: [...document.Statement, statement] })
        assert.ok(openness(after, claimsOf(job)) >= 2, 'it does not help')
        const namesUsers = /\/user\/[0-9a-f]{8}-/.test(JSON.stringify(document.Statement))
        for (const other of neighbours(job)) {
          const claims = claimsOf(other)
          if (openness(after, claims) <= openness(before, claims)) continue
          const { user, ...rest } = other
          const { user: own, ...mine } = job
          const isV1 = other.origin === undefined && job.origin === undefined
          const shape = (one: typeof rest) => ({ ...one, ref: isV1 ? '' : one.ref })
          assert.deepEqual(shape(rest), shape(mine))
          if (isV1 || namesUsers) assert.equal(user, own)
        }
      }),
      { numRuns: 400, seed: 20_261_121 },
    )
    assert.ok(printed >= 40, `only ${printed} policies had one`)
  })

  test('none where a statement denies', () => {
    let denied = 0
    fc.assert(
      fc.property(POLICY, JOBS, (document, job) => {
        const { report } = examine(document, claimsOf(job))
        const denies = report.evaluation?.statements.some(
          ({ effect, outcome }) => effect === 'Deny' && outcome === 'applies',
        )
        if (!denies) return
        denied += 1
        assert.equal(suggested(document, claimsOf(job)), undefined)
      }),
      { numRuns: 600, seed: 20_261_121 },
    )
    assert.ok(denied >= 8, `only ${denied} policies denied`)
  })

  test('a subject that is no CircleCI one: this one only', () => {
    const claims = { iss: `https://${GITHUB}`, aud: 'sts.amazonaws.com', sub: 'repo:a/b:ref:x' }
    const Principal = { Federated: `arn:aws:iam::111111111111:oidc-provider/${GITHUB}` }
    const Condition = {
      StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com', [`${GITHUB}:sub`]: 'repo:a/b:*' },
    }
    const Action = 'sts:AssumeRoleWithWebIdentity'
    const document = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action, Condition }],
    }
    assert.deepEqual(suggested(document, claims), {
      Effect: 'Allow',
      Principal,
      Action,
      Condition: {
        StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com', [`${GITHUB}:sub`]: claims.sub },
      },
    })
  })
})
