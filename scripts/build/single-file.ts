import { basename } from 'node:path'
import { type BuildResult, type Metafile, transform } from 'esbuild'
import { type OutputChunk, rollup } from 'rollup'
import { minify } from 'terser'
import { listed } from './loader.ts'

type Built = BuildResult<{ write: false; metafile: true }>
type Output = Metafile['outputs'][string]

/** What becomes of `src/main.ts` and the parts esbuild split off it. */
interface Division {
  /** Functions whose results nothing needs: calls of them go. */
  readonly unneeded: readonly string[]
}

/** The parts of the file that runs, for `started`, and the text of the one beside it. */
export interface TwoFiles {
  readonly parts: readonly string[]
  readonly rest: string
}

/**
 * Joins all parts into two CommonJS files: the first has the stages of the main job, each of them the modules named
 * and what they import, as one part; the second has what other commands and rarer cases load.
 *
 * esbuild splits ES modules into many files and bundles CommonJS into one that Node parses as a whole; Rollup merges
 * those that are loaded together, and what both make is rewritten here. From one plain bundle, assume-role over https
 * would take 119 ms instead of 97; from one file with a part for each of esbuild's, 5 % more of the processor's time.
 */
export async function stagedFiles(
  built: Built,
  { stages, unneeded }: StagedDivision,
): Promise<TwoFiles> {
  const { outputs, texts } = partsOf(built)
  const stageOf = new Map<string, string>()
  for (const [stage, modules] of Object.entries(stages)) {
    for (const name of imported(outputs, modules)) {
      if (!stageOf.has(name)) stageOf.set(name, stage)
    }
  }
  const chunks = await merged({ texts, names: reachable(outputs, []), unneeded }, (name) =>
    stageOf.get(name),
  )
  const first = Object.keys(stages).map((stage) => `${stage}.cjs`)
  const others = [...chunks.keys()].filter((name) => !first.includes(name))
  const parts = await linkedParts(chunks, [...first, ...others])
  return { parts: parts.slice(0, first.length), rest: listed(parts.slice(first.length)) }
}

interface StagedDivision extends Division {
  /** Parts of the first file by name, in the order in which they are loaded, as paths below `src`; `main` is the entry. */
  readonly stages: Readonly<Record<string, readonly string[]>>
}

interface SmallDivision extends Division {
  /** Modules that neither file has, with what only they need: paths below `src`. */
  readonly leftOut: readonly string[]
  /** The same of modules that are in the second file. */
  readonly later: readonly string[]
  /** Keys of modules whose texts nothing reads: what only help shows. */
  readonly unread: { readonly of: readonly string[]; readonly keys: readonly string[] }
}

/**
 * The same in two files of one part each, as small as can be: they become texts in the orb. Modules of a part see each
 * other without exports: 4 % less once compressed.
 */
export async function smallFiles(
  built: Built,
  { leftOut, later, unread, unneeded }: SmallDivision,
): Promise<TwoFiles> {
  const { outputs, texts } = partsOf(built)
  for (const [name, { inputs }] of outputs) {
    if (unread.of.some((path) => path in inputs)) {
      texts.set(name, withoutTexts(texts.get(name) ?? '', unread.keys))
    }
  }
  const first = reachable(outputs, [...leftOut, ...later])
  const names = reachable(outputs, leftOut)
  const chunks = await merged({ texts, names, unneeded }, (name) =>
    first.has(name) ? 'main' : 'rest',
  )
  const [main = '', rest = ''] = await Promise.all(
    (await linkedParts(chunks, ['main.cjs', 'rest.cjs'])).map(squeezed),
  )
  return { parts: [main], rest: listed([rest]) }
}

interface Parts {
  readonly texts: ReadonlyMap<string, string>
  /** Those that are taken. */
  readonly names: ReadonlySet<string>
  readonly unneeded: readonly string[]
}

