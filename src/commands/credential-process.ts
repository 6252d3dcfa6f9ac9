import type { CommandContext, OptionsOf } from '../command-table.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { renewCredentials } from '../refresh/renewal.ts'

/** Prints what the `credential_process` of a profile must print, and nothing else on stdout. */
export async function run(
  { profile = 'default' }: OptionsOf<'credential-process'>,
  context: CommandContext,
): Promise<number> {
  const { config } = sharedFileLocations(context.env)
  const { text } = await renewCredentials(profile, config, context)
  context.terminal.handOver(text.trimEnd())
  return 0
}
