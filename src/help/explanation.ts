import { posix } from 'node:path'
import pages from 'code-pages'
import { ERROR_EXIT_CODES, explainCommand, OidcError } from '../errors.ts'
import { nearest } from '../text.ts'

/** Every code that has a page: of errors and of findings. */
export function explainedCodes(): string[] {
  return codesOf(pages)
}

/**
 * What `docs/errors/` or `docs/findings/` says under the heading of a code; without one, all codes. Throws
 * `invalid-usage`.
 */
export function explanation(code: string | undefined): string {
  if (code === undefined) return Array.from(pages.split(/^(?=# )/m), contents).join('\n\n')
  const codes = explainedCodes()
  if (!codes.includes(code)) throw unknownCode(code, codes)
  const text = pages.slice(pages.search(new RegExp(`^## ${code}$`, 'm')))
  const next = text.search(/\n#+ /)
  return withoutLinks(text.slice(0, next < 0 ? undefined : next).trim(), code, codes)
}

function codesOf(text: string): string[] {
  return [...text.matchAll(/^## ([a-z0-9-]+)$/gm)].map(([, name = '']) => name)
}

/** The title of a page and its codes, in lines of at most 78 characters. */
function contents(page: string): string {
  const [title = ''] = page.split('\n')
  const lines = codesOf(page)
    .join(' ')
    .matchAll(/(.{1,76})(?: |$)/g)
  return [title.replace('# ', ''), ...Array.from(lines, ([, line]) => `  ${line}`)].join('\n')
}

/** Links as a terminal can show them: to the heading of a code, to another page, to another site. */
function withoutLinks(text: string, code: string, codes: readonly string[]): string {
  const folder = Object.hasOwn(ERROR_EXIT_CODES, code) ? 'docs/errors' : 'docs/findings'
  return text.replace(/\[([^\]]+)\]\(([^\s)]+)\)/g, (_, words: string, target: string) => {
    const [, anchor = ''] = target.split('#')
    if (codes.includes(anchor)) return `${words} (explain ${anchor})`
    return `${words} (${/^https:/.test(target) ? target : posix.join(folder, target)})`
  })
}

function unknownCode(code: string, codes: readonly string[]): OidcError {
  const meant = nearest(code, codes)
  return new OidcError('invalid-usage', {
    what: `There is no error or finding "${code}".`,
    ...(meant ? { likely: `"${meant}" was meant.` } : {}),
    next: meant ? `Run ${explainCommand(meant)}.` : `Run ${explainCommand()} for a list.`,
  })
}
