import { accessSync, constants } from 'node:fs'
import { delimiter, resolve } from 'node:path'

/** Why tests are skipped; false where they run. */
export type Skip = string | false

/** What `.ci/run` could not install. Whatever else is missing fails there: with CI=true nothing is skipped. */
const EXCUSED = (process.env['TEST_WITHOUT'] ?? '').split(' ')
const isCi = process.env['CI'] === 'true'

/** What makes the AWS CLI, linters and modules of Python available. */
export const REQUIREMENTS =
  'python3 -m venv .venv && .venv/bin/pip install -r test/requirements.txt installs it'

/** What makes a missing program available; any other is a package of the same name. */
const SOURCES: Readonly<Record<string, string>> = {
  aws: REQUIREMENTS,
  shellcheck: REQUIREMENTS,
  yamllint: REQUIREMENTS,
  setpriv: 'the package util-linux has it',
  'go-v1-identity': 'go build -C test/interop/go -o "$PWD/.venv/bin/go-v1-identity" ./v1 makes it',
  'go-v2-identity': 'go build -C test/interop/go -o "$PWD/.venv/bin/go-v2-identity" ./v2 makes it',
  terraform: 'install Terraform',
  'circleci-cli': 'set CIRCLECI_CLI to the official CLI, which .ci/run builds with Go',
}

/** Why tests with these programs are skipped. */
export function without(...programs: string[]): Skip {
  const missing = programs.find((program) => !findTool(program))
  if (missing === undefined) return false
  const source = SOURCES[missing] ?? `the package ${missing} has it`
  return lacking(missing, `there is no ${missing}: ${source}`)
}

/** The reason, unless this machine must have the tool. */
export function lacking(tool: string, reason: string): Skip {
  if (!isCi) return reason
  return EXCUSED.includes(tool) && `as TEST_WITHOUT says, ${reason}`
}

/** Where a program is, that of `.venv` first; undefined where there is none. */
export function findTool(tool: string): string | undefined {
  if (tool === 'circleci-cli') return process.env['CIRCLECI_CLI']
  const directories = [resolve('.venv/bin'), ...(process.env['PATH'] ?? '').split(delimiter)]
  return directories.map((directory) => resolve(directory, tool)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export function pathOf(tool: string): string {
  if (tool === 'node') return process.execPath
  const found = findTool(tool)
  if (!found) throw new Error(`${tool} is not on this machine`)
  return found
}
