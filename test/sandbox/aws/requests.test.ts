import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutAwsCli } from '../../tools/aws-cli.ts'
import { withoutModules } from '../../tools/python.ts'
import { sendByAwsCli, sendByBoto3, sendByJavaScript } from './clients.ts'
import { UNKNOWN_KEYS } from './condition-requests.ts'
import type { Row } from './request-row.ts'
import { SOURCES } from './request-sources.ts'
import { ROWS } from './request-table.ts'
import { sandboxFor } from './sandbox-client.ts'
import { describeRow, requestOf, sendRaw, worldOfRows } from './send-request.ts'

test('the table has at least 250 requests, and uses every source', () => {
  assert.ok(ROWS.length >= 250, `${ROWS.length}`)
  const used = new Set<string>(ROWS.map(({ source }) => source))
  assert.deepEqual(
    Object.keys(SOURCES).filter((source) => !used.has(source)),
    [],
  )
})

for (const operation of new Set(ROWS.map((row) => row.operation))) {
  test(`raw: ${operation}`, async (t) => {
    const { sandbox } = await sandboxFor(t, { world: worldOfRows() })
    const rows = ROWS.filter((row) => row.operation === operation)
    const answers: (string | null)[] = []
    for (const row of rows) answers.push((await sendRaw(sandbox, row)) ?? null)
    compare(rows, answers)
  })
}

test('a condition key that only AWS can evaluate is named', async (t) => {
  const { sandbox, lines } = await sandboxFor(t, { world: worldOfRows() })
  const rows = ROWS.filter(({ deviation }) => deviation?.line === UNKNOWN_KEYS)
  assert.ok(rows.length >= 4)
  for (const row of rows) {
    await sendRaw(sandbox, row)
    const [key = ''] = Object.values(row.condition ?? {}).flatMap(Object.keys)
    assert.match(lines.at(-1) ?? '', /the trust policy can't be evaluated here/)
    assert.ok(lines.at(-1)?.includes(key), lines.at(-1))
  }
})

const BY_CLIENTS = ROWS.filter(({ rawOnly, signing }) => !rawOnly && !signing)

/** One of each operation and code. */
const SAMPLE = [
  ...new Map(BY_CLIENTS.map((row) => [`${row.operation} ${row.code}`, row] as const)).values(),
]

test('by the AWS SDK for JavaScript', async (t) => {
  const { sandbox } = await sandboxFor(t, { world: worldOfRows() })
  const requests = await Promise.all(BY_CLIENTS.map((row) => requestOf(sandbox, row)))
  compare(BY_CLIENTS, await sendByJavaScript(sandbox.url, requests))
})

test('by boto3', { skip: withoutModules('boto3') }, async (t) => {
  const { sandbox } = await sandboxFor(t, { world: worldOfRows() })
  const requests = await Promise.all(BY_CLIENTS.map((row) => requestOf(sandbox, row)))
  const answers = await sendByBoto3(sandbox.url, requests)
  compare(
    BY_CLIENTS,
    answers.map(({ code }) => code),
  )
})

test('by the AWS CLI', { skip: withoutAwsCli }, async (t) => {
  const { sandbox } = await sandboxFor(t, { world: worldOfRows() })
  const requests = await Promise.all(SAMPLE.map((row) => requestOf(sandbox, row)))
  compare(SAMPLE, await sendByAwsCli(sandbox.url, requests))
})

function compare(rows: readonly Row[], answers: readonly (string | null)[]): void {
  assert.equal(answers.length, rows.length)
  const wrong = rows.flatMap((row, at) => {
    const expected = row.code ?? null
    return answers[at] === expected
      ? []
      : [`${describeRow(row)}: ${answers[at]} instead of ${expected}`]
  })
  assert.deepEqual(wrong, [])
}
