import { setImmediate as afterEvents, setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../command.ts'
import { startDeadline } from '../deadline.ts'
import type { OptionValues } from '../options.ts'
import { assumeRoles } from '../roles/assume-roles.ts'
import { tokenPool } from '../roles/token-pool.ts'
import { planDelivery } from './assume-role-delivery.ts'
import { keysToMask } from './assume-role-export.ts'
import type { ASSUME_ROLE_OPTIONS } from './assume-role-options.ts'
import { readPlans } from './assume-role-plans.ts'
import { staticKeysWarning } from './static-keys.ts'

export type AssumeRoleOptions = OptionValues<(typeof ASSUME_ROLE_OPTIONS)[number]>

/** Milliseconds after which the request is made. */
const REQUEST_MADE = 3

export async function run(options: AssumeRoleOptions, { env, terminal }: Context): Promise<number> {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const plans = await deadline.race('reading the options', readPlans(options, env))
    const delivery = planDelivery(plans, options, env)

    const assuming = assumeRoles(plans, tokenPool(options, env, deadline), {
      env,
      deadline,
      maxAttempts: options['max-attempts'],
      allowedAccountIds: options['allowed-account-ids'],
      narration: terminal,
      conceal: terminal.conceal,
    })
    const preparing = whileAwsAnswers().then(async () => {
      const writing = await loadWriting()
      await writing.checkDelivery(delivery, plans, options, env)
      return writing
    })
    const [roles, { deliver, reportJson, reportLines }] = await Promise.all([assuming, preparing])

    for (const key of keysToMask(delivery.export, roles)) terminal.mask(key)
    const writing = deliver(delivery, roles, options, env)
    const files = await deadline.race('writing the profile', writing)
    const warning = staticKeysWarning(env, delivery.export)
    if (warning) terminal.note(terminal.paint('stderr', 'yellow', warning))

    const outcome = { roles, delivery, files }
    if (options.format === 'json') terminal.print(JSON.stringify(reportJson(outcome), null, 2))
    else {
      for (const [label, text] of reportLines(outcome)) {
        terminal.print(`${terminal.paint('stdout', 'bold', label.padEnd(8))} ${text}`)
      }
    }
    return 0
  } finally {
    deadline.clear()
  }
}

/** When what writes is to be loaded and the files to be checked: not before the request was sent. */
async function whileAwsAnswers(): Promise<void> {
  await sleep(REQUEST_MADE)
  await afterEvents()
}

async function loadWriting() {
  const { checkDelivery, deliver } = await import('./assume-role-writing.ts')
  const { reportJson, reportLines } = await import('./assume-role-report.ts')
  return { checkDelivery, deliver, reportJson, reportLines }
}
