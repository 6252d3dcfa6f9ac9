import { runChild } from '../child-process/run.ts'
import { forwardSignals } from '../child-process/signal-forwarding.ts'
import type { Context } from '../command.ts'
import { startDeadline } from '../deadline.ts'
import { OidcError } from '../errors.ts'
import type { Environment, OptionValues } from '../options.ts'
import { checkAccount } from '../sts/allowed-accounts.ts'
import type { SessionCredentials } from '../sts/credentials.ts'
import { stsEndpoint } from '../sts/endpoint.ts'
import { exchangeToken } from '../sts/exchange.ts'
import { stsRegion } from '../sts/region.ts'
import { readToken } from '../token/source.ts'
import { readRequest } from './assume-role-request.ts'
import { commandEnvironment } from './exec-environment.ts'
import type { EXEC_OPTIONS } from './exec-options.ts'

type ExecOptions = OptionValues<(typeof EXEC_OPTIONS)[number]>

export async function run(options: ExecOptions, { env, terminal, rest }: Context): Promise<number> {
  if (!rest[0]) {
    throw new OidcError('invalid-usage', {
      what: 'There is no command to run.',
      next: 'Write it after "--", for instance: exec --role-arn ARN -- aws s3 ls',
    })
  }
  const credentials = await assumeRole(options, env, terminal)
  const environment = commandEnvironment(env, credentials, options.region)
  // Until now a signal ended this process as it ends any other.
  const signals = forwardSignals()
  try {
    const log = (line: string) => terminal.note(`circleci-aws-oidc: ${line}`)
    return await runChild(rest, environment, signals, log)
  } finally {
    signals.stop()
  }
}

/** Within the time limit, which ends before the command starts. */
async function assumeRole(
  options: ExecOptions,
  env: Environment,
  terminal: Context['terminal'],
): Promise<SessionCredentials> {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const request = await deadline.race('reading the options', readRequest(options, env))
    const region = stsRegion(options.region, env, request.role)
    const reading = readToken(options, env, deadline.signal)
    const token = await deadline.race('reading the web identity token', reading)
    const { credentials, arn, accountId } = await exchangeToken(request, token, {
      endpoint: stsEndpoint(region, options['sts-endpoint'], env),
      env,
      deadline,
      maxAttempts: options['max-attempts'],
      note: terminal.note,
      debug: terminal.debug,
      onToken: ({ value }) => terminal.conceal(value),
    })
    terminal.conceal(credentials.secretAccessKey)
    terminal.conceal(credentials.sessionToken)
    checkAccount(accountId, options['allowed-account-ids'], arn)
    terminal.debug(`${arn} until ${credentials.expiration.toISOString()}`)
    return credentials
  } finally {
    deadline.clear()
  }
}
