import { resolve } from 'node:path'
import { type Exports, editExports } from './exports.ts'
import { replaceFiles } from './file-replacement.ts'

/**
 * Writes the exports into the file that `$BASH_ENV` names; it is created (0600, its directory 0700)
 * when there is something to write. With keys in it, no one but its owner can read it afterwards.
 * Returns whether the file changed. Throws what `editExports` throws, `file-unreadable`,
 * `file-unwritable`, `file-locked`.
 */
export async function writeBashEnv(path: string, exports: Exports): Promise<boolean> {
  const changed = await replaceFiles([
    {
      path: resolve(path),
      // Latin-1 keeps every byte of what others wrote, in whatever encoding.
      edit: (content) => Buffer.from(editExports(content.toString('latin1'), exports), 'latin1'),
      secret: exports.mode === 'keys',
    },
  ])
  return changed.length > 0
}
