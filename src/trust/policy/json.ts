import { printable } from '../../text.ts'

/**
 * Reads JSON as IAM does, which takes no element twice (troubleshoot_policies.html); `JSON.parse` would go on with
 * the last. Its messages quote the text, which may be a secret named by mistake: ours say the place only.
 */
export function parseJson(text: string): ParsedJson {
  const bare = text.replace(/^\uFEFF/, '')
  const problem = new Scanner(bare).problem()
  return problem === undefined ? { value: JSON.parse(bare) } : { problem }
}

/** Parsed JSON, or what is wrong with the text and where. */
type ParsedJson = { readonly value: unknown } | { readonly problem: string }

const BLANKS = /[ \t\r\n]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has none of these within a string
const STRING = /"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\x00-\x1f]*)*"/y
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// A trust policy has six levels; a hostile one must not exhaust the stack.
const MAXIMUM_DEPTH = 100

class Refused extends Error {}

class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  problem(): string | undefined {
    try {
      this.#value(0)
      this.#take(BLANKS)
      return this.#at < this.#text.length ? this.#refuse('is not JSON') : undefined
    } catch (error) {
      if (error instanceof Refused) return error.message
      throw error
    }
  }

  #value(depth: number): void {
    if (depth > MAXIMUM_DEPTH) this.#refuse(`has more than ${MAXIMUM_DEPTH} levels`)
    this.#take(BLANKS)
    if (this.#is('{')) this.#members('}', this.#member(depth))
    else if (this.#is('[')) this.#members(']', () => this.#value(depth + 1))
    else if (this.#take(STRING) === '' && this.#take(SCALAR) === '') this.#refuse('is not JSON')
  }

  #members(end: string, member: () => void): void {
    this.#take(BLANKS)
    if (this.#is(end)) return
    do {
      member()
      this.#take(BLANKS)
    } while (this.#is(','))
    if (!this.#is(end)) this.#refuse('is not JSON')
  }

  #member(depth: number): () => void {
    const known = new Set<string>()
    return () => {
      this.#take(BLANKS)
      const start = this.#at
      const key = this.#take(STRING)
      this.#take(BLANKS)
      if (key === '' || !this.#is(':')) this.#refuse('is not JSON')
      const name: string = JSON.parse(key)
      if (known.has(name))
        this.#refuse(`has the key ${printable(key.slice(0, 120))} twice in the same object`, start)
      known.add(name)
      this.#value(depth + 1)
    }
  }

  #is(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const taken = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += taken.length
    return taken
  }

  #refuse(problem: string, at = this.#at): never {
    const lines = this.#text.slice(0, at).split('\n')
    throw new Refused(
      `${problem} (line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1})`,
    )
  }
}
