import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { evaluatedKeys } from '../sandbox/aws/condition-requests.ts'
import { ROWS } from '../sandbox/aws/request-table.ts'
import { codeSpans, section, tableRows } from './table.ts'

const page = readFileSync('docs/sandbox-aws.md', 'utf8')
const verified = new Map(
  tableRows(section(page, '## What it verifies')).map(([what = '', how = '']) => [what, how]),
)

test('every deviation has its line, and every line its request', () => {
  const told = [...section(page, '## What it does not').matchAll(/^- \*\*(.+?)\*\*/gm)]
  const found = new Set(ROWS.flatMap(({ deviation }) => deviation?.line ?? []))
  assert.deepEqual(told.map(([, line]) => line).sort(), [...found].sort())
})

test('a line that says what the sandbox answers says what its requests are answered', () => {
  const lines = section(page, '## What it does not').split(/^- /m).slice(1)
  const wrong = lines.flatMap((text) => {
    const line = /^\*\*(.+?)\*\*/.exec(text)?.[1]
    const named = /(?:answers|are|:) ((?:[A-Z][a-z]+){2,})\b/.exec(text)?.[1]
    const codes = ROWS.filter(({ deviation }) => deviation?.line === line).map(
      ({ code, deviation }) => (text.includes('AWS answers') ? deviation?.aws : code),
    )
    return named === undefined || codes.includes(named) ? [] : [`${line}: ${codes.join(', ')}`]
  })
  assert.deepEqual(wrong, [])
})

test('the operations and condition keys are those of the requests', () => {
  const served = ROWS.filter(({ deviation }) => deviation?.line !== 'Other operations')
  const operations = new Set(served.map(({ operation }) => operation))
  assert.deepEqual(codeSpans(verified.get('operations') ?? '').sort(), [...operations].sort())
  assert.deepEqual(codeSpans(verified.get('condition keys') ?? '').sort(), evaluatedKeys().sort())
})

test('the table of requests', () => {
  const operations = [...new Set(ROWS.map(({ operation }) => operation))]
  const lines = operations.map((operation) => {
    const rows = ROWS.filter((row) => row.operation === operation)
    const codes = [...new Set(rows.flatMap(({ code }) => code ?? []))].sort()
    const granted = rows.filter(({ code }) => code === undefined).length
    return `| \`${operation}\` | ${rows.length} | ${granted} | ${codes.join(', ')} |`
  })
  const head = ['| operation | requests | granted | refused with |', '|---|---|---|---|']
  const table = [...head, ...lines].join('\n')
  assert.ok(section(page, '### What it was tried with').includes(table), `should be:\n${table}`)
})
