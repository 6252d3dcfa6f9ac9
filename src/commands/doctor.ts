import type { CommandContext, OptionsOf } from '../command-table.ts'
import { withinTime } from '../context.ts'
import { examine } from '../doctor/examine.ts'
import { exitCode, inOrder, reportJson, reportText } from '../doctor/report.ts'

/** Whether AWS can be reached at all shows in two attempts. */
const MAXIMUM_ATTEMPTS = 2

export async function run(
  options: OptionsOf<'doctor'>,
  { env, terminal, wrong }: CommandContext,
): Promise<number> {
  const maxAttempts = Math.min(options['max-attempts'] ?? MAXIMUM_ATTEMPTS, MAXIMUM_ATTEMPTS)
  const given = { env, terminal, maxAttempts }
  const findings = await withinTime(options['timeout-seconds'], given, async (context) =>
    inOrder(await examine(options, context, wrong)),
  )
  terminal.print(
    options.format === 'json'
      ? JSON.stringify(reportJson(findings), null, 2)
      : reportText(findings, terminal.paint),
  )
  return exitCode(findings)
}
