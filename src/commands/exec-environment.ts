import type { Environment } from '../options.ts'
import type { SessionCredentials } from '../sts/credentials.ts'
import { isoSeconds } from '../timestamp.ts'

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
