import type { Context, OptionsOf } from '../command-table.ts'
import { startDeadline } from '../deadline.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { renewCredentials } from '../refresh/renewal.ts'

/** Prints what the `credential_process` of a profile must print, and nothing else on stdout. */
export async function run(
  { profile = 'default' }: OptionsOf<'credential-process'>,
  { env, terminal }: Context,
): Promise<number> {
  const { text } = await renewCredentials(profile, {
    config: sharedFileLocations(env).config,
    env,
    note: terminal.note,
    debug: terminal.debug,
    conceal: terminal.conceal,
    startDeadline,
  })
  terminal.handOver(text.trimEnd())
  return 0
}
