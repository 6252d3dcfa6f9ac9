import pages from 'code-pages'
import { explainCommand, OidcError } from '../errors.ts'
import { nearest } from '../text.ts'

/** Every code that has a page: of errors and of findings. */
export function explainedCodes(): string[] {
  return [...pages.matchAll(/^## ([a-z0-9-]+)$/gm)].map(([, name = '']) => name)
}

/** What `docs/errors/` or `docs/findings/` says under the heading of a code. Throws `invalid-usage`. */
export function explanation(code: string | undefined): string {
  const codes = explainedCodes()
  if (code === undefined || !codes.includes(code)) throw unknownCode(code, codes)
  const text = pages.slice(pages.search(new RegExp(`^## ${code}$`, 'm')))
  const next = text.search(/\n#+ /)
  return text.slice(0, next < 0 ? undefined : next).trim()
}

function unknownCode(code: string | undefined, codes: readonly string[]): OidcError {
  const meant = code === undefined ? undefined : nearest(code, codes)
  return new OidcError('invalid-usage', {
    what:
      code === undefined
        ? 'No code is given to explain.'
        : `There is no error or finding "${code}".`,
    ...(meant ? { likely: `"${meant}" was meant.` } : {}),
    next: meant ? `Run ${explainCommand(meant)}.` : `Choose one of: ${codes.join(', ')}.`,
  })
}
