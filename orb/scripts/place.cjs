// Run by install.sh through `node -e`: puts the bundle from stdin and its launcher into a directory.
const { createHash, randomBytes } = require('node:crypto')
const fs = require('node:fs')
const { join } = require('node:path')
const { brotliDecompressSync } = require('node:zlib')

const [directory = '', sha256 = ''] = process.argv.slice(1)
const bundle = join(directory, 'circleci-aws-oidc.cjs')
const launcher = join(directory, 'circleci-aws-oidc')
// Always read to its end: the shell's printf would fail otherwise.
const payload = fs.readFileSync(0, 'latin1')

try {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (hashOf(read(bundle)) !== sha256) replace(bundle, decode(), 0o644)
  const text = launcherText(quote(process.execPath), quote(bundle))
  if (read(launcher)?.toString() !== text || !isExecutable(launcher)) replace(launcher, text, 0o755)
} catch (error) {
  console.error(error.what ?? `${directory} cannot be written: ${error.message}.`)
  console.error(
    `Next: ${error.next ?? 'make room there and make it writable, or set HOME or XDG_DATA_HOME.'}`,
  )
  process.exitCode = error.what ? 1 : 6
}

/** The job's NODE_OPTIONS are for its own Node; `exec` gives them back to its command. */
function launcherText(node, script) {
  return `#!/bin/sh
if [ ! -x ${node} ]; then
  printf '%s\\n' ${node}' is gone, the Node that circleci-aws-oidc was installed with.' \\
    "Next: use the orb's command install in an earlier step of this job." >&2
  exit 6
fi
if [ -n "$NODE_OPTIONS" ]; then export CIRCLECI_AWS_OIDC_NODE_OPTIONS="$NODE_OPTIONS"; fi
unset NODE_OPTIONS
exec ${node} ${script} "$@"
`
}

function decode() {
  const damaged = {
    what: 'The helper in this step is damaged: its SHA-256 is not the one it was packed with.',
    next: 'use the orb as it was published.',
  }
  let code
  try {
    code = brotliDecompressSync(Buffer.from(payload, 'base64'))
  } catch {
    throw damaged
  }
  if (hashOf(code) !== sha256) throw damaged
  return code
}

function hashOf(content) {
  return content && createHash('sha256').update(content).digest('hex')
}

function read(path) {
  try {
    return fs.readFileSync(path)
  } catch {
    return undefined
  }
}

function isExecutable(path) {
  return (fs.statSync(path).mode & 0o111) === 0o111 || process.platform === 'win32'
}

/** Through a temporary file and a rename: another step may be running what is there now. */
function replace(path, content, mode) {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    fs.writeFileSync(temporary, content, { mode })
    fs.chmodSync(temporary, mode)
    fs.renameSync(temporary, path)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`
}
