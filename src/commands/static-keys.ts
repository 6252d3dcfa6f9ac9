import type { Environment } from '../options.ts'
import type { Export } from './assume-role-export.ts'

// botocore also reads the old name of the session token, and reads it first.
const STATIC_KEYS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
]

/** What to say of static keys in the environment, which win over profiles; their values stay unsaid. */
export function staticKeysWarning(
  env: Environment,
  exported: Export | undefined,
): string | undefined {
  const names = STATIC_KEYS.filter((name) => env[name])
  if (names.length === 0) return undefined
  const [are, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them']
  const found = `Warning: ${names.join(', ')} ${are} set in the environment and would win over the profile.`
  if (!exported || exported.kind === 'dotenv') {
    return `${found} Unset ${them}, or name the profile in each command with --profile.`
  }
  const steps = exported.kind === 'bash-env' ? 'Later bash steps' : 'Later steps'
  if (exported.mode === 'keys') return `${found} ${steps} get the new keys instead.`
  return `${found} ${steps} no longer see ${them}.`
}
