import type { Context } from '../command.ts'
import { startDeadline } from '../deadline.ts'
import type { OptionValues } from '../options.ts'
import { checkAccount } from '../sts/allowed-accounts.ts'
import { stsEndpoint } from '../sts/endpoint.ts'
import { exchangeToken } from '../sts/exchange.ts'
import { stsRegion } from '../sts/region.ts'
import { readToken } from '../token/source.ts'
import type { ASSUME_ROLE_OPTIONS } from './assume-role-options.ts'
import { readRequest } from './assume-role-request.ts'

export type AssumeRoleOptions = OptionValues<(typeof ASSUME_ROLE_OPTIONS)[number]>

export async function run(options: AssumeRoleOptions, { env, terminal }: Context): Promise<number> {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const request = await readRequest(options, env)
    const region = stsRegion(options.region, env, request.role)
    const endpoint = stsEndpoint(region, options['sts-endpoint'], env)
    const token = await deadline.race(
      'reading the web identity token',
      readToken(options, env, deadline.signal),
    )
    const exchanged = await exchangeToken(request, token, {
      endpoint,
      env,
      deadline,
      maxAttempts: options['max-attempts'],
      note: terminal.note,
      debug: terminal.debug,
      onToken: ({ value }) => terminal.conceal(value),
    })
    checkAccount(exchanged.accountId, options['allowed-account-ids'], exchanged.arn)
    terminal.print(exchanged.arn)
    return 0
  } finally {
    deadline.clear()
  }
}
