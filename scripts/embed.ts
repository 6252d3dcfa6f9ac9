import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { transformSync } from 'esbuild'

/** The texts of the orb's steps by file name; `orb/commands` includes them from `orb/dist`. */
export type StepScripts = Readonly<Record<string, string>>

/** The helper without what no job needs; `npm run build` makes it. */
export const BUNDLE = 'dist/embedded/circleci-aws-oidc.cjs'

/** Linux takes no longer argument, and a step's text is the argument of `<shell> -c`. */
export const LONGEST_STEP = 128 * 1024 - 1

/** What each step's text is put together from, in this order. */
const PARTS = {
  'install.sh': ['environment.sh', 'node.sh', 'install.sh'],
  'run.sh': ['environment.sh', 'run.sh'],
}

/**
 * Puts the bundle into the text of the step that installs it, and its version and SHA-256 into those
 * that look for it. The same bundle always gives the same text.
 */
export function embed(bundle: Buffer, version: string, orbRoot: string): StepScripts {
  const read = (name: string) => readFileSync(join(orbRoot, 'scripts', name), 'utf8')
  const sha256 = createHash('sha256').update(bundle).digest('hex')
  const values: Readonly<Record<string, string>> = {
    VERSION: version,
    // Two builds of a version may meet on one machine.
    RELEASE: `${version}-${sha256.slice(0, 12)}`,
    SHA256: sha256,
    PLACE: withoutSingleQuotes(minify(read('place.cjs'))),
    PAYLOAD: compress(bundle).toString('base64'),
  }
  const scripts = Object.entries(PARTS).map(([name, parts]) => {
    const template = parts.map(read).join('\n')
    return [name, template.replace(/@([A-Z0-9]+)@/g, (mark, key) => values[key] ?? mark)]
  })
  return Object.fromEntries(scripts)
}

/** Writes the texts to `orb/dist`, where packers find them. */
export function writeStepScripts(scripts: StepScripts, orbRoot: string): void {
  const directory = join(orbRoot, 'dist')
  mkdirSync(directory, { recursive: true })
  for (const name of readdirSync(directory)) if (!(name in scripts)) rmSync(join(directory, name))
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(directory, name), text)
}

function compress(bundle: Buffer): Buffer {
  return brotliCompressSync(bundle, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bundle.length,
    },
  })
}

function minify(code: string): string {
  return transformSync(code, { minify: true, target: 'node20', platform: 'node' }).code.trim()
}

/** In minified code a quote stands only within strings, and the shell's quoted text can hold none. */
function withoutSingleQuotes(code: string): string {
  return code.replaceAll("'", '\\x27')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: npm run build makes it`)
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  const scripts = embed(readFileSync(BUNDLE), version, 'orb')
  writeStepScripts(scripts, 'orb')
  for (const [name, text] of Object.entries(scripts)) {
    console.log(`orb/dist/${name} ${Buffer.byteLength(text)} bytes, at most ${LONGEST_STEP}`)
  }
}
