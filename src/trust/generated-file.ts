/** A file of a generated setup. */
export interface GeneratedFile {
  readonly name: string
  readonly text: string
  readonly executable?: boolean
}

/** What `trust generate` makes in one of its forms. */
export interface Generated {
  /** For a directory. */
  readonly files: readonly GeneratedFile[]
  /** For stdout: everything in one text. */
  readonly text: string
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
