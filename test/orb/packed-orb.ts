import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import {
  type Embedded,
  embed,
  readEmbedded,
  type StepScripts,
  writeStepScripts,
} from '../../scripts/embed.ts'
import { type Orb, orbText, packOrb } from '../../scripts/pack-orb.ts'
import type { Values } from './parameters.ts'

const ROOT = 'orb'

/** Stands in for the package, which only the tests of `helper: npm` need. */
export const embedded: Embedded = readEmbedded(Buffer.from('no package'))
export const { bundle, version } = embedded

/** A copy of `orb/` that carries the bundle built last; the packer's input. */
export function orbWithScripts(scripts: StepScripts): string {
  const root = mkdtempSync(join(tmpdir(), 'orb-'))
  process.once('exit', () => rmSync(root, { recursive: true, force: true }))
  cpSync(ROOT, root, { recursive: true, filter: (path) => path !== join(ROOT, 'dist') })
  writeStepScripts(scripts, root)
  return root
}

export const stepScripts = embed(embedded, ROOT)
export const orbRoot = orbWithScripts(stepScripts)
/** The packed orb as CircleCI would read it. */
export const orb: Orb = parse(orbText(packOrb(orbRoot)))

/** Its examples by name. */
export const examples = orb['examples'] as Readonly<Record<string, { readonly usage: Values }>>

/** The same orb, released with this package. */
export function orbOfPackage(tarball: Buffer): Orb {
  return parse(orbText(packOrb(orbWithScripts(embed({ ...embedded, tarball }, ROOT)))))
}
