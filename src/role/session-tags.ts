import { OidcError } from '../errors.ts'
import { quote } from '../text.ts'

export interface SessionTag {
  readonly key: string
  readonly value: string
}

/**
 * Session tags from `Team=ci, Cost=a=b`: commas or lines divide, as AWS takes no comma in a tag, and the
 * first "=" ends the key. Throws for what AWS would refuse.
 */
export function readSessionTags(text: string): SessionTag[] {
  const tags = list(text).map(readTag)
  for (const tag of tags) checkTag(tag)
  const [twin, first] = differingInCase(tags.map(({ key }) => key)) ?? []
  if (twin !== undefined && first !== undefined) {
    throw invalid(
      `the session tags ${quote(first)} and ${quote(twin)} are the same to AWS, which ignores case in keys.`,
      'Keep one of them.',
    )
  }
  if (tags.length > MOST) {
    throw invalid(
      `there are ${tags.length} session tags; AWS accepts at most ${MOST}.`,
      'Remove some.',
    )
  }
  return tags
}

/** Keys of tags that go on to the next roles of a chain, `Team, Cost`. */
export function readTransitiveTagKeys(text: string, tags: readonly SessionTag[]): string[] {
  const keys = list(text)
  const known = tags.map(({ key }) => key.toLowerCase())
  const stray = keys.find((key) => !known.includes(key.toLowerCase()))
  if (stray !== undefined) {
    throw invalid(
      `the transitive tag key ${quote(stray)} is not among the profile's session tags.`,
      'Add it to session_tags, or remove it here.',
    )
  }
  const [twin] = differingInCase(keys) ?? []
  if (twin !== undefined) {
    throw invalid(`the transitive tag key ${quote(twin)} is given twice.`, 'Keep one of them.')
  }
  return keys
}

// STS API Reference, AssumeRole: Tags; API_Tag: Key, Value.
const MOST = 50
const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

function list(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function readTag(item: string): SessionTag {
  const equals = item.indexOf('=')
  if (equals > 0) {
    return { key: item.slice(0, equals).trim(), value: item.slice(equals + 1).trim() }
  }
  throw invalid(`${quote(item)} is not a session tag.`, 'Write Key=Value, Key2=Value2.')
}

function checkTag({ key, value }: SessionTag): void {
  const why = tagProblem(key, value)
  if (!why) return
  throw invalid(
    `the session tag ${quote(key)} is not valid: ${why}.`,
    'AWS accepts letters, digits, spaces and _.:/=+-@, up to 128 for a key and 256 for a value.',
  )
}

/** What AWS would refuse in a tag, of a session as of a role. API_Tag of STS and IAM: Key, Value. */
export function tagProblem(key: string, value: string): string | undefined {
  if (key === '') return 'its key is empty'
  // Lengths count Unicode characters, not UTF-16 units.
  if ([...key].length > 128) return `its key has ${[...key].length} characters`
  if ([...value].length > 256) return `its value has ${[...value].length} characters`
  if (!CHARACTERS.test(key)) return 'its key has other characters'
  if (!CHARACTERS.test(value)) return 'its value has other characters'
  if (/^aws:/i.test(key)) return 'AWS reserves keys that begin with "aws:"'
  return undefined
}

/** The first key that equals an earlier one but for case, and that earlier one. */
function differingInCase(keys: readonly string[]): [string, string] | undefined {
  const seen = new Map<string, string>()
  for (const key of keys) {
    const first = seen.get(key.toLowerCase())
    if (first !== undefined) return [key, first]
    seen.set(key.toLowerCase(), key)
  }
  return undefined
}

function invalid(what: string, next: string): OidcError {
  return new OidcError('invalid-profiles-file', { what, next })
}
