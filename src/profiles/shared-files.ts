import type { FileEdit } from './file-replacement.ts'
import { malformedFile } from './malformed-file.ts'
import type { SharedFile } from './section-header.ts'
import type { SharedFileLocations } from './shared-file-locations.ts'

/** Returns the new text of a file; `path` is for its error messages. Pure: it may run twice. */
export type TextEdit = (text: string, path: string) => string

/**
 * Edits of the shared files. The credentials file ends up readable by its owner only, the config file
 * keeps its mode. The edits throw `file-malformed`.
 */
export function sharedFileEdits(
  locations: SharedFileLocations,
  edits: Readonly<Partial<Record<SharedFile, TextEdit>>>,
): FileEdit[] {
  const files: SharedFile[] = ['config', 'credentials']
  return files.flatMap((file) => {
    const edit = edits[file]
    const path = locations[file]
    if (!edit) return []
    const editBytes = (content: Buffer) => Buffer.from(edit(decode(content, path), path))
    return [{ path, edit: editBytes, secret: file === 'credentials' }]
  })
}

/** The text of a file's bytes. Throws `file-malformed` with the line that is not UTF-8. */
export function decode(content: Buffer, path: string): string {
  const text = content.toString('utf8')
  if (Buffer.from(text).equals(content)) return text
  const lines = text.split('\n')
  const bytes = content.toString('latin1').split('\n')
  const line = lines.findIndex((item, i) => Buffer.from(item).toString('latin1') !== bytes[i])
  throw malformedFile(path, line + 1, 'it is not valid UTF-8')
}
