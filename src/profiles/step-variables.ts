import type { Environment } from '../options.ts'
import { assertRegion } from '../region.ts'
import { isoSeconds } from '../timestamp.ts'
import type { ProfileDelivery, StaticCredentials } from './delivery.ts'
import { assertOneLine } from './shell-quote.ts'

/** Variables with their values, for a file of `NAME=value` lines. */
export type Variables = Readonly<Record<string, string>>

/** The profile, and both region variables: the AWS CLI reads only the one, the SDK for JavaScript only the other. */
export function profileVariables(profile: string, region: string | undefined): Variables {
  return { AWS_PROFILE: profile, ...regionVariables(region) }
}

/**
 * What goes with a profile where nothing can be unset: what would win over it in this job is emptied, but
 * what botocore takes for set even when it is empty gets what belongs to the profile.
 */
export function overriding(delivery: ProfileDelivery, env: Environment): Variables {
  return ofThoseSet(env, {
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_SESSION_TOKEN: '',
    AWS_SECURITY_TOKEN: '',
    AWS_DEFAULT_PROFILE: delivery.profile,
    ...(delivery.kind === 'token-file'
      ? {
          AWS_ROLE_ARN: delivery.roleArn,
          AWS_WEB_IDENTITY_TOKEN_FILE: delivery.tokenFile,
          AWS_ROLE_SESSION_NAME: delivery.roleSessionName,
        }
      : { AWS_WEB_IDENTITY_TOKEN_FILE: '' }),
  })
}

/** The keys, where nothing can be unset: a profile chosen before becomes the one that has the same keys. */
export function keyVariables(
  keys: StaticCredentials,
  profile: string,
  region: string | undefined,
  env: Environment,
): Variables {
  return {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
    ...regionVariables(region),
    ...ofThoseSet(env, {
      // botocore's old name for the session token, which it reads first.
      AWS_SECURITY_TOKEN: keys.sessionToken,
      AWS_CREDENTIAL_EXPIRATION: isoSeconds(keys.expiration),
      AWS_PROFILE: profile,
      AWS_DEFAULT_PROFILE: profile,
    }),
  }
}

/** Lines `NAME=value`. Throws `invalid-usage` for a value that would not end with its line. */
export function variableLines(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      assertOneLine(value, name)
      return `${name}=${value}\n`
    })
    .join('')
}

/** The text of a file of such lines in which these variables have these values, and all else stays. */
export function withVariables(text: string, variables: Variables): string {
  const kept = text
    .split(/(?<=\n)/)
    .filter((line) => !Object.hasOwn(variables, line.split('=')[0]?.trim() ?? ''))
    .join('')
  const lineEnd = kept === '' || kept.endsWith('\n') ? '' : '\n'
  return kept + lineEnd + variableLines(variables)
}

function regionVariables(region: string | undefined): Variables {
  if (region === undefined) return {}
  assertRegion(region)
  return { AWS_REGION: region, AWS_DEFAULT_REGION: region }
}

function ofThoseSet(env: Environment, variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => env[name]))
}
