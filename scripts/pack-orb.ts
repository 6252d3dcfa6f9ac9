import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'

/** An orb in one document, as it is published. */
export type Orb = Readonly<Record<string, unknown>>

const TOP_LEVEL = ['version', 'description', 'display', 'orbs']
const FOLDERS = ['commands', 'executors', 'jobs', 'examples']
const INCLUDE = /<<\s*include\(([-\w/.]+)\)?\s*>>/

/** Packs the folder of an orb by the rules of `circleci orb pack`. */
export function packOrb(root: string): Orb {
  const main = join(root, '@orb.yml')
  const orb: Record<string, unknown> = { ...readYaml(main) }
  const unknown = Object.keys(orb).filter((key) => ![...TOP_LEVEL, ...FOLDERS].includes(key))
  if (unknown.length > 0) throw new Error(`${main} has unknown keys: ${unknown.join(', ')}`)
  for (const folder of FOLDERS) {
    const components = { ...(orb[folder] as object), ...readFolder(join(root, folder)) }
    if (Object.keys(components).length === 0) continue
    // Examples show configs: what looks like an include there is text.
    orb[folder] = folder === 'examples' ? showVersions(components) : inline(components, root)
  }
  return orb
}

/** The packed orb as YAML, indented like the official packer's. */
export function orbText(orb: Orb): string {
  return stringify(orb, { indent: 4, lineWidth: 0, aliasDuplicateObjects: false })
}

function readFolder(folder: string): Record<string, unknown> {
  if (!existsSync(folder)) return {}
  const names = readdirSync(folder)
    .filter((name) => /^[^.].*\.ya?ml$/.test(name))
    .sort()
  return Object.fromEntries(
    names.map((name) => [name.replace(/\.ya?ml$/, ''), readYaml(join(folder, name))]),
  )
}

function readYaml(path: string): object {
  const value: unknown = parse(readFileSync(path, 'utf8'))
  if (typeof value === 'object' && value && !Array.isArray(value)) return value
  throw new Error(`${path} must hold a map`)
}

function inline(value: unknown, root: string): unknown {
  if (typeof value === 'string') return include(value, root)
  if (Array.isArray(value)) return value.map((item) => inline(item, root))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inline(item, root)]))
}

/** `<<include(PATH)>>` becomes the file's text, in which a literal `<<` is escaped. */
function include(text: string, root: string): string {
  const match = INCLUDE.exec(text)
  if (!match) return text
  const [whole, path = ''] = match
  if (whole !== text) throw new Error(`An include must be the whole value: ${text}`)
  const file = join(root, path)
  if (!existsSync(file)) throw new Error(`${file} is missing: npm run orb makes what is in dist`)
  return readFileSync(file, 'utf8').replaceAll('<<', '\\<<')
}

/** The official packer reads the version of an example's config as text. */
function showVersions(examples: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(examples).map(([name, example]) => {
    const { usage, ...rest } = example as { usage: { version: number } }
    return [name, { ...rest, usage: { ...usage, version: String(usage.version) } }]
  })
  return Object.fromEntries(entries)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const output = 'dist/orb.yml'
  mkdirSync(dirname(output), { recursive: true })
  writeFileSync(output, orbText(packOrb('orb')))
  console.log(output)
}
