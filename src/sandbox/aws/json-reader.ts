import { OidcError } from '../../errors.ts'

/**
 * Walks parsed JSON and knows where it is, so that a wrong value is reported by its path (`accounts["1"].roles[0].name`).
 * Every complaint is an `invalid-world` error.
 */
export class JsonReader {
  readonly path: string
  readonly value: unknown

  constructor(value: unknown, path: string) {
    this.value = value
    this.path = path
  }

  get absent(): boolean {
    return this.value === undefined
  }

  fail(problem: string): never {
    const at = this.path === '' ? 'The world' : `${this.path} in the world`
    throw new OidcError('invalid-world', {
      what: `${at} ${problem}.`,
      next: 'Correct the world file, or leave --world out for the default world.',
    })
  }

  /** One member of an object. */
  field(name: string): JsonReader {
    return new JsonReader(this.record()[name], this.path === '' ? name : `${this.path}.${name}`)
  }

  /** Refuses any other member, as a likely misspelling. */
  expectOnly(known: readonly string[]): void {
    const stray = Object.keys(this.record()).find((name) => !known.includes(name))
    if (stray !== undefined) {
      this.fail(`has an unknown key "${stray}"; the known keys are ${known.join(', ')}`)
    }
  }

  entries(): [string, JsonReader][] {
    const record = this.record()
    return Object.keys(record).map((name) => [
      name,
      new JsonReader(record[name], `${this.path}["${name}"]`),
    ])
  }

  items(): JsonReader[] {
    if (this.absent) return []
    if (!Array.isArray(this.value)) this.fail(`must be an array, not ${this.show()}`)
    return this.value.map((one, index) => new JsonReader(one, `${this.path}[${index}]`))
  }

  text(pattern = /^/, expected = 'a string'): string {
    if (typeof this.value !== 'string' || !pattern.test(this.value)) {
      this.fail(`must be ${expected}, not ${this.show()}`)
    }
    return this.value
  }

  integer(minimum: number, maximum: number): number {
    const { value } = this
    if (
      typeof value !== 'number' ||
      !Number.isInteger(value) ||
      value < minimum ||
      value > maximum
    ) {
      this.fail(`must be an integer from ${minimum} to ${maximum}, not ${this.show()}`)
    }
    return value
  }

  /** What `read` makes of the value, or the fallback when it is absent. */
  or<T>(fallback: T, read: (reader: this) => T): T {
    return this.absent ? fallback : read(this)
  }

  private record(): Readonly<Record<string, unknown>> {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) {
      this.fail(`must be a JSON object, not ${this.show()}`)
    }
    return this.value as Readonly<Record<string, unknown>>
  }

  private show(): string {
    return this.absent ? 'missing' : JSON.stringify(this.value)
  }
}
