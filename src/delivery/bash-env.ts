import { resolve } from 'node:path'
import type { FileEdit } from '../files/replace.ts'
import type { Environment } from '../options.ts'
import { type Exports, exportLines, exportsProfile } from './export-block.ts'

/**
 * Puts the exports into the file that `$BASH_ENV` names; it is created (0600, its directory 0700)
 * when there is something to write. With keys in it, no one but its owner can read it afterwards.
 * The edit throws what `editExports` throws.
 */
export function bashEnvEdit(path: string, exports: Exports, env: Environment): FileEdit {
  return {
    path: resolve(path),
    // Latin-1 keeps every byte of what others wrote, in whatever encoding.
    edit: (content) => Buffer.from(editExports(content.toString('latin1'), exports, env), 'latin1'),
    secret: exports.mode === 'keys',
  }
}

/**
 * Returns the text of a `$BASH_ENV` file with our block at its end, where it wins over what other steps put
 * there, and every other byte kept; `env` is the job's. Mode `none` removes the block. Throws as `exportLines`.
 */
export function editExports(text: string, exports: Exports, env: Environment): string {
  const { rest, block } = splitBlocks(text)
  if (exports.mode === 'none') return rest
  const unended = rest !== '' && !rest.endsWith('\n')
  const begin = unended ? `\n${BEGIN_WITH_LINE_END}` : BEGIN
  return `${rest}${[begin, ...exportLines(exports, env, block), END].join('\n')}\n`
}

/** The text without our blocks, and the lines of the last of them. */
function splitBlocks(text: string): { rest: string; block: string } {
  const lines = text.split(/(?<=\n)/)
  let [rest, block] = ['', '']
  let open: { begin: string; before: string } | undefined
  for (const [index, line] of lines.entries()) {
    const content = line.trimEnd()
    if (content === BEGIN || content === BEGIN_WITH_LINE_END) {
      open = { begin: content, before: rest }
    } else if (content === END && open) {
      const last = index === lines.length - 1
      const { begin, before } = open
      block = rest.slice(before.length)
      rest = begin === BEGIN_WITH_LINE_END && last ? before.replace(/\n$/, '') : before
      open = undefined
      continue
    }
    rest += line
  }
  return { rest, block }
}

const BEGIN = '# >>> circleci-aws-oidc'

/** Begins a block whose text above had no line end; removing the block takes ours away again. */
const BEGIN_WITH_LINE_END = `${BEGIN} (and the line end above)`

const END = '# <<< circleci-aws-oidc'

/** Whether the lines that `rest` lacks of a text export this profile, or keys of it. */
export function isExportOf(profile: string, text: string, rest: string): boolean {
  const count = (one: string) =>
    one.split(/\r?\n/).filter((line) => exportsProfile(line, profile)).length
  return count(text) > count(rest)
}
