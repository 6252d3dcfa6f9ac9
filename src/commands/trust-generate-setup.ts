import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { readJsonFile } from '../trust/json-file.ts'
import type { RoleSetup } from '../trust/role-setup.ts'
import type { GenerateOptions } from './trust-generate.ts'
import { readParty } from './trust-generate-party.ts'

/** What the options ask for: who is trusted, and the role. */
export async function readSetup(options: GenerateOptions, env: Environment): Promise<RoleSetup> {
  const party = await readParty(options, env)
  const defaultName = party.kind === 'tokens' ? `${party.ci}-oidc` : 'ci-oidc'
  return {
    party,
    accountId: options['account-id'],
    partition: options.partition,
    roleName: options['role-name'] ?? defaultName,
    policyArns: options['policy-arns'],
    permissionPolicy: await readPermissionPolicy(options['permission-policy']),
    thumbprints: options.thumbprints,
    tags: readTags(options.tags),
    maxSessionDuration: options['max-session-duration'],
  }
}

/** IAM takes keys that differ only in case for the same: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html */
function readTags(texts: readonly string[]): ReadonlyMap<string, string> {
  const tags = new Map<string, string>()
  const keys = new Set<string>()
  for (const [key, value] of texts.map(readTag)) {
    if (keys.has(key.toLowerCase())) {
      throw new OidcError('invalid-usage', {
        what: `--tags holds the key "${key}" twice; IAM does not tell small letters from capitals.`,
        next: 'Leave one of them out.',
      })
    }
    keys.add(key.toLowerCase())
    tags.set(key, value)
  }
  return tags
}

function readTag(text: string): [key: string, value: string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new OidcError('invalid-usage', {
    what: `--tags holds "${text}", which has no "=" between key and value.`,
    next: 'Give KEY=VALUE, several separated by commas. No value can hold a comma.',
  })
}

// IAM quotas: inline policies of a role, 10,240 characters without white space.
const MAXIMUM_LENGTH = 10_240

async function readPermissionPolicy(path: string | undefined): Promise<object | undefined> {
  if (path === undefined) return undefined
  const policy = await readJsonFile(path, 'The permission policy')
  const length = JSON.stringify(policy).length
  if (typeof policy !== 'object' || policy === null || !('Statement' in policy)) {
    throw malformed(`The permission policy ${path} has no "Statement".`)
  }
  if (length > MAXIMUM_LENGTH) {
    throw malformed(
      `The permission policy ${path} has ${length} characters; IAM takes at most ${MAXIMUM_LENGTH}.`,
    )
  }
  return policy
}

function malformed(what: string): OidcError {
  return new OidcError('file-malformed', {
    what,
    next: 'Give a whole policy document, or a managed policy with --policy-arns.',
  })
}
