import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errorCode } from '../files/failure.ts'
import type { Environment } from '../options.ts'
import type { IniFile } from '../profiles/ini.ts'
import { type Finding, finding } from './findings.ts'

/** Commands that AWS tools would start for a profile's credentials, and could not. Of them, only programs are shown. */
export function checkProcesses(content: IniFile, path: string, env: Environment): Finding[] {
  // Programs are found by other rules there.
  if (process.platform === 'win32') return []
  return content.sections.flatMap(({ name, options }) =>
    options.flatMap(({ spelling, value, first }) => {
      const why =
        spelling === 'credential_process' && value !== '' ? whyNotRun(value, env) : undefined
      const at = `${path}, line ${first + 1}, [${name}]`
      return why === undefined ? [] : [finding('process-cannot-run', `${at}: ${why}`)]
    }),
  )
}

function whyNotRun(command: string, env: Environment): string | undefined {
  const words = shellWords(command)
  if (words === undefined) return 'a quotation mark is not closed, or a backslash comes last'
  const [program = '', script = ''] = words
  const why = whyNoProgram(program, env)
  if (why !== undefined) return `${program} ${why}`
  // What an interpreter is to run may be gone although the interpreter is there.
  if (!INTERPRETER.test(basename(program)) || !/^[^-].*\//.test(script)) return undefined
  return isFile(script) ? whyOurs(script) : `${script} is missing`
}

const INTERPRETER = /^((ba|da|z|k)?sh|node|nodejs|deno|bun|python[\d.]*|ruby|perl)$/

/** The words of a command as botocore splits it (Python's `shlex`); undefined where a quotation mark has no end. */
function shellWords(command: string): string[] | undefined {
  const words = command.match(/(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"\\])+|\S/gs) ?? []
  if (words.some((word) => /^['"\\]$/.test(word))) return undefined
  return words.map((word) =>
    word.replace(
      /\\(.)|'([^']*)'|"((?:\\.|[^"\\])*)"/gs,
      (_, escaped?: string, single?: string, double?: string) =>
        escaped ?? single ?? double?.replace(/\\(["\\])/g, '$1') ?? '',
    ),
  )
}

function whyNoProgram(program: string, env: Environment): string | undefined {
  const paths = program.includes('/')
    ? [program]
    : (env['PATH'] ?? '').split(':').map((directory) => join(directory || '.', program))
  const found = paths.find(isFile)
  if (found === undefined) {
    const literal = /^~|\$/.test(program)
      ? '; the AWS CLI does not expand ~ and $: write the whole path'
      : ''
    return `is missing${program.includes('/') ? '' : ' on PATH'}${literal}`
  }
  return paths.filter(isFile).some(isExecutable) ? undefined : `is not executable (${found})`
}

/** Whether what starts our own helper still finds it, and the Node it was set up with. */
function whyOurs(script: string): string | undefined {
  if (basename(script) !== 'credential-process.sh') return undefined
  const [, quoted = ''] = /^node='(.*)'$/m.exec(readFileSync(script, 'utf8')) ?? []
  const node = quoted.replaceAll("'\\''", "'")
  const launcher = join(dirname(script), 'launcher.cjs')
  const gone = [...(node === '' ? [] : [node]), launcher].find((path) => !isFile(path))
  return gone === undefined ? undefined : `${gone} was removed after the profile was set up`
}

/** Also one that can't be looked at. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
