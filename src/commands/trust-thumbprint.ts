import type { Context } from '../command.ts'
import { startDeadline } from '../deadline.ts'
import type { OptionValues } from '../options.ts'
import { checkIssuer } from '../trust/coordinate.ts'
import { thumbprintOf, thumbprintText } from '../trust/thumbprint.ts'
import { missing } from '../trust/usage.ts'
import type { TRUST_THUMBPRINT_OPTIONS } from './trust-options.ts'

type ThumbprintOptions = OptionValues<(typeof TRUST_THUMBPRINT_OPTIONS)[number]>

export async function run(options: ThumbprintOptions, { env, terminal }: Context): Promise<number> {
  if (options.issuer === undefined) throw missing('issuer', 'The thumbprint is of its certificate.')
  const deadline = startDeadline(options['timeout-seconds'])
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
