import { resolve } from 'node:path'
import { type Exports, editExports } from './exports.ts'
import type { FileEdit } from './file-replacement.ts'

/**
 * Puts the exports into the file that `$BASH_ENV` names; it is created (0600, its directory 0700)
 * when there is something to write. With keys in it, no one but its owner can read it afterwards.
 * The edit throws what `editExports` throws.
 */
export function bashEnvEdit(path: string, exports: Exports): FileEdit {
  return {
    path: resolve(path),
    // Latin-1 keeps every byte of what others wrote, in whatever encoding.
    edit: (content) => Buffer.from(editExports(content.toString('latin1'), exports), 'latin1'),
    secret: exports.mode === 'keys',
  }
}
