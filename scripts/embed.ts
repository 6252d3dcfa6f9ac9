import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { transformSync } from 'esbuild'

/** The texts of the orb's steps by file name; `orb/commands` includes them from `orb/dist`. */
export type StepScripts = Readonly<Record<string, string>>

/** The helper without what no job needs, and what only `doctor` needs; `npm run build` makes both. */
const BUNDLE = 'dist/embedded/circleci-aws-oidc.cjs'
export const DOCTOR_FILE = 'doctor.cjs'
const DOCTOR = `dist/embedded/${DOCTOR_FILE}`

/** Linux takes no longer argument, and a step's text is the argument of `<shell> -c`. */
export const LONGEST_STEP = 128 * 1024 - 1

/** What each step's text is put together from, in this order. */
const PARTS = {
  'install.sh': ['environment', 'find-node', 'fetch-node', 'launcher', 'install'],
  'install-doctor.sh': ['environment', 'find-node', 'install-doctor'],
  'npm.sh': ['environment', 'find-node', 'launcher', 'npm'],
  'run.sh': ['environment', 'run'],
} as const

/** What is put into the steps. */
export interface Embedded {
  readonly name: string
  readonly version: string
  readonly bundle: Buffer
  readonly doctor: Buffer
  /** The package that is published with the orb. */
  readonly tarball: Buffer
}

/** What the last build made, with the package that `npm pack` makes of it. */
export function readEmbedded(tarball: Buffer): Embedded {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: npm run build makes it`)
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'))
  return { name, version, bundle: readFileSync(BUNDLE), doctor: readFileSync(DOCTOR), tarball }
}

/**
 * Puts the helper into the texts of the steps that install it, and version and hashes into those that look
 * for it. The same helper always gives the same texts.
 */
export function embed(embedded: Embedded, orbRoot: string): StepScripts {
  return fill(embedded, orbRoot, condensed)
}

/** The same with comments and indentation, for shellcheck. */
export function embedReadably(embedded: Embedded, orbRoot: string): StepScripts {
  return fill(embedded, orbRoot, (text) => text)
}

function fill(
  { name, version, bundle, doctor, tarball }: Embedded,
  orbRoot: string,
  finish: (text: string) => string,
): StepScripts {
  const read = (file: string) => readFileSync(join(orbRoot, 'scripts', file), 'utf8')
  const sha256 = (...contents: Buffer[]) =>
    createHash('sha256').update(Buffer.concat(contents)).digest('hex')
  const sha512 = createHash('sha512').update(tarball).digest()
  const values: Readonly<Record<string, string>> = {
    PACKAGE: name,
    VERSION: version,
    // Two builds of a version may meet on one machine.
    RELEASE: `${version}-${sha256(bundle, doctor).slice(0, 12)}`,
    NPM_RELEASE: `${version}-npm-${sha512.toString('hex').slice(0, 12)}`,
    NPM_INTEGRITY: `sha512-${sha512.toString('base64')}`,
    SHA256: sha256(bundle),
    PAYLOAD: toBase85(compress(bundle)),
    DOCTOR_FILE,
    DOCTOR_SHA256: sha256(doctor),
    DOCTOR_PAYLOAD: toBase85(compress(doctor)),
    PLACE: withoutSingleQuotes(minify(read('place.cjs').replace('@ALPHABET@', ALPHABET))),
  }
  const scripts = Object.entries(PARTS).map(([file, parts]) => {
    const template = finish(parts.map((part) => read(`${part}.sh`)).join('\n'))
    return [file, template.replace(/@([A-Z0-9_]+)@/g, (mark, key) => values[key] ?? mark)]
  })
  return Object.fromEntries(scripts)
}

/** Without comments and indentation: our scripts have no text of several lines. */
function condensed(script: string): string {
  const lines = script.split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n')
    .concat('\n')
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

// Printable ASCII without what the shell, YAML or CircleCI could take for its own: quotes, \ ` $ < @ ! %.
const ALPHABET = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))
  .filter((digit) => !'\'"\\`$<@!%'.includes(digit))
  .join('')

/** As Ascii85: five digits for four bytes, which is 6 % shorter than Base64. `place.cjs` has the other way. */
function toBase85(bytes: Buffer): string {
  const texts: string[] = []
  for (let start = 0; start < bytes.length; start += 4) {
    const group = Buffer.alloc(4)
    const length = bytes.copy(group, 0, start, start + 4)
    let value = group.readUInt32BE()
    let digits = ''
    for (let digit = 0; digit < 5; digit++) {
      digits = ALPHABET[value % 85] + digits
      value = Math.floor(value / 85)
    }
    texts.push(digits.slice(0, length + 1))
  }
  return texts.join('')
}

function minify(code: string): string {
  return transformSync(code, { minify: true, target: 'node20', platform: 'node' }).code.trim()
}

/** In minified code a quote stands only within strings, and the shell's quoted text can hold none. */
function withoutSingleQuotes(code: string): string {
  return code.replaceAll("'", '\\x27')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'))
  const scripts = embed(readEmbedded(readFileSync(`dist/${name}-${version}.tgz`)), 'orb')
  writeStepScripts(scripts, 'orb')
  for (const [file, text] of Object.entries(scripts)) {
    console.log(`orb/dist/${file} ${Buffer.byteLength(text)} bytes, at most ${LONGEST_STEP}`)
  }
}
