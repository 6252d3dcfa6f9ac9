import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { BUNDLE, embed, type StepScripts, writeStepScripts } from '../../scripts/embed.ts'
import { type Orb, orbText, packOrb } from '../../scripts/pack-orb.ts'

const ROOT = 'orb'

export const bundle = readFileSync(BUNDLE)
export const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** A copy of `orb/` that carries the bundle built last; the packer's input. */
export function orbWithScripts(scripts: StepScripts): string {
  const root = mkdtempSync(join(tmpdir(), 'orb-'))
  process.once('exit', () => rmSync(root, { recursive: true, force: true }))
  cpSync(ROOT, root, { recursive: true, filter: (path) => path !== join(ROOT, 'dist') })
  writeStepScripts(scripts, root)
  return root
}

export const stepScripts = embed(bundle, version, ROOT)
export const orbRoot = orbWithScripts(stepScripts)
/** The packed orb as CircleCI would read it. */
export const orb: Orb = parse(orbText(packOrb(orbRoot)))
