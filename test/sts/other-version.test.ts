import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type Context, withinTime } from '../../src/context.ts'
import { OidcError } from '../../src/errors.ts'
import { parseRoleArn } from '../../src/role/arn.ts'
import { readWorld, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts'
import type { RolePlan } from '../../src/sts/assume-role.ts'
import { stsEndpoint } from '../../src/sts/endpoint.ts'
import { triedOtherVersion } from '../../src/sts/other-version.ts'
import { webIdentityToken } from '../../src/token/web-identity-token.ts'
import { sandboxFor } from './rehearsal.ts'

const ROLE = 'arn:aws:iam::111111111111:role/deploy'
const { organization, project, issuer, job } = readWorld({})
const KEYS = issuer.replace('https://', '')
const V1_SUBJECT = `org/${organization}/project/${project}/user/${job.userId}`

/** A world whose role is for tokens with this subject. */
const worldFor = (subject: string) =>
  readWorld({
    accounts: {
      '111111111111': {
        providers: [{ url: issuer, clientIds: [organization] }],
        roles: [
          {
            name: 'deploy',
            trustPolicy: {
              Statement: {
                Effect: 'Allow',
                Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${KEYS}` },
                Action: 'sts:AssumeRoleWithWebIdentity',
                Condition: { StringLike: { [`${KEYS}:sub`]: subject } },
              },
            },
          },
        ],
      },
    },
  })
const FOR_V1 = worldFor(V1_SUBJECT)
const FOR_V2 = worldFor(`${V1_SUBJECT}/vcs-origin/*`)
const FOR_NEITHER = worldFor('nobody')

const V1 = 'CIRCLE_OIDC_TOKEN'
const V2 = 'CIRCLE_OIDC_TOKEN_V2'

interface Given {
  /** What the job has; undefined takes a token away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The variable of the token that was refused, and its value if it is not that of the variable. */
  readonly source?: string
  readonly value?: string
  readonly error?: unknown
  readonly seconds?: number
}

const DENIED = () => new OidcError('access-denied', { what: 'No.', why: 'AWS said no.' })

type Mint = Sandbox['mint']

/** What becomes of a refusal in a job that has both tokens, with what is given changed. */
async function tried(
  t: TestContext,
  options: SandboxOptions,
  given: (mint: Mint) => Given | Promise<Given> = () => ({}),
) {
  const sandbox = await sandboxFor(t, options)
  const { mint } = sandbox
  const tokens: Record<string, string> = {
    ...{ [V1]: await mint({ version: 'v1' }), [V2]: await mint({ version: 'v2' }) },
  }
  const { env = {}, source = V2, value, error = DENIED(), seconds = 20 } = await given(mint)
  const told: string[] = []
  const tell = (text: string) => told.push(text)
  const terminal = { note: tell, debug: tell, conceal: () => {} } as unknown as Context['terminal']
  const plan: RolePlan = {
    ...{ profile: 'default', role: parseRoleArn(ROLE), source: { kind: 'token' } },
    ...{ roleSessionName: 'job-42', durationSeconds: 3600, policyArns: ['arn:x'], policy: '{}' },
    ...{ sessionTags: [], transitiveTagKeys: [], allowedAccountIds: [] },
    endpoint: stsEndpoint('us-east-1', sandbox.url, {}),
  }
  const token = webIdentityToken(value ?? tokens[source] ?? '', source)
  const context = { env: { ...tokens, ...env }, terminal, maxAttempts: 5 }
  const answer = await withinTime(seconds, context, (within) =>
    triedOtherVersion(error, plan, token, within),
  )
  return { answer, error, told, requests: sandbox.requests }
}

test('the role is for V1: asked once, with a session that may do nothing', async (t) => {
  const { answer, error, told, requests } = await tried(t, { world: FOR_V1 })
  assert.ok(answer instanceof OidcError && answer !== error)
  assert.equal(answer.code, 'token-version-refused')
  assert.equal(
    answer.message,
    `AWS refuses the V2 token in ${V2}, and allows the V1 token in ${V1}.`,
  )
  assert.match(answer.why ?? '', new RegExp(`^refused {3}${V1_SUBJECT}/vcs-origin/.*main$`, 'm'))
  assert.match(answer.why ?? '', new RegExp(`^allowed {3}${V1_SUBJECT}$`, 'm'))
  assert.match(answer.next ?? '', /^Pass --token-version v1, or .* aws iam get-role --role-name /)
  assert.deepEqual(told, [])
  const { DurationSeconds, Policy = '', RoleSessionName, ...rest } = requests[0]?.parameters ?? {}
  assert.deepEqual([requests.length, DurationSeconds, RoleSessionName], [1, '900', 'job-42'])
  assert.deepEqual(JSON.parse(Policy), {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
  })
  assert.deepEqual(
    Object.keys(rest).filter((name) => name.startsWith('PolicyArns')),
    [],
  )
})

test('the role is for V2', async (t) => {
  const { answer } = await tried(t, { world: FOR_V2 }, () => ({ source: V1 }))
  assert.ok(answer instanceof OidcError)
  assert.equal(
    answer.message,
    `AWS refuses the V1 token in ${V1}, and allows the V2 token in ${V2}.`,
  )
  assert.match(answer.next ?? '', /^Use the V2 token, the default: /)
})

test('the role is for neither: the refusal says that, too', async (t) => {
  const { answer, error, requests } = await tried(t, { world: FOR_NEITHER })
  assert.equal(answer, error)
  assert.equal((answer as OidcError).why, `AWS said no.\nother     V1 token in ${V1}: refused, too`)
  assert.equal(requests.length, 1)
})

describe('the refusal stays as it is, and AWS is not asked', () => {
  for (const [name, given] of [
    ['without the other token', () => ({ env: { [V1]: undefined } })],
    ['with one that is no token', () => ({ env: { [V1]: 'no token' } })],
    ['with the same version in both', async (mint) => ({ env: { [V1]: await mint() } })],
    [
      'with one that has expired',
      async (mint) => ({ env: { [V1]: await mint({ version: 'v1', expiresIn: -60 }) } }),
    ],
    [
      'with one of another job',
      async (mint) => ({ env: { [V1]: await mint({ claims: { sub: `${V1_SUBJECT}x` } }) } }),
    ],
    ['for a token from elsewhere', async (mint) => ({ source: 'MY_TOKEN', value: await mint() })],
    [
      "for a fork's token",
      async (mint) => {
        const ref = 'refs/heads/pull/7'
        const sub = `${V1_SUBJECT}/vcs-origin/github.com/mallory/website/vcs-ref/${ref}`
        return { value: await mint({ claims: { sub, 'oidc.circleci.com/vcs-ref': ref } }) }
      },
    ],
    ['for another error', () => ({ error: new OidcError('token-expired', { what: 'No.' }) })],
    ['for a defect', () => ({ error: new TypeError('x') })],
  ] as [string, (mint: Mint) => Given | Promise<Given>][]) {
    test(name, async (t) => {
      const { answer, error, requests } = await tried(t, { world: FOR_V1 }, given)
      assert.equal(answer, error)
      if (answer instanceof OidcError && answer.code === 'access-denied') {
        assert.equal(answer.why, 'AWS said no.')
      }
      assert.equal(requests.length, 0)
    })
  }
})

test('an answer that is neither yes nor no, or does not come in time, changes nothing', async (t) => {
  const faults = [{ name: 'throttling', count: 1 }] as const
  const busy = await tried(t, { world: FOR_V1, faults })
  assert.equal(busy.answer, busy.error)
  assert.equal((busy.answer as OidcError).why, 'AWS said no.')
  assert.equal(busy.requests.length, 1)
  const world = { ...FOR_V1, latencyMs: 1500 }
  const late = await tried(t, { world }, () => ({ seconds: 2 }))
  assert.equal(late.answer, late.error)
  assert.equal((late.answer as OidcError).why, 'AWS said no.')
})
