import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const MODULES = resolve('test/interop/npm/node_modules')

/** A program of the packages that `test/interop/npm` lists, such as `node12/bin/node`. */
export function npmTool(path: string): string {
  return join(MODULES, path)
}

/** Why tests that need these programs are skipped; false where they run. In CI they always run. */
export function withoutNpmTools(...paths: readonly string[]): string | false {
  if (process.env['CI'] === 'true' || paths.every((path) => existsSync(npmTool(path)))) return false
  return `npm ci --prefix test/interop/npm installs ${paths.join(', ')} (Linux x64, 1.2 GB)`
}
