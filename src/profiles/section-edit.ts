import type { SharedFile } from './section-header.ts'

export interface SectionEdit {
  readonly file: SharedFile
  readonly profile: string
  /** Settings the profile has afterwards; keys in lower case. */
  readonly values: Readonly<Record<string, string>>
  /** Keys the profile no longer has afterwards, in lower case. Those in `values` win. */
  readonly remove: readonly string[]
  /** Ends the comment above our keys: `credentials expire 2026-11-21T12:00:00Z`. */
  readonly note?: string
}
