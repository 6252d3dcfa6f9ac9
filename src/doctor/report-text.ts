import { withoutControls } from '../printable.ts'
import type { Style, Terminal } from '../terminal.ts'
import type { Finding } from './finding.ts'

const MARKS = {
  error: ['✗', 'red'],
  warning: ['!', 'yellow'],
  skipped: ['- Not checked:', 'dim'],
  ok: ['✓', 'green'],
} as const satisfies Record<Finding['level'], readonly [string, Style]>

/** The report for people: the first line is what to look at first. */
export function reportText(findings: readonly Finding[], paint: Terminal['paint']): string {
  const lines = findings.map((one) => {
    const [mark, style] = MARKS[one.level]
    const head = `${paint('stdout', style, mark)} ${withoutControls(one.what.replace(/\s+/g, ' '))}`
    return [head, ...details(one).map(([label, text]) => `    ${label.padEnd(6)}${indented(text)}`)]
  })
  return [...lines.flat(), '', summary(findings)].join('\n')
}

function details({ id, level, evidence, fix }: Finding): [string, string][] {
  const entries: [string, string | undefined][] = [
    ['Why:', evidence],
    ['Fix:', fix],
    ['Docs:', docs({ id, level })],
  ]
  return entries.filter((entry): entry is [string, string] => Boolean(entry[1]))
}

export function docs({ id, level }: Pick<Finding, 'id' | 'level'>): string | undefined {
  const wrong = level === 'error' || level === 'warning'
  return wrong ? `docs/troubleshooting.md#${id}` : undefined
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level'], one: string) => {
    const number = findings.filter((finding) => finding.level === level).length
    return number === 0 ? [] : [`${number} ${one}${number === 1 ? '' : 's'}`]
  }
  const wrong = [...count('error', 'error'), ...count('warning', 'warning')]
  const left = count('skipped', 'check').map((text) => `${text} not made`)
  return `${[...(wrong.length > 0 ? wrong : ['Nothing is wrong']), ...left].join(', ')}.`
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map(withoutControls)
    .join(`\n${' '.repeat(10)}`)
