import type { CommandContext, OptionsOf } from '../command-table.ts'
import { type Context, withinTime } from '../context.ts'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { readRolePlan } from '../plans/plans.ts'
import { forwardSignals, runChild } from '../processes.ts'
import type { SessionCredentials } from '../role/request.ts'
import { assumeRole, type Sources, sharedCredentials } from '../sts/assume-role.ts'
import { isoSeconds } from '../text.ts'
import { tokenPool } from '../token/source.ts'

export async function run(
  options: OptionsOf<'exec'>,
  { env, terminal, rest }: CommandContext,
): Promise<number> {
  if (!rest[0]) {
    throw new OidcError('invalid-usage', {
      what: 'There is no command to run.',
      next: 'Write it after "--", for instance: exec --role-arn ARN -- aws s3 ls',
    })
  }
  const given = { env, terminal, maxAttempts: options['max-attempts'] }
  // The time limit ends before the command starts.
  const credentials = await withinTime(options['timeout-seconds'], given, (context) =>
    assumeOne(options, context),
  )
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

async function assumeOne(
  options: OptionsOf<'exec'>,
  context: Context,
): Promise<SessionCredentials> {
  const plan = await context.deadline.race('reading the options', readRolePlan(options, context))
  const sources: Sources = {
    token: tokenPool(options, context).get,
    credentials: ({ name }) => sharedCredentials(name, plan.endpoint, context),
  }
  const { credentials, arn } = await assumeRole(plan, sources, context)
  context.terminal.debug(`${arn} until ${credentials.expiration.toISOString()}`)
  return credentials
}

/**
 * Where AWS tools would find other credentials than the ones given to them: profiles, web identity,
 * those of a container, a key of Amazon Bedrock, and botocore's old name for the session token, which it
 * reads first.
 */
const OTHER_CREDENTIALS =
  /^AWS_(SECURITY_TOKEN|CREDENTIAL_SCOPE|BEARER_TOKEN_BEDROCK|PROFILE|DEFAULT_PROFILE|ROLE_ARN|ROLE_SESSION_NAME|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_(RELATIVE|FULL)_URI|CONTAINER_AUTHORIZATION_TOKEN(_FILE)?)$/
/** Our own settings are no business of the command; a bash in it would read an earlier step's profile. */
const OURS = /^(AWS_OIDC_\w+|BASH_ENV)$/
/** Where the launcher of the orb keeps the job's NODE_OPTIONS, which our own Node runs without. */
const NODE_OPTIONS_OF_JOB = 'CIRCLECI_AWS_OIDC_NODE_OPTIONS'

/** The environment of a command that shall have these credentials and no others. */
function commandEnvironment(
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
