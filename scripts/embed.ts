import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
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
  'install.sh': ['environment', 'place', 'install'],
  'install-doctor.sh': ['environment', 'place', 'install-doctor'],
  'npm.sh': ['environment', 'find-node', 'npm'],
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

/** The same with comments and indentation, and what is compressed as it is, for shellcheck. */
export function embedReadably(embedded: Embedded, orbRoot: string): StepScripts {
  const asWritten = (text: string) => text
  return {
    ...fill(embedded, orbRoot, asWritten),
    'fetch-node.sh': readScript(orbRoot, 'fetch-node.sh'),
  }
}

function fill(
  { name, version, bundle, doctor, tarball }: Embedded,
  orbRoot: string,
  finish: (text: string) => string,
): StepScripts {
  const read = (file: string) => readScript(orbRoot, file)
  const installer = minify(read('installer.cjs'))
  const helper = packed(installer, bundle)
  const ofDoctor = packed(installer, doctor)
  const sha512 = createHash('sha512').update(tarball).digest()
  const values: Readonly<Record<string, string>> = {
    PACKAGE: name,
    VERSION: version,
    // Two builds of a version may meet on one machine.
    RELEASE: `${version}-${sha256(Buffer.concat([bundle, doctor])).slice(0, 12)}`,
    NPM_RELEASE: `${version}-npm-${sha512.toString('hex').slice(0, 12)}`,
    NPM_INTEGRITY: `sha512-${sha512.toString('base64')}`,
    SHA256: helper.sha256,
    LENGTH: helper.length,
    PAYLOAD: helper.digits,
    DOCTOR_FILE,
    DOCTOR_SHA256: ofDoctor.sha256,
    DOCTOR_LENGTH: ofDoctor.length,
    DOCTOR_PAYLOAD: ofDoctor.digits,
    FETCH_NODE: gzipped(condensed(read('fetch-node.sh'))),
    PLACE: withoutSingleQuotes(minify(read('place.cjs'))),
  }
  const scripts = Object.entries(PARTS).map(([file, parts]) => {
    const template = finish(parts.map((part) => read(`${part}.sh`)).join('\n'))
    return [file, template.replace(/@([A-Z0-9_]+)@/g, (mark, key) => values[key] ?? mark)]
  })
  return Object.fromEntries(scripts)
}

function readScript(orbRoot: string, file: string): string {
  return readFileSync(join(orbRoot, 'scripts', file), 'utf8')
}

/** As Base64, for an image without Node. */
function gzipped(script: string): string {
  const bytes = gzipSync(script, { level: 9 })
  // The byte that names the operating system.
  bytes[9] = 255
  return bytes.toString('base64')
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

/** A file of the helper behind the program that puts it in place, as `place.cjs` reads both. */
function packed(installer: string, file: Buffer) {
  const content = Buffer.concat([Buffer.from(`${installer}\0`), file])
  const bytes = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_LGBLOCK]: constants.BROTLI_MAX_INPUT_BLOCK_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  })
  return { sha256: sha256(content), length: String(bytes.length), digits: toBase91(bytes) }
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

// Printable ASCII but what shell, YAML or CircleCI could take for its own in quoted text.
const DIGITS = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).filter(
  (digit) => !"'\\<".includes(digit),
)

/** Two digits for 13 bits, which is 8 % shorter than Base64. `place.cjs` has the other way. */
function toBase91(bytes: Buffer): string {
  const texts: string[] = []
  let held = 0
  let bits = 0
  // Bytes beyond the end, so that the last bits come out; the length says how many bytes count.
  for (let i = 0; i < bytes.length + 2; i++) {
    held = ((held << 8) | (bytes[i] ?? 0)) & 0xfffff
    bits += 8
    if (bits < 13) continue
    bits -= 13
    const value = (held >> bits) & 0x1fff
    texts.push(`${DIGITS[Math.floor(value / 91)]}${DIGITS[value % 91]}`)
  }
  return texts.join('')
}

export function minify(code: string): string {
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