/** What Rollup makes of these parts, by name: one chunk of all that `chunkOf` gives the same name. */
async function merged(
  { texts, names, unneeded }: Parts,
  chunkOf: (name: string) => string | undefined,
): Promise<ReadonlyMap<string, OutputChunk>> {
  const all = [...names].map((name) => texts.get(name)).join('\n')
  for (const name of unneeded) {
    if (!all.includes(`${name}(`)) throw new Error(`Nothing calls ${name} any more`)
  }
  const bundle = await rollup({
    input: 'main.cjs',
    treeshake: {
      moduleSideEffects: false,
      tryCatchDeoptimization: false,
      manualPureFunctions: [...unneeded],
    },
    plugins: [
      {
        name: 'parts',
        // 'absolute': Rollup would lead a relative id of a file beside the bundle through the current directory.
        resolveId: (id) =>
          names.has(basename(id)) ? basename(id) : { id, external: 'absolute' as const },
        load: (id) => texts.get(id) ?? null,
      },
    ],
  })
  const { output } = await bundle.generate({
    format: 'es',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    manualChunks: chunkOf,
  })
  return new Map(
    output.flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one] as const] : [])),
  )
}

/** The parts of these names as texts of functions, which know each other by their place in the list. */
async function linkedParts(
  chunks: ReadonlyMap<string, OutputChunk>,
  names: readonly string[],
): Promise<string[]> {
  const numbers = new Map(names.map((name, index) => [name, index]))
  const parts: string[] = []
  for (const name of names) {
    const chunk = chunks.get(name)
    if (!chunk) throw new Error(`Rollup made no ${name}`)
    try {
      parts.push(await asCommonJs(chunk, numbers))
    } catch (cause) {
      throw new Error(`${name}: ${(cause as Error).message}`, { cause })
    }
  }
  return parts
}

function withoutTexts(code: string, keys: readonly string[]): string {
  const text = '(["\'`])(?:(?!\\1)[^\\\\]|\\\\.)*\\1'
  const pattern = new RegExp(`(?<=[{,])(?:${keys.join('|')}):(?:${text}|\\{[^{}]*\\}),?`, 'g')
  const shorter = code.replace(pattern, '')
  if (shorter === code) throw new Error(`Nothing is called ${keys.join(', ')} any more`)
  return shorter
}

/** What esbuild made, by name, without the imports that nothing needs. */
function partsOf(built: Built) {
  const texts = new Map(
    built.outputFiles.map(({ path, text }) => [basename(path), withoutBareImports(text)]),
  )
  const outputs = new Map(
    Object.entries(built.metafile.outputs).map(([path, output]) => {
      const isNamed = (name: string) => texts.get(basename(path))?.includes(`/${name}"`)
      const imports = output.imports.filter((one) => one.external || isNamed(basename(one.path)))
      return [basename(path), { ...output, imports }]
    }),
  )
  return { outputs, texts }
}

/** Smaller than esbuild makes it, by 4 % once compressed. For the whole helper it would take too long. */
async function squeezed(code: string): Promise<string> {
  const { code: smaller } = await minify(code, {
    ecma: 2020,
    toplevel: true,
    compress: {
      passes: 3,
      hoist_props: true,
      hoist_funs: true,
      keep_fargs: false,
      pure_getters: true,
      unsafe_arrows: true,
    },
    format: { ascii_only: true },
  })
  return smaller ?? code
}

/** The names of the parts that these modules need as soon as they are loaded. */
function imported(
  outputs: ReadonlyMap<string, Output>,
  modules: readonly string[],
): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (name: string) => {
    if (found.has(name)) return
    found.add(name)
    for (const { path, kind } of outputs.get(name)?.imports ?? []) {
      if (kind === 'import-statement') visit(basename(path))
    }
  }
  for (const module of modules) {
    const [entry] = [...outputs].find(([, one]) => one.entryPoint === `src/${module}`) ?? []
    if (entry === undefined) throw new Error(`No import() loads src/${module}`)
    visit(entry)
  }
  return found
}

