import { type FileEdit, replaceFiles } from '../profiles/file-replacement.ts'
import { readTarget } from '../profiles/file-target.ts'
import { removeFile } from '../profiles/remove-file.ts'
import type { SessionCredentials } from '../sts/credentials.ts'
import { cacheEdit } from './process-credentials.ts'
import type { StoredRecipe } from './recipe.ts'

/**
 * Writes the cache unless the recipe that the credentials came by has changed or gone: a renewal must
 * not undo a set-up or a cleanup. Returns what was written; undefined where the recipe is another.
 */
export async function keepCredentials(
  path: string,
  credentials: SessionCredentials,
  { isCurrent }: Pick<StoredRecipe, 'isCurrent'>,
): Promise<string | undefined> {
  const { edit, ...file } = cacheEdit(path, credentials)
  const text = edit(Buffer.alloc(0))
  // Under the lock of the cache, which a set-up holds while it writes recipe and cache.
  const guarded: FileEdit['edit'] = (content) => (isCurrent() ? text : content)
  await replaceFiles([{ ...file, edit: guarded }])
  if (isCurrent()) return text.toString()
  // Whoever removes the two removes the recipe first, so what we wrote in between is seen here.
  if (readTarget(path).equals(text)) removeFile(path)
  return undefined
}
