import { StsError } from './answer.ts'
import { TAGS, validateParameters } from './constraints.ts'
import { listMembers, type Query } from './request.ts'

interface SessionTags {
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

/** Session tags inside a web identity token; they obey the limits of the parameter. */
export function tagsFromClaims({ tags, transitiveTagKeys }: SessionTags): SessionTags {
  const parameters = [...tags].flatMap(([key, value], index) => [
    [`Tags.member.${index + 1}.Key`, key] as const,
    [`Tags.member.${index + 1}.Value`, value] as const,
  ])
  validateParameters(new Map(parameters), {
    type: 'structure',
    required: [],
    members: { Tags: TAGS },
  })
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

/** What the API model does not say: id_session-tags.html, "Things to know about session tags" */
function checkTags(pairs: readonly (readonly [string, string])[]): void {
  const reserved = pairs.find(([key]) => /^aws:/i.test(key))
  if (reserved) {
    // "You cannot create … keys that begin with this": id_tags.html, "Rules for tagging"
    throw new StsError('InvalidParameterValue', `"${reserved[0]}" begins with the reserved aws:`)
  }
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
