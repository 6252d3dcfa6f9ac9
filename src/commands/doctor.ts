import type { Context } from '../command.ts'
import { startDeadline } from '../deadline.ts'
import { exitCode, inOrder } from '../doctor/report.ts'
import { reportJson } from '../doctor/report-json.ts'
import { reportText } from '../doctor/report-text.ts'
import type { OptionValues } from '../options.ts'
import { examine } from './doctor-examination.ts'
import type { DOCTOR_OPTIONS } from './doctor-options.ts'

export type DoctorOptions = OptionValues<(typeof DOCTOR_OPTIONS)[number]>

export async function run(options: DoctorOptions, { env, terminal }: Context): Promise<number> {
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
