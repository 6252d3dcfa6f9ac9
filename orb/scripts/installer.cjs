// Run by Node in a step of the orb, once for each file of the helper: puts it in place, and what starts it beside it.
// What is wrong goes to stderr with exit code 6.
const { randomBytes } = require('node:crypto')
const fs = require('node:fs')
const { join } = require('node:path')

const ROOM = 'make room there and make it writable, or set HOME or XDG_DATA_HOME.'

/** Writes `content` to a file of `directory`, which is made. */
exports.place = (directory, name, content) =>
  attempt(() => {
    refusing(
      `${directory} cannot be created`,
      'make the home directory writable, or set HOME or XDG_DATA_HOME to one that is.',
      () => fs.mkdirSync(directory, { recursive: true, mode: 0o700 }),
    )
    write(join(directory, name), content, 0o644)
  })

/** Writes `directory`/circleci-aws-oidc, which runs `bundle` on this Node, and puts it on the PATH of later steps. */
exports.addLauncher = (directory, bundle) =>
  attempt(() => {
    write(
      join(directory, 'circleci-aws-oidc'),
      launcher(quoted(process.execPath), quoted(bundle)),
      0o755,
    )
    if (process.env.BASH_ENV) putOnPath(directory, process.env.BASH_ENV)
  })

/** The shell script that starts the helper; its `exec` gives the job's NODE_OPTIONS back to its command. */
function launcher(node, bundle) {
  return `#!/bin/sh
if [ ! -x ${node} ]; then
  printf '%s\\n' ${node}' is gone, the Node that circleci-aws-oidc was installed with.' \\
    "Next: use the orb's command install in an earlier step of this job." >&2
  exit 6
fi
if [ -n "$NODE_OPTIONS" ]; then export CIRCLECI_AWS_OIDC_NODE_OPTIONS="$NODE_OPTIONS"; fi
unset NODE_OPTIONS
exec ${node} ${bundle} "$@"
`
}

/** Adds a line to what bash reads before each step. */
function putOnPath(directory, bashEnv) {
  if (directory.includes(':')) {
    throw problem(
      `${directory} cannot be on PATH: it has a colon`,
      'set XDG_DATA_HOME to a directory without one.',
    )
  }
  const line = `export PATH=${quoted(directory)}:"$PATH"`
  if ((read(bashEnv) ?? '').toString().split('\n').includes(line)) return
  refusing(
    `${bashEnv} cannot be written`,
    'let this user write it, or set BASH_ENV to a file that it may write.',
    () =>
      // The last line there may have no end.
      fs.appendFileSync(bashEnv, `\n${line}\n`),
  )
}

/** Through a temporary file and a rename: another step may be running what is there now. */
function write(path, content, mode) {
  const there = read(path)
  if (there?.equals(Buffer.from(content)) && (fs.statSync(path).mode & mode) === mode) return
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    refusing(`${path} cannot be written`, ROOM, () => {
      fs.writeFileSync(temporary, content)
      fs.chmodSync(temporary, mode)
      fs.renameSync(temporary, path)
    })
  } finally {
    fs.rmSync(temporary, { force: true })
  }
}

function read(path) {
  try {
    return fs.readFileSync(path)
  } catch {
    return undefined
  }
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function refusing(what, next, work) {
  try {
    work()
  } catch (error) {
    // Without the path, which is said already.
    throw problem(`${what}: ${error.message.replace(/, \w+ '.*$/, '')}`, next)
  }
}

function problem(what, next) {
  return Object.assign(new Error(what), { next })
}

function attempt(work) {
  try {
    work()
  } catch (error) {
    console.error(`${error.message}.\nNext: ${error.next}`)
    process.exit(6)
  }
}
