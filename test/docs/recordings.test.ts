import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { RECORDINGS, record } from '../../scripts/docs/recordings.ts'
import { terminalSvg } from '../../scripts/docs/terminal-svg.ts'

/** The beginning of each row: its mark, label or command. Values and wording may differ. */
function structure(svg: string): string[] {
  return [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)]
    .map(([, row = '']) => row.replace(/<[^>]*>/g, ''))
    .map((row) => /^ *(\$ [\w-]+ [\w-]+ ?[\w-]*|\S+)/.exec(row)?.[0] ?? '')
}

for (const recording of RECORDINGS) {
  test(`${recording.path} shows what the command prints now (npm run docs records it)`, () => {
    assert.deepEqual(structure(readFileSync(recording.path, 'utf8')), structure(record(recording)))
  })
}

test('a row as long as the terminal, a colour, and what XML gives a meaning of its own', () => {
  const svg = terminalSvg('a < b', `\u001b[32m✓\u001b[0m ${'x'.repeat(110)}\n$ echo "<&>"`)
  assert.match(svg, /<title>a &lt; b<\/title>/)
  const rows = [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, row]) => row)
  assert.deepEqual(rows, [
    `<tspan fill="#7ee787">✓</tspan><tspan> ${'x'.repeat(108)}</tspan>`,
    '<tspan>xx</tspan>',
    '<tspan>$ echo "&lt;&amp;>"</tspan>',
  ])
})
