// Run by the shell through `node -e`: puts the code from stdin into a file of a directory.
const { createHash, randomBytes } = require('node:crypto')
const fs = require('node:fs')
const { join } = require('node:path')
const { brotliDecompressSync } = require('node:zlib')

const [directory = '', name = '', sha256 = ''] = process.argv.slice(1)
const file = join(directory, name)
// Always read to its end: the shell's printf would fail otherwise.
const payload = fs.readFileSync(0)

try {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (hashOf(read()) !== sha256) replace(decode())
} catch (error) {
  console.error(error.what ?? `${directory} cannot be written: ${error.message}.`)
  console.error(
    `Next: ${error.next ?? 'make room there and make it writable, or set HOME or XDG_DATA_HOME.'}`,
  )
  process.exitCode = error.what ? 1 : 6
}

function decode() {
  const damaged = {
    what: 'The helper in this step is damaged: its SHA-256 is not the one it was packed with.',
    next: 'use the orb as it was published.',
  }
  let code
  try {
    code = brotliDecompressSync(fromBase85())
  } catch {
    throw damaged
  }
  if (hashOf(code) !== sha256) throw damaged
  return code
}

/** Five digits for four bytes, the last group cut short; `embed.ts` has the other way. */
function fromBase85() {
  const values = new Map([...'@ALPHABET@'].map((digit, index) => [digit.charCodeAt(0), index]))
  const groups = Math.ceil(payload.length / 5)
  const bytes = Buffer.alloc(groups * 4)
  for (let group = 0; group < groups; group++) {
    let value = 0
    for (let i = group * 5; i < group * 5 + 5; i++) {
      value = value * 85 + (i < payload.length ? values.get(payload[i]) : 84)
    }
    bytes.writeUInt32BE(value, group * 4)
  }
  return bytes.subarray(0, Math.floor(payload.length * 0.8))
}

function hashOf(content) {
  return content && createHash('sha256').update(content).digest('hex')
}

function read() {
  try {
    return fs.readFileSync(file)
  } catch {
    return undefined
  }
}

/** Through a temporary file and a rename: another step may be running what is there now. */
function replace(content) {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  try {
    fs.writeFileSync(temporary, content)
    fs.chmodSync(temporary, 0o644)
    fs.renameSync(temporary, file)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}
