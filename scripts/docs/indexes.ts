import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'

/** The pages with a heading for each error or finding, in the order in which they are listed. */
export const CODE_PAGES = [
  'docs/errors/usage.md',
  'docs/errors/token.md',
  'docs/errors/aws.md',
  'docs/errors/network.md',
  'docs/errors/files.md',
  'docs/findings/doctor.md',
  'docs/findings/trust-policy.md',
  'docs/findings/audit.md',
] as const

const CONTENTS = 'docs/troubleshooting.md'

/** Pages whose index of codes follows from the headings, with their text as it should be. */
export function indexedPages(): Map<string, string> {
  const pages = new Map(CODE_PAGES.map((path) => [path as string, withOwnIndex(path)]))
  return pages.set(CONTENTS, withWholeIndex())
}

/** The codes that a page explains. */
export function codesOf(page: string): string[] {
  const headings = readFileSync(page, 'utf8').matchAll(/^## ([a-z0-9-]+)$/gm)
  return [...headings].map(([, code = '']) => code)
}

function withOwnIndex(path: string): string {
  return withIndex(readFileSync(path, 'utf8'), 'index', links(path, ''))
}

function withWholeIndex(): string {
  const lists = CODE_PAGES.map((path) => {
    const title = /^# (.*)$/m.exec(readFileSync(path, 'utf8'))?.[1]
    const target = relative(dirname(CONTENTS), path)
    return `## [${title}](${target})\n\n${links(path, target)}`
  })
  return withIndex(readFileSync(CONTENTS, 'utf8'), 'index of all pages', lists.join('\n\n'))
}

function links(path: string, target: string): string {
  return codesOf(path)
    .map((code) => `[${code}](${target}#${code})`)
    .join(' ·\n')
}

function withIndex(text: string, name: string, index: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, '<!-- end of index -->']
  const [before, rest] = text.split(start)
  const after = rest?.split(end)[1]
  if (after === undefined)
    throw new Error(`There is no ${start.trim()} … ${end} in "${text.split('\n')[0]}"`)
  return `${before}${start}\n${index}\n\n${end}${after}`
}
