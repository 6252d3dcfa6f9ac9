import type { Context, OptionsOf } from '../command-table.ts'
import { startDeadline } from '../deadline.ts'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { forwardSignals, runChild } from '../processes.ts'
import { stsRegion } from '../role/region.ts'
import { checkAccount, readRequest, type SessionCredentials } from '../role/request.ts'
import { exchangeToken } from '../sts/assume-role.ts'
import { stsEndpoint } from '../sts/endpoint.ts'
import { isoSeconds } from '../text.ts'
import { readToken } from '../token/source.ts'

/**
 * Where AWS tools would find other credentials than the ones given to them: profiles, web identity,
 * those of a container, and botocore's old name for the session token, which it reads first.
 */
const OTHER_CREDENTIALS =
  /^AWS_(SECURITY_TOKEN|CREDENTIAL_SCOPE|PROFILE|DEFAULT_PROFILE|ROLE_ARN|ROLE_SESSION_NAME|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_(RELATIVE|FULL)_URI|CONTAINER_AUTHORIZATION_TOKEN(_FILE)?)$/
/** Our own settings are no business of the command; a bash in it would read an earlier step's profile. */
const OURS = /^(AWS_OIDC_\w+|BASH_ENV)$/
/** Where the launcher of the orb keeps the job's NODE_OPTIONS, which our own Node runs without. */
const NODE_OPTIONS_OF_JOB = 'CIRCLECI_AWS_OIDC_NODE_OPTIONS'

/** The environment of a command that shall have these credentials and no others. */
export function commandEnvironment(
  parent: Environment,
  credentials: SessionCredentials,
  region: string | undefined,
): Environment {
  const kept = Object.entries(parent).filter(
    ([name]) => !OTHER_CREDENTIALS.test(name) && !OURS.test(name) && name !== NODE_OPTIONS_OF_JOB,
  )
  return {
    ...Object.fromEntries(kept),
    ...nodeOptions(parent),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_CREDENTIAL_EXPIRATION: isoSeconds(credentials.expiration),
    ...regions(parent, region),
  }
}

function nodeOptions(parent: Environment): Environment {
  const kept = parent[NODE_OPTIONS_OF_JOB]
  return kept ? { NODE_OPTIONS: kept } : {}
}

/** The AWS CLI reads only the one variable, the SDK for JavaScript only the other. */
function regions(parent: Environment, region: string | undefined): Environment {
  const [sdk, cli] = [parent['AWS_REGION'], parent['AWS_DEFAULT_REGION']]
  const given = region ?? (sdk || cli)
  if (!given) return {}
  return { AWS_REGION: given, AWS_DEFAULT_REGION: region ?? (cli || given) }
}

export async function run(
  options: OptionsOf<'exec'>,
  { env, terminal, rest }: Context,
): Promise<number> {
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
  options: OptionsOf<'exec'>,
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
