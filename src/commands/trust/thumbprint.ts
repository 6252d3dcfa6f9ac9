import type { CommandContext, OptionsOf } from '../../command-table.ts'
import { startDeadline } from '../../deadline.ts'
import { checkIssuer, missing } from '../../trust/subjects/coordinate.ts'
import { thumbprintOf, thumbprintText } from '../../trust/thumbprint.ts'

export async function run(
  options: OptionsOf<'trust thumbprint'>,
  { env, terminal }: CommandContext,
): Promise<number> {
  if (options.issuer === undefined) throw missing('issuer', 'The thumbprint is of its certificate.')
  const deadline = startDeadline(options['timeout-seconds'], terminal.progress)
  try {
    const search = thumbprintOf(checkIssuer(options.issuer), env, deadline.signal)
    const found = await deadline.race("reading the issuer's certificates", search)
    terminal.print(
      options.format === 'json' ? JSON.stringify(found, null, 2) : thumbprintText(found),
    )
    return 0
  } finally {
    deadline.clear()
  }
}
