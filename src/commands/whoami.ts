import { accessSync, constants, statSync } from 'node:fs'
import type { Context, OptionsOf } from '../command-table.ts'
import { startDeadline } from '../deadline.ts'
import { errorCode, unreadable } from '../files/failure.ts'
import type { Environment } from '../options.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { givenRegion } from '../role/region.ts'
import { callerIdentity } from '../sts/caller-identity.ts'
import { connectSts } from '../sts/client.ts'
import { stsEndpoint } from '../sts/endpoint.ts'
import { findCredentials, profileRegion } from '../sts/profile-credentials.ts'

export async function run(
  options: OptionsOf<'whoami'>,
  { env, terminal }: Context,
): Promise<number> {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    checkSharedFiles(env)
    const [, given] = givenRegion(options.region, env) ?? []
    const region = given ?? (await profileRegion(options.profile, env)) ?? 'us-east-1'
    const sts = await connectSts(stsEndpoint(region, options['sts-endpoint'], env), env)
    const asking = { maxAttempts: options['max-attempts'], deadline, narration: terminal }
    const finding = findCredentials(options.profile, env, sts, asking)
    const { credentials, source } = await deadline.race('reading the credentials', finding)
    terminal.conceal(credentials.secretAccessKey)
    if (credentials.sessionToken) terminal.conceal(credentials.sessionToken)
    const identity = await callerIdentity(sts, credentials, asking)
    sts.destroy()
    if (options.format === 'json') terminal.print(JSON.stringify({ ...identity, source }, null, 2))
    else {
      for (const [label, text] of [
        ['Account', identity.accountId],
        ['ARN', identity.arn],
        ['User id', identity.userId],
        ['Source', source],
      ] as const) {
        terminal.print(`${terminal.paint('stdout', 'bold', label.padEnd(8))}${text}`)
      }
    }
    return 0
  } finally {
    deadline.clear()
  }
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
