import { StsError } from './answer.ts'
import { listMembers, type Query } from './request.ts'

export interface SessionTags {
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveTagKeys: readonly string[]
}

/** Session tags of an AssumeRole request: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
export function tagsFromParameters(query: Query): SessionTags {
  const members = listMembers(query, 'Tags')
  const pairs = members.map((one) => [one.get('Key') ?? '', one.get('Value') ?? ''] as const)
  const transitiveTagKeys = listMembers(query, 'TransitiveTagKeys').map((one) => one.get('') ?? '')
  checkTags(pairs)
  checkTransitive(pairs, transitiveTagKeys)
  return { tags: new Map(pairs), transitiveTagKeys }
}

/** Session tags inside a web identity token. */
export function tagsFromClaims({ tags, transitiveTagKeys }: SessionTags): SessionTags {
  checkTags([...tags])
  return { tags, transitiveTagKeys }
}

/** Transitive tags of the calling session go with the new one, and it may not set them again. */
export function inheritTags(requested: SessionTags, caller: SessionTags): SessionTags {
  const inherited = caller.transitiveTagKeys.map(
    (key) => [key, caller.tags.get(key) ?? ''] as const,
  )
  const own = [...requested.tags.keys()].map((key) => key.toLowerCase())
  if (inherited.some(([key]) => own.includes(key.toLowerCase()))) {
    throw new StsError(
      'InvalidParameterValue',
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  }
  return {
    tags: new Map([...inherited, ...requested.tags]),
    transitiveTagKeys: [...caller.transitiveTagKeys, ...requested.transitiveTagKeys],
  }
}

const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

function checkTags(pairs: readonly (readonly [string, string])[]): void {
  const invalid = (message: string) => new StsError('ValidationError', message)
  if (pairs.length > 50) {
    throw invalid(
      "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
    )
  }
  pairs.forEach(([key, value], index) => {
    const at = `tags.${index + 1}.member`
    const breach = (member: string, rule: string) =>
      invalid(
        `1 validation error detected: Value at '${at}.${member}' failed to satisfy constraint: ${rule}`,
      )
    if (key === '') throw breach('key', 'Member must have length greater than or equal to 1')
    if (key.length > 128) throw breach('key', 'Member must have length less than or equal to 128')
    if (value.length > 256) {
      throw breach('value', 'Member must have length less than or equal to 256')
    }
    for (const [member, text] of Object.entries({ key, value })) {
      if (!TAG_CHARACTERS.test(text)) {
        throw breach(
          member,
          'Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+',
        )
      }
    }
  })
  const keys = pairs.map(([key]) => key.toLowerCase())
  if (new Set(keys).size < keys.length) {
    throw new StsError(
      'InvalidParameterValue',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    )
  }
}

function checkTransitive(
  pairs: readonly (readonly [string, string])[],
  transitiveTagKeys: readonly string[],
): void {
  const keys = pairs.map(([key]) => key.toLowerCase())
  if (transitiveTagKeys.some((key) => !keys.includes(key.toLowerCase()))) {
    throw new StsError(
      'InvalidParameterValue',
      'The specified transitive tag key must be included in the requested tags.',
    )
  }
}
