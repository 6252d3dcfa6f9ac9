import { accessSync, constants, statSync } from 'node:fs'
import type { CommandContext, OptionsOf } from '../command-table.ts'
import { type Context, withinTime } from '../context.ts'
import { errorCode, unreadable } from '../files/failure.ts'
import type { Environment } from '../options.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { givenRegion } from '../role/region.ts'
import { callerIdentity } from '../sts/caller-identity.ts'
import { connectSts } from '../sts/client.ts'
import { stsEndpoint } from '../sts/endpoint.ts'
import { findCredentials, profileRegion } from '../sts/profile-credentials.ts'
import { printable } from '../text.ts'

export async function run(
  options: OptionsOf<'whoami'>,
  { env, terminal }: CommandContext,
): Promise<number> {
  const given = { env, terminal, maxAttempts: options['max-attempts'] }
  const found = await withinTime(options['timeout-seconds'], given, (context) =>
    identify(options, context),
  )
  if (options.format === 'json') terminal.print(JSON.stringify(found, null, 2))
  else {
    for (const [label, text] of [
      ['Account', found.accountId],
      ['ARN', found.arn],
      ['User id', found.userId],
      ['Source', found.source],
    ] as const) {
      terminal.print(`${terminal.paint('stdout', 'bold', label.padEnd(8))}${printable(text)}`)
    }
  }
  return 0
}

/** Who the credentials are, and where they came from. */
async function identify(options: OptionsOf<'whoami'>, context: Context) {
  const { env, terminal, deadline } = context
  checkSharedFiles(env)
  const [, given] = givenRegion(options.region, env) ?? []
  const region = given ?? (await profileRegion(options.profile, env)) ?? 'us-east-1'
  const sts = connectSts(stsEndpoint(region, options['sts-endpoint'], env), context)
  const finding = findCredentials(options.profile, sts, context)
  const { credentials, source, otherwise } = await deadline.race('reading the credentials', finding)
  terminal.conceal(credentials.secretAccessKey)
  if (credentials.sessionToken) terminal.conceal(credentials.sessionToken)
  const identity = await callerIdentity(sts, credentials, context)
  if (otherwise)
    terminal.note(terminal.paint('stderr', 'yellow', `Warning: ${printable(otherwise)}`))
  return { ...identity, source }
}

/** The SDK takes files it may not read for missing ones. */
function checkSharedFiles(env: Environment): void {
  for (const path of Object.values(sharedFileLocations(env))) {
    try {
      accessSync(path, constants.R_OK)
      // Reading one that nobody writes to would never end, in any AWS tool.
      if (statSync(path).isFIFO()) throw new Error('it is a FIFO')
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw unreadable(path, error)
    }
  }
}
