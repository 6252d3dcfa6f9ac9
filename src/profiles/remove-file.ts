import { unlinkSync } from 'node:fs'
import { errorCode } from './file-error.ts'

/** Removes a file if it is there. Node would have to load its removal of whole trees for `rmSync`. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}