/** The names of the parts that the entry leads to, by any import but those of the modules left out. */
function reachable(outputs: ReadonlyMap<string, Output>, leftOut: readonly string[]): Set<string> {
  const without = new Set(leftOut.map((path) => `src/${path}`))
  const entries = new Set([...outputs.values()].map(({ entryPoint }) => entryPoint))
  const unknown = [...without].filter((path) => !entries.has(path))
  if (unknown.length > 0)
    throw new Error(`No import() loads, to be left out: ${unknown.join(', ')}`)
  const found = new Set<string>()
  const visit = (name: string) => {
    const output = outputs.get(name)
    if (!output || found.has(name) || without.has(output.entryPoint ?? '')) return
    found.add(name)
    for (const { path, external } of output.imports) if (!external) visit(basename(path))
  }
  visit('main.cjs')
  return found
}

/** A part as the text of a function; `numbers` says which part is which. */
async function asCommonJs(
  { code: text, exports, imports, dynamicImports }: OutputChunk,
  numbers: ReadonlyMap<string, number>,
): Promise<string> {
  const options = { format: 'cjs', platform: 'node', target: 'node20' } as const
  const { code } = await transform(text, {
    ...options,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
  })
  const [own, helpers] = exports.length > 0 ? withLoadersExports(code) : [code, '']
  // esbuild copies the properties of a required module, which would load a built-in one.
  const uncopied = own.replace(/__toESM\((require\("[^"]+"\))(?:, 1)?\)/g, '$1')
  const linked = [...new Set([...imports, ...dynamicImports])]
    .filter((name) => numbers.has(name))
    .reduce(
      (rest, name) => rewrite(rest, `require("./${name}")`, `require(${numbers.get(name)})`),
      uncopied,
    )
  refuseLeftOvers(linked, helpers)
  const url = linked.includes('moduleUrl')
    ? 'const moduleUrl=require("url").pathToFileURL(__filename).href;'
    : ''
  const minified = await transform(url + linked, { ...options, minify: true })
  return minified.code.trimEnd()
}

/**
 * esbuild imports every part that anything of this one's may need, for the order in which modules run. No module
 * of ours or of the SDK's does anything by being loaded alone, so a part waits for the first import of its names.
 */
function withoutBareImports(text: string): string {
  return text.replace(/\bimport\s*"\.\/[^"]+";/g, '')
}

/** A part that exports through the loader, and the helpers of esbuild's that stood before its exports. */
function withLoadersExports(code: string): [own: string, helpers: string] {
  const start = 'var stdin_exports = {};'
  const [helpers = '', ...rest] = rewrite(code, start, start).split(start)
  const offered = rewrite(rest.join(start), '__export(stdin_exports, ', 'offer(exports, ')
  return [rewrite(offered, 'module.exports = __toCommonJS(stdin_exports);', ''), helpers]
}

function rewrite(code: string, from: string, to: string): string {
  if (!code.includes(from)) throw new Error(`esbuild's output no longer has: ${from}`)
  return code.replaceAll(from, to)
}

/** What would fail at run time: esbuild's helpers, and an import of the part itself or of what is no module. */
function refuseLeftOvers(code: string, removedHelpers: string): void {
  const removed = [...removedHelpers.matchAll(/^(?:var|let|const) (\w+) =/gm)].map(
    ([, name]) => name,
  )
  const names = ['__toESM', '__export', 'require_\\w+', ...removed].join('|')
  for (const [use, name] of code.matchAll(new RegExp(`(?<![.\\w])(${names})\\b.{0,60}`, 'g'))) {
    if (!new RegExp(`(?:\\s${name} =|function ${name}\\()`).test(code)) {
      throw new Error(`Left over from esbuild: ${use}`)
    }
  }
}
