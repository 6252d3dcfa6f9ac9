import assert from 'node:assert/strict'

// A label stands in quotation marks, or Mermaid reads its brackets, slashes and words as syntax.
const NODE = String.raw`\w+(?:\["[^"]+"\]|\{"[^"]+"\}|\("[^"]+"\))?`
const ARROW = String.raw`(?:-->|-\.->|-- "[^"]+" -->|-\. "[^"]+" \.->)`
const LINE = new RegExp(`^(?:${NODE}(?: ${ARROW} ${NODE})*|subgraph \\w+\\["[^"]+"\\]|end)$`)

/** The part of Mermaid's syntax that the pages use, which is drawn where the repository is read. */
export function checkFlowchart(text: string): void {
  const [head = '', ...lines] = text.trimEnd().split('\n')
  assert.match(head, /^flowchart (LR|TD)$/)
  assert.ok(lines.length > 0, 'there is nothing in it')
  const wrong = lines.map((line) => line.trim()).filter((line) => !LINE.test(line))
  assert.deepEqual(wrong, [])
}
