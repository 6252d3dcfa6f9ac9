import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** The packages of which a build took code. */
export function packagesOf(metafiles: readonly Metafile[]): string[] {
  const inputs = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap((output) => Object.entries(output.inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  const folders = inputs.flatMap(
    ([path]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  )
  return [...new Set(folders)].sort()
}

/** Their names, versions and licences, as these ask for; a licence that several have stands once. */
export function notices(folders: readonly string[]): string {
  const packages = new Map<string, string[]>()
  for (const folder of folders) {
    const { name, version, license, author } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    )
    if (!license) throw new Error(`${name} has no licence, but the bundle has code of it`)
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file))
    const bodies = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim())
    const text =
      bodies.join('\n\n') || `Its package.json names this licence, and the author ${author}.`
    packages.set(text, [...(packages.get(text) ?? []), `${name} ${version} (${license})`])
  }
  const line = `\n\n${'-'.repeat(78)}\n\n`
  const texts = [...packages].map(([text, names]) => `${names.join('\n')}\n\n${text}`)
  return ['circleci-aws-oidc has code of these packages in its files.', ...texts, ''].join(line)
}
