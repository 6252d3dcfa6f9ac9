import { docsLink, EXIT, explainCommand } from '../errors.ts'
import type { Style, Terminal } from '../terminal.ts'
import { printable } from '../text.ts'
import { CHECKS, type Check, FINDINGS, type Finding, LEVELS } from './findings.ts'

export type Findings = Readonly<Record<Check, readonly Finding[]>>

/** The worst first, those of one level in the order of the checks; none twice. */
export function inOrder(findings: Partial<Findings>): Finding[] {
  const all = CHECKS.flatMap((check) => findings[check] ?? [])
  // A warning that was raised to an error is still among the warnings, too.
  const same = (one: Finding, other: Finding) =>
    one.id === other.id &&
    (one.what === other.what || (one.level === 'warning' && other.level === 'error'))
  const levels = LEVELS.flatMap((level) => all.filter((one) => one.level === level))
  return levels.filter((one, index) => levels.findIndex((other) => same(one, other)) === index)
}

/** As `assume-role` would end: it reads all options before anything else; then the worst counts, which comes first. */
export function exitCode(findings: readonly Finding[]): number {
  const ofOptions = findings.find(({ exit }) => exit === EXIT.usage)
  return (ofOptions ?? findings[0])?.exit ?? EXIT.done
}

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
    const [what, rest] = one.level === 'error' ? split(one.what) : [oneLine(one.what)]
    const evidence = [rest, one.evidence].filter(Boolean).join('\n')
    const head = `${paint('stdout', style, mark)} ${what}`
    const lines = details({ ...one, evidence })
    return [head, ...lines.map(([label, text]) => `    ${label.padEnd(6)}${indented(text)}`)]
  })
  return [...lines.flat(), '', summary(findings)].join('\n')
}

/** What a line of 160 characters takes, to the end of a sentence or a word, and the rest. */
function split(what: string): [string, string?] {
  const text = oneLine(what)
  if (text.length <= LONGEST) return [text]
  const sentence = text.lastIndexOf('. ', LONGEST - 1) + 1
  if (sentence > LONGEST / 3) return [text.slice(0, sentence), text.slice(sentence + 1)]
  const word = text.lastIndexOf(' ', LONGEST - 1)
  return word > 0 ? [`${text.slice(0, word)}…`, `…${text.slice(word)}`] : [text]
}

const LONGEST = 158

const oneLine = (text: string) => printable(text.replace(/\s+/g, ' '))

function details({ id, level, evidence, fix }: Finding): [string, string][] {
  const entries: [string, string | undefined][] = [
    ['Why:', evidence],
    ['Fix:', fix],
    ['More:', isWrong(level) ? explainCommand(id) : undefined],
  ]
  return entries.filter((entry): entry is [string, string] => Boolean(entry[1]))
}

function docs({ id, level }: Pick<Finding, 'id' | 'level'>): string | undefined {
  return isWrong(level) ? docsLink(id, id in FINDINGS ? 'doctor' : 'trust-policy') : undefined
}

function isWrong(level: Finding['level']): boolean {
  return level === 'error' || level === 'warning'
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level'], one: string) => {
    const number = findings.filter((finding) => finding.level === level).length
    return number === 0 ? [] : [`${number} ${one}${number === 1 ? '' : 's'}`]
  }
  const wrong = [...count('error', 'error'), ...count('warning', 'warning')]
  const left = count('skipped', 'check').map((text) => `${text} not made`)
  return `${[...(wrong.length > 0 ? wrong : ['No problems found']), ...left].join(', ')}.`
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map(printable)
    .join(`\n${' '.repeat(10)}`)

/** The report for programs. */
export function reportJson(findings: readonly Finding[]): object {
  const levels = findings.map(({ level }) => level)
  const worst = (['error', 'warning'] as const).find((level) => levels.includes(level))
  return {
    result: worst ?? 'ok',
    exitCode: exitCode(findings),
    findings: findings.map((one) => ({
      id: one.id,
      level: one.level,
      what: one.what,
      evidence: one.evidence ?? null,
      fix: one.fix ?? null,
      docs: docs(one) ?? null,
    })),
  }
}
