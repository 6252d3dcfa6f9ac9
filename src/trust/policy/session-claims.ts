import type { TokenClaims } from './context-keys.ts'

/** What a token says about the session, in claims of AWS's own. */
export interface SessionClaims {
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
  /** ARNs of the roles the token is for; undefined when it is for any. */
  readonly roles: readonly string[] | undefined
  /** Names of claims that are not of the form AWS documents. */
  readonly unclear: readonly string[]
}

/** What a request with any token must be allowed. */
export const EXCHANGE = 'sts:AssumeRoleWithWebIdentity'

const TAGS = 'https://aws.amazon.com/tags'
const SOURCE_IDENTITY = 'https://aws.amazon.com/source_identity'
const ROLES = 'https://aws.amazon.com/roles'

/**
 * Tags come nested in one claim, or each in a claim of its own:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 */
export function sessionClaims(claims: TokenClaims): SessionClaims {
  const unclear: string[] = []
  const listOf = (name: string, value: unknown): string[] => {
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value]
    if (!list.every((one) => typeof one === 'string')) unclear.push(name)
    return list.map(String)
  }
  const oneOf = (name: string, value: unknown): string => {
    const list = listOf(name, value)
    if (list.length !== 1) unclear.push(name)
    return list[0] ?? ''
  }
  const nested = membersOf(claims[TAGS])
  const nestedTags = membersOf(nested?.['principal_tags'] ?? {})
  if ((claims[TAGS] !== undefined && !nested) || !nestedTags) unclear.push(TAGS)
  const prefix = `${TAGS}/principal_tags/`
  const tags = [
    ...Object.entries(nestedTags ?? {}),
    ...Object.entries(claims)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value] as const),
  ]
  const source = claims[SOURCE_IDENTITY]
  return {
    tags: new Map(tags.map(([key, value]) => [key, oneOf(TAGS, value)])),
    transitiveTagKeys: [
      ...listOf(TAGS, nested?.['transitive_tag_keys']),
      ...listOf(TAGS, claims[`${TAGS}/transitive_tag_keys`]),
    ],
    sourceIdentity: source === undefined ? undefined : oneOf(SOURCE_IDENTITY, source),
    roles: claims[ROLES] === undefined ? undefined : listOf(ROLES, claims[ROLES]),
    unclear: [...new Set(unclear)],
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** What a request with such a token must be allowed: id_session-tags.html, id_credentials_temp_control-access_monitor.html */
export function tokenActions({ tags, sourceIdentity }: SessionClaims): [string, ...string[]] {
  return [
    EXCHANGE,
    ...(tags.size > 0 ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ]
}

/** The condition keys that come of tags: id_session-tags.html */
export function tagConditionKeys({
  tags,
  transitiveTagKeys,
}: Pick<SessionClaims, 'tags' | 'transitiveTagKeys'>) {
  return [
    ['aws:TagKeys', tags.size > 0 ? [...tags.keys()] : undefined],
    ['sts:TransitiveTagKeys', transitiveTagKeys.length > 0 ? transitiveTagKeys : undefined],
    ...[...tags].map(([key, value]) => [`aws:RequestTag/${key}`, value] as const),
  ] as const
}
