import { writeFile } from 'node:fs/promises'
import type { CommandContext, OptionsOf } from '../../command-table.ts'
import { type Deadline, startDeadline } from '../../deadline.ts'
import { EXIT, OidcError } from '../../errors.ts'
import type { Environment } from '../../options.ts'
import { type Allowed, parseAllowFile } from '../../trust/audit/allow-file.ts'
import { type AuditReport, audit } from '../../trust/audit/audit.ts'
import { SEVERITIES, type Severity } from '../../trust/audit/findings.ts'
import { type Inventory, readInventory } from '../../trust/audit/inventory.ts'
import { auditJson, auditText, isOpen } from '../../trust/audit/report.ts'
import { auditSarif } from '../../trust/audit/sarif.ts'
import { readText } from '../../trust/input.ts'
import { conflict, missing } from '../../trust/subjects/coordinate.ts'

type Options = OptionsOf<'trust audit'>

export async function run(options: Options, { env, terminal }: CommandContext): Promise<number> {
  const deadline = startDeadline(options['timeout-seconds'], terminal.progress)
  try {
    const allowed = await readAllowed(options, env, deadline)
    const report = audit(await readInputs(options, deadline), allowed, new Date())
    if (options.sarif !== undefined) await writeSarif(options.sarif, report)
    for (const note of report.notes) terminal.note(`Note: ${note}`)
    terminal.print(
      options.format === 'json' ? JSON.stringify(auditJson(report), null, 2) : auditText(report),
    )
    return hasFinding(report, options['fail-on']) ? EXIT.refused : EXIT.done
  } finally {
    deadline.clear()
  }
}

async function readAllowed(
  { allow, input }: Options,
  env: Environment,
  deadline: Deadline,
): Promise<Allowed> {
  if (allow === undefined) return { allowances: [], organizations: [] }
  if (allow === '-' && input.includes('-')) throw conflict('allow -', 'input -')
  const reading = readText(allow, 'The allow file', deadline.signal)
  const text = await deadline.race('reading the allow file', reading)
  return parseAllowFile(text, allow === '-' ? 'stdin' : allow, env)
}

// get-account-authorization-details has every policy of an account.
const MAXIMUM_BYTES = 200_000_000

async function readInputs({ input }: Options, deadline: Deadline): Promise<Inventory> {
  if (input.length === 0) {
    throw missing('input', 'trust audit does not ask AWS: it reads what the AWS CLI printed.')
  }
  const inputs: { file: string; text: string }[] = []
  for (const file of new Set(input)) {
    const reading = readText(file, 'The answer of AWS', deadline.signal, MAXIMUM_BYTES)
    inputs.push({ file, text: await deadline.race(`reading ${file}`, reading) })
  }
  return readInventory(inputs)
}

async function writeSarif(path: string, report: AuditReport): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(auditSarif(report), null, 2)}\n`)
  } catch (error) {
    throw new OidcError('file-unwritable', {
      what: `${path} can't be written to: ${(error as NodeJS.ErrnoException).code}.`,
      next: 'Choose another file for --sarif.',
      cause: error,
    })
  }
}

function hasFinding({ things }: AuditReport, least: Severity | 'never'): boolean {
  if (least === 'never') return false
  const counted = SEVERITIES.slice(0, SEVERITIES.indexOf(least) + 1)
  return things.some(({ findings }) =>
    findings.some((one) => isOpen(one) && counted.includes(one.severity)),
  )
}
