import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Generated } from '../../../src/trust/generate/files.ts'

/** In the place of the AWS CLI: writes down who asks what, files by their text, and answers as it is told. */
const AWS = `#!/bin/sh
{
  printf '%s\\0' "\${AWS_PROFILE-}\${AWS_ACCESS_KEY_ID-}\${AWS_SECRET_ACCESS_KEY-}\${AWS_SESSION_TOKEN-}"
  for one do
    case $one in
      file://*) cat -- "\${one#file://}" ;;
      *) printf %s "$one" ;;
    esac
    printf '\\0'
  done
  printf '\\0'
} >>"$LOG"
case " $* " in
  *" $FAILS "*)
    echo 'An error occurred (AccessDenied) when calling an operation' >&2
    exit 254 ;;
esac
case $2 in
  get-caller-identity) echo "$ACCOUNT" ;;
  assume-role) printf 'ASIA-of-%s\\tsecret\\ttoken\\n' "$4" ;;
  get-role | get-open-id-connect-provider)
    case "$FOUND $*" in
      *"Role.Arn"*) echo "arn:of:$4" ;;
      *"contains("*) echo "$REGISTERED" ;;
      all*) echo '{}' ;;
      *)
        echo 'An error occurred (NoSuchEntity) when calling an operation' >&2
        exit 254 ;;
    esac ;;
esac
`

export interface AwsAnswers {
  /** The account of the credentials; 123456789012. */
  readonly account?: string
  /** Whether roles and providers are there already. */
  readonly found?: boolean
  /** Whether the provider has the client id. */
  readonly registered?: boolean
  /** Words of the command that AWS denies. */
  readonly fails?: string
}

export interface Ran extends Pick<SpawnSyncReturns<string>, 'status' | 'stdout' | 'stderr'> {
  /** The arguments of each command; what is JSON, parsed. */
  readonly calls: readonly (readonly unknown[])[]
  /** The credentials that each command had. */
  readonly callers: readonly string[]
}

/** Runs a generated script, from its directory or from stdin, with an AWS CLI that answers as it is told. */
export function runWithAws(
  { files, text }: Generated,
  script: string | undefined,
  answers: AwsAnswers = {},
  args: readonly string[] = [],
): Ran {
  const home = mkdtempSync(join(tmpdir(), 'recorded aws-'))
  try {
    writeFileSync(join(home, 'aws'), AWS, { mode: 0o755 })
    writeFileSync(join(home, 'log'), '')
    const directory = join(home, '-files')
    mkdirSync(directory)
    for (const file of script === undefined ? [] : files) {
      mkdirSync(dirname(join(directory, file.name)), { recursive: true })
      writeFileSync(join(directory, file.name), file.text)
    }
    const command = script === undefined ? ['-s', '--', ...args] : ['--', script, ...args]
    const { status, stdout, stderr } = spawnSync('sh', command, {
      cwd: directory,
      input: script === undefined ? text : '',
      encoding: 'utf8',
      env: {
        PATH: `${home}:${process.env['PATH']}`,
        TMPDIR: directory,
        LOG: join(home, 'log'),
        AWS_PROFILE: 'mine',
        ACCOUNT: answers.account ?? '123456789012',
        FOUND: answers.found ? 'all' : 'none',
        REGISTERED: answers.registered ? 'True' : 'False',
        FAILS: answers.fails ?? '-',
      },
    })
    const records = readFileSync(join(home, 'log'), 'utf8').split('\0\0').slice(0, -1)
    const parts = records.map((record) => record.split('\0'))
    return {
      ...{ status, stdout, stderr },
      calls: parts.map(([, ...given]) => given.map(parsed)),
      callers: parts.map(([caller = '']) => caller),
    }
  } finally {
    rmSync(home, { recursive: true })
  }
}

function parsed(argument: string): unknown {
  return /^\s*[[{]/.test(argument) ? JSON.parse(argument) : argument
}
