import { accessSync, constants, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { OidcError } from '../errors.ts'
import { reason } from '../files/failure.ts'
import type { FileEdit } from '../files/replace.ts'
import type { Environment } from '../options.ts'
import type { Profile } from '../profiles/profile.ts'
import { assertRegion } from '../role/region.ts'
import { type SessionCredentials, STATIC_KEY_VARIABLES } from '../role/request.ts'
import { isoSeconds } from '../text.ts'
import { assertOneLine } from './export-block.ts'

/** Variables with their values, for a file of `NAME=value` lines. */
type Variables = Readonly<Record<string, string>>

/** The profile, and both region variables: the AWS CLI reads only the one, the SDK for JavaScript only the other. */
export function profileVariables(profile: string, region: string | undefined): Variables {
  return { AWS_PROFILE: profile, ...regionVariables(region) }
}

/**
 * The variables of this job that would win over a profile, where nothing can be unset: emptied, or with the
 * profile's own value where botocore takes even an empty one for set.
 */
export function neutralizedVariables(profile: Profile, env: Environment): Variables {
  return ofThoseSet(env, {
    ...Object.fromEntries(STATIC_KEY_VARIABLES.map((name) => [name, ''])),
    AWS_DEFAULT_PROFILE: profile.name,
    ...(profile.kind === 'token-file'
      ? {
          AWS_ROLE_ARN: profile.roleArn,
          AWS_WEB_IDENTITY_TOKEN_FILE: profile.tokenFile,
          AWS_ROLE_SESSION_NAME: profile.roleSessionName,
        }
      : { AWS_WEB_IDENTITY_TOKEN_FILE: '' }),
  })
}

/** The keys, where nothing can be unset: a profile chosen before becomes the one that has the same keys. */
export function keyVariables(
  keys: SessionCredentials,
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

/** Sets variables in a file of `NAME=value` lines. The edit throws `invalid-usage`. */
export function variableFileEdit(path: string, variables: Variables): FileEdit {
  const edit = (content: Buffer) =>
    Buffer.from(withVariables(content.toString('latin1'), variables), 'latin1')
  return { path: resolve(path), edit, secret: false, forOthers: true }
}

/** The text of a file of such lines in which these variables have these values, and all else stays. */
export function withVariables(text: string, variables: Variables): string {
  const kept = text
    .split(/(?<=\n)/)
    .filter((line) => !Object.hasOwn(variables, line.replace(/=.*/s, '').trim()))
    .join('')
  const lineEnd = kept === '' || kept.endsWith('\n') ? '' : '\n'
  return kept + lineEnd + variableLines(variables)
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

/**
 * Adds variables to the file that `$GITHUB_ENV` names. It is only added to: its runner owns it and reads it
 * when the step ends. Throws `file-unwritable`, `invalid-usage`.
 */
export async function appendGithubEnv(path: string, variables: Variables): Promise<void> {
  const lines = variableLines(variables)
  try {
    const file = await open(path, 'a+')
    try {
      const { size } = await file.stat()
      const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
      const isWhole = bytesRead === 0 || buffer.toString() === '\n'
      // The whole in one write: other processes of the step may add to it meanwhile.
      await file.appendFile(isWhole ? lines : `\n${lines}`)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw unwritableEnv(cause, 'The profile is written, but not exported to later steps.')
  }
}

/** Throws `file-unwritable` where `appendGithubEnv` would. */
export function checkGithubEnv(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    const stats = statSync(path)
    // /dev/null is a way not to export.
    if (!stats.isFile() && !stats.isCharacterDevice()) throw new Error('it is not a regular file')
  } catch (cause) {
    throw unwritableEnv(cause, 'Later steps get the profile through it.')
  }
}

function unwritableEnv(cause: unknown, why: string): OidcError {
  return new OidcError('file-unwritable', {
    what: `Cannot append to the file in GITHUB_ENV: ${reason(cause)}.`,
    why,
    next: 'Make that file writable here, as GitHub Actions does, or pass --export none.',
    cause,
  })
}

function regionVariables(region: string | undefined): Variables {
  if (region === undefined) return {}
  assertRegion(region)
  return { AWS_REGION: region, AWS_DEFAULT_REGION: region }
}

function ofThoseSet(env: Environment, variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => env[name]))
}
