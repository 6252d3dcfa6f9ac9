import type { Context } from '../command.ts'
import { startDeadline } from '../deadline.ts'
import type { OptionValues } from '../options.ts'
import { checkAccount } from '../sts/allowed-accounts.ts'
import { stsEndpoint } from '../sts/endpoint.ts'
import { exchangeToken } from '../sts/exchange.ts'
import { stsRegion } from '../sts/region.ts'
import { readToken } from '../token/source.ts'
import { deliver, planDelivery } from './assume-role-delivery.ts'
import type { ASSUME_ROLE_OPTIONS } from './assume-role-options.ts'
import { reportJson, reportLines } from './assume-role-report.ts'
import { readRequest } from './assume-role-request.ts'
import { staticKeysWarning } from './static-keys.ts'

export type AssumeRoleOptions = OptionValues<(typeof ASSUME_ROLE_OPTIONS)[number]>

export async function run(options: AssumeRoleOptions, { env, terminal }: Context): Promise<number> {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const request = await readRequest(options, env)
    const delivery = planDelivery(options, env)
    const region = stsRegion(options.region, env, request.role)
    const endpoint = stsEndpoint(region, options['sts-endpoint'], env)

    const reading = readToken(options, env, deadline.signal)
    const token = await deadline.race('reading the web identity token', reading)
    const exchanged = await exchangeToken(request, token, {
      endpoint,
      env,
      deadline,
      maxAttempts: options['max-attempts'],
      note: terminal.note,
      debug: terminal.debug,
      onToken: ({ value }) => terminal.conceal(value),
    })
    terminal.conceal(exchanged.credentials.secretAccessKey)
    terminal.conceal(exchanged.credentials.sessionToken)
    checkAccount(exchanged.accountId, options['allowed-account-ids'], exchanged.arn)

    const writing = deliver(delivery, exchanged.credentials)
    const delivered = await deadline.race('writing the profile', writing)
    const warning = staticKeysWarning(env, delivery)
    if (warning) terminal.note(terminal.paint('stderr', 'yellow', warning))

    const outcome = { request, exchanged, region, delivery, delivered }
    if (options.format === 'json') terminal.print(JSON.stringify(reportJson(outcome), null, 2))
    else {
      for (const [label, text] of reportLines(outcome)) {
        terminal.print(`${terminal.paint('stdout', 'bold', label.padEnd(8))}${text}`)
      }
    }
    return 0
  } finally {
    deadline.clear()
  }
}
