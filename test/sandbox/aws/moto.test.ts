import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startMoto } from '../../interop/moto.ts'
import { withoutModules } from '../../tools/python.ts'
import { sendByBoto3 } from './clients.ts'
import { ROWS } from './request-table.ts'
import { sandboxFor } from './sandbox-client.ts'
import { describeRow, requestOf, worldOfRows } from './send-request.ts'

const ROLES = ['AssumeRole', 'AssumeRoleWithWebIdentity']
const USERS = ['GetSessionToken', 'GetFederationToken']
const OPERATIONS = [...ROLES, ...USERS, 'GetCallerIdentity', 'GetAccessKeyInfo']

interface Difference {
  readonly operations: readonly string[]
  readonly ours: readonly string[]
  /** null: it succeeds; a name of boto3's own: its answer is none of STS. */
  readonly motos: string | null
  readonly why: string
}

/** What moto answers otherwise. In each the documentation is with us, or docs/sandbox-aws.md says that we deviate. */
const DIFFERENCES: readonly Difference[] = [
  {
    operations: OPERATIONS,
    ours: ['ValidationError'],
    motos: null,
    why: 'Of the API model, moto checks the longest RoleSessionName of AssumeRole and the longest Policy of GetFederationToken.',
  },
  {
    operations: ROLES,
    ours: ['ValidationError'],
    motos: 'ResponseParserError',
    why: 'Without RoleArn or RoleSessionName moto fails inside; U+0001 it writes into XML, which has no way to say it.',
  },
  {
    operations: ROLES,
    ours: ['AccessDenied'],
    motos: null,
    why: 'moto evaluates no trust policy, and needs no role.',
  },
  {
    operations: ['AssumeRoleWithWebIdentity'],
    ours: ['InvalidIdentityToken', 'ExpiredTokenException'],
    motos: null,
    why: 'moto does not read the token.',
  },
  {
    operations: ROLES,
    ours: ['MalformedPolicyDocument'],
    motos: null,
    why: 'moto does not read session policies.',
  },
  {
    operations: ['AssumeRole'],
    ours: ['InvalidParameterValue', 'PackedPolicyTooLarge'],
    motos: null,
    why: 'moto does not read session tags.',
  },
  {
    operations: USERS,
    ours: ['AccessDenied'],
    motos: null,
    why: 'moto takes credentials of a session for those of a user.',
  },
  {
    operations: ['GetAccessKeyInfo'],
    ours: ['AccessDenied'],
    motos: null,
    why: 'moto says of a key it does not know that it is of its own account.',
  },
]

test("moto's answers beside ours", { skip: withoutModules('boto3', 'moto.server') }, async (t) => {
  const moto = await startMoto(t)
  const { sandbox } = await sandboxFor(t, { world: worldOfRows() })
  const rows = ROWS.filter(
    ({ operation, rawOnly, signing }) => OPERATIONS.includes(operation) && !rawOnly && !signing,
  )
  const requests = await Promise.all(rows.map((row) => requestOf(sandbox, row)))
  const ours = await sendByBoto3(sandbox.url, requests)
  const motos = await sendByBoto3(moto, requests)
  const used = new Set<Difference>()
  const unexplained: string[] = []
  for (const [at, row] of rows.entries()) {
    const [our, its] = [ours[at], motos[at]]
    assert.ok(our && its)
    if (our.code === its.code) {
      // Who the caller is moto cannot know: the credentials are not its own.
      if (row.operation !== 'GetCallerIdentity') assert.equal(its.arn, our.arn, describeRow(row))
      continue
    }
    const difference = DIFFERENCES.find(
      ({ operations, ...one }) =>
        operations.includes(row.operation) &&
        one.ours.includes(our.code ?? '') &&
        one.motos === its.code,
    )
    if (difference) used.add(difference)
    else unexplained.push(`${describeRow(row)}: ${our.code}, moto ${its.code}`)
  }
  assert.deepEqual(unexplained, [])
  assert.deepEqual(
    DIFFERENCES.filter((one) => !used.has(one)),
    [],
  )
})
