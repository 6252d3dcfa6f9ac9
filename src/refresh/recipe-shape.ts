import { OPTIONS } from '../options.ts'
import type { Recipe } from './recipe.ts'

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string' && value !== ''
const count: Check = (value) => typeof value === 'number' && Number.isInteger(value) && value > 0
const flag: Check = (value) => typeof value === 'boolean'
const list: Check = (value) => Array.isArray(value)
const texts: Check = (value) => Array.isArray(value) && value.every(text)
const optionalText: Check = (value) => value === undefined || typeof value === 'string'

/** Seconds, as `--timeout-seconds` takes them. */
const MAXIMUM_TIMEOUT = 3600

/** What a renewal reads of a recipe; what is optional in it may be missing. */
const SHAPE: Readonly<Record<string, Check>> = {
  'plan.profile': text,
  'plan.role.arn': text,
  'plan.role.accountId': text,
  'plan.role.partition': text,
  'plan.role.name': text,
  'plan.roleSessionName': text,
  'plan.durationSeconds': count,
  'plan.policy': optionalText,
  'plan.policyArns': texts,
  'plan.externalId': optionalText,
  'plan.sessionTags': list,
  'plan.transitiveTagKeys': texts,
  'plan.sourceIdentity': optionalText,
  'plan.source.kind': (kind) => ['token', 'profile', 'shared-profile'].includes(`${kind}`),
  'plan.endpoint.region': text,
  'plan.endpoint.url': (url) => url === undefined || (typeof url === 'string' && URL.canParse(url)),
  'plan.endpoint.useFips': flag,
  'plan.endpoint.useDualstack': flag,
  'token.token-source': (source) => OPTIONS['token-source'].choices.some((one) => one === source),
  'token.token-env': optionalText,
  'token.token-file': optionalText,
  'token.audience': optionalText,
  maxAttempts: count,
  timeoutSeconds: (value) => count(value) && Number(value) <= MAXIMUM_TIMEOUT,
  allowedAccountIds: texts,
}

/** Throws a `TypeError` that names the first value that is missing or of another type. */
export function assertRecipe(value: unknown): asserts value is Recipe {
  for (const [path, check] of Object.entries(SHAPE)) {
    if (!check(valueAt(value, path))) throw new TypeError(`${path} is missing or not valid.`)
  }
  const { source } = (value as Recipe).plan
  if (source.kind !== 'token' && !text(source.name)) {
    throw new TypeError('plan.source.name is missing or not valid.')
  }
}

function valueAt(value: unknown, path: string): unknown {
  let at: unknown = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Object.getOwnPropertyDescriptor(at, name)?.value
  }
  return at
}
