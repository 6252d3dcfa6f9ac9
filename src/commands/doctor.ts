import type { Context, OptionsOf } from '../command-table.ts'
import { startDeadline } from '../deadline.ts'
import { examine } from '../doctor/examine.ts'
import { exitCode, inOrder, reportJson, reportText } from '../doctor/report.ts'

export async function run(
  options: OptionsOf<'doctor'>,
  { env, terminal }: Context,
): Promise<number> {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const findings = inOrder(await examine(options, { env, terminal, deadline }))
    terminal.print(
      options.format === 'json'
        ? JSON.stringify(reportJson(findings), null, 2)
        : reportText(findings, terminal.paint),
    )
    return exitCode(findings)
  } finally {
    deadline.clear()
  }
}
