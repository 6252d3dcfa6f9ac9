import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { replacements } from '../../../scripts/build/replacements.ts'

/** A test file with the sources it imports, as one text in which packages are still to be required; made once. */
export async function bundled(file: string): Promise<string> {
  const kept = resolve(`${file}.cjs`)
  if (!existsSync(kept)) {
    const plugins = [ownPlaces, onlyBuilt(await builtModules())]
    const code = await bundle({ entryPoints: [file], packages: 'external', plugins })
    writeFileSync(kept, code)
    if (code.includes(BUILT_CLI)) await buildCli()
  }
  return readFileSync(kept, 'utf8')
}

async function bundle(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    // Not where esbuild was loaded.
    absWorkingDir: process.cwd(),
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    ...options,
  })
  return outputFiles?.[0]?.text ?? ''
}

const BUILT_CLI = 'dist/circleci-aws-oidc.cjs'
/** Writes at the end what was reached, one line for each process. */
export const AT_END = `process.on('exit', () => {
  const { mutantCoverage } = globalThis.__stryker__ ?? {}, file = process.env.MUTATION_REACHED
  if (mutantCoverage && file) require('node:fs').appendFileSync(file, Object.keys(mutantCoverage.static) + '\\n')
})`

/** What modules that are packed into a CommonJS file ask for. */
const MODULE_URL = `const moduleUrl = require('node:url').pathToFileURL(__filename).href`

/** The CLI of the instrumented sources, without what the real build does to make it small. */
async function buildCli(): Promise<void> {
  if (existsSync(BUILT_CLI)) return
  const provided = await builtModules()
  for (const [name, entry] of [
    ['circleci-aws-oidc', 'src/main.ts'],
    ['sandbox', 'src/sandbox/index.ts'],
    ['sandbox-circleci', 'src/sandbox/circleci.ts'],
  ] as const) {
    await bundle({
      entryPoints: [entry],
      write: true,
      outfile: `dist/${name}.cjs`,
      external: ['kerberos'],
      banner: { js: `${AT_END}\n${MODULE_URL}` },
      define: { 'import.meta.url': 'moduleUrl' },
      ...(name === 'circleci-aws-oidc' && { plugins: [replacements(provided)] }),
    })
  }
}

/** What the real build makes for modules that only it has. */
async function builtModules(): Promise<Record<string, string>> {
  const launcher = await bundle({
    entryPoints: ['src/launcher.ts'],
    external: ['./circleci-aws-oidc.cjs'],
  })
  const pages = ['docs/errors', 'docs/findings']
    .flatMap((folder) => readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`)))
    .join('\n')
  return {
    'launcher-text': `export default ${JSON.stringify(launcher)}`,
    'code-pages': `export default ${JSON.stringify(pages)}`,
  }
}

/** Such modules for tests that run a command in their own process. */
const onlyBuilt = (modules: Readonly<Record<string, string>>): Plugin => ({
  name: 'only-built',
  setup({ onResolve, onLoad }) {
    const namespace = 'built'
    const filter = new RegExp(`^(${Object.keys(modules).join('|')})$`)
    onResolve({ filter }, ({ path }) => ({ path, namespace }))
    onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: modules[path] ?? '' }))
  },
})

/** Lets tests find the files beside them, and the built CLI where it is: a copy for each change would be too much. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\/test\/.*\.ts$/ }, ({ path }) => {
      // The bundle has them.
      if (path.endsWith('/acceptance/built-modules.ts')) return { contents: '' }
      if (path.endsWith('/acceptance/built-cli.ts')) {
        return { contents: `export const CLI = ${JSON.stringify(resolve(BUILT_CLI))}` }
      }
      const url = JSON.stringify(pathToFileURL(path).href)
      const contents = readFileSync(path, 'utf8').replaceAll('import.meta.url', url)
      return { contents, loader: 'ts' }
    })
  },
}
