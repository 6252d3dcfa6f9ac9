import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A fenced block of a page, with what the comments right before it tell the tests. */
export interface Fence {
  readonly page: string
  /** Line of the opening fence, from 1. */
  readonly line: number
  readonly language: string
  readonly text: string
  readonly notes: Notes
}

/** `<!-- key: value -->` lines before a fence. CONTRIBUTING.md explains each. */
export interface Notes {
  /** Why the block cannot be run. */
  readonly 'not run'?: string
  /** Name under which the block is saved for later blocks of the page. */
  readonly file?: string
  /** Saved file of the page that is the sandbox's world for this block. */
  readonly world?: string
  /** Exit code of a shell block; 0 without it. */
  readonly exits?: string
  /** The block is what the shell block before it printed. */
  readonly output?: string
  /** Tokens that the trust policy admits, of `v1, v2`; it must reject the others. Both without it. */
  readonly admits?: string
}

const KEYS = ['not run', 'file', 'world', 'exits', 'output', 'admits']

/** The README and every page of docs/. */
export function pages(): string[] {
  const docs = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  )
  return ['README.md', ...docs.sort().map((name) => join('docs', name))]
}

export function readFences(page: string): Fence[] {
  const lines = readFileSync(page, 'utf8').split('\n')
  const fences: Fence[] = []
  for (let index = 0; index < lines.length; index += 1) {
    const open = /^( *)(`{3,})(.*)$/.exec(lines[index] ?? '')
    if (!open) continue
    const [, indent = '', ticks = '', language = ''] = open
    const end = lines.findIndex((line, at) => at > index && line.trim() === ticks)
    if (end < 0) throw new Error(`${page}:${index + 1}: the fence is not closed`)
    const body = lines.slice(index + 1, end).map((line) => line.slice(indent.length))
    const text = `${body.join('\n')}\n`
    const notes = readNotes(lines.slice(0, index), `${page}:${index + 1}`)
    fences.push({ page, line: index + 1, language: language.trim(), text, notes })
    index = end
  }
  return fences
}

function readNotes(before: readonly string[], where: string): Notes {
  const notes: Record<string, string> = {}
  for (const line of [...before].reverse()) {
    if (line.trim() === '') continue
    const [, key = '', value = ''] = /^\s*<!-- ([a-z ]+?)(?:: (.*?))? -->$/.exec(line) ?? []
    if (key === '') break
    if (!KEYS.includes(key)) throw new Error(`${where}: no test knows "<!-- ${key} -->"`)
    if (key === 'not run' && value === '') throw new Error(`${where}: say why it is not run`)
    notes[key] = value
  }
  return notes
}
