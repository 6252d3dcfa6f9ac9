import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface SourceFile {
  /** From the root of the repository: `src/sts/arn.ts`. */
  readonly path: string
  readonly text: string
}

export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|cjs|mjs|sh)$/.test(name))
    .sort()
    .map((name) => {
      const path = join(folder, name)
      return { path, text: readFileSync(path, 'utf8') }
    })
}

const IMPORT = /\b(?:from|import\(|import)\s*['"](\.[^'"]+)['"]/g

/** The files of this repository that a file imports, at its start or later, types included. */
export function importsOf({ path, text }: SourceFile): string[] {
  return [...text.matchAll(IMPORT)].map(([, name]) => normalize(join(dirname(path), name ?? '')))
}
