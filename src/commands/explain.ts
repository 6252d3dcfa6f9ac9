import pages from 'code-pages'
import type { CommandContext, OptionsOf } from '../command-table.ts'
import { EXIT, OidcError } from '../errors.ts'
import { nearest } from '../text.ts'

export async function run(
  _options: OptionsOf<'explain'>,
  { terminal, rest: [code] }: CommandContext,
): Promise<number> {
  terminal.print(explanation(code))
  return EXIT.done
}

/** What `docs/errors/` or `docs/findings/` says under the heading of a code. Throws `invalid-usage`. */
function explanation(code: string | undefined): string {
  const headings = [...pages.matchAll(/^## ([a-z0-9-]+)$/gm)]
  const codes = headings.map(([, name = '']) => name)
  const at = codes.indexOf(code ?? '')
  if (code === undefined || at < 0) throw unknownCode(code, codes)
  const text = pages.slice(headings[at]?.index)
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
    next: `Choose one of: ${codes.join(', ')}.`,
  })
}
