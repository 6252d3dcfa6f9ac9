import { type ErrorCode, OidcError } from '../errors.ts'

/** The error for a file that can't be read; `what` is its path, or what the user calls it and the path. */
export function unreadable(
  what: string,
  cause: unknown,
  next = 'Make the file readable for this user and run again.',
  code: ErrorCode = 'file-unreadable',
): OidcError {
  if (cause instanceof OidcError) return cause
  return new OidcError(code, {
    what: `${shownPath(what)} can't be read: ${reason(cause)}.`,
    next,
    cause,
  })
}

/** The error for a file that is to be replaced, and can't be. */
export function unwritable(path: string, cause: unknown): OidcError {
  if (cause instanceof OidcError) return cause
  return new OidcError('file-unwritable', {
    what: `Cannot write ${shownPath(path)}: ${reason(cause)}.`,
    why: 'Files are replaced by new ones made beside them. Nothing was changed.',
    next:
      NEXT[errorCode(cause) ?? ''] ??
      `Make the file and its directory writable for this user, or name another file.`,
    cause,
  })
}

/** A path with the variable that names it, if one does. */
export function shownPath(path: string): string {
  const named = VARIABLES.find((name) => path !== '' && process.env[name] === path)
  return named === undefined ? path : `${path} (${named})`
}

const VARIABLES = ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'BASH_ENV']

const NEXT: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space and run again.',
  EDQUOT: 'Free some space and run again.',
  ENOTDIR: 'Correct the path, or HOME: one of the directories in it is a file.',
  EBUSY:
    'Mount the directory instead of the single file, or point AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE elsewhere.',
}

/** Why reading or writing failed, in words: `permission denied (EACCES)`. */
export function reason(cause: unknown): string {
  const code = errorCode(cause)
  if (code === undefined) return cause instanceof Error ? cause.message : String(cause)
  return REASONS[code] ? `${REASONS[code]} (${code})` : code
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it would exceed the size limit for files',
  EIO: 'input/output error',
  ELOOP: 'its symbolic links form a loop',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  EBUSY: 'it cannot be replaced while something is mounted on it',
}

/** The system's code for a failed call, `ENOENT`; undefined for any other error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
