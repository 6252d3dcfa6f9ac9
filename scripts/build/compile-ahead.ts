import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseAst } from 'rollup/parseAst'
import { atSts } from '../bench/rulers.ts'

/**
 * The parts of the built helper, changed so that V8 compiles what `assume-role` calls as soon as it reads it. Any other
 * function it reads twice, first to see where it ends and again at the first call, and nearly all are called once:
 * so assume-role takes 5 % less time over https.
 */
export async function compiledAhead(file: string, parts: readonly string[]): Promise<string[]> {
  for (let attempts = 1; ; attempts += 1) {
    const { ran, notes } = await functionsRun(file, parts.length)
    // On a busy machine it says that it waits, or tries again: what says so would be compiled ahead, too.
    if (notes === '') return parts.map((part, at) => withParentheses(part, ran[at] ?? new Set()))
    if (attempts === 5) throw new Error(`assume-role was disturbed: ${notes}`)
  }
}

/** Where functions are in the text of a part, as `start-end`. */
type Places = ReadonlySet<string>

/**
 * The functions of each part that one run of assume-role calls at the sandbox over TLS, and what it says on stderr.
 * Throws where it fails.
 */
function functionsRun(file: string, count: number): Promise<{ ran: Places[]; notes: string }> {
  return atSts({ tls: true, delay: 0, latencyMs: 0 }, async (given, home) => {
    const coverage = join(home, 'coverage')
    const env = {
      ...given,
      // Outside a terminal, it says only in CI that it waits.
      CI: 'true',
      AWS_OIDC_ROLE_ARN: 'arn:aws:iam::111111111111:role/circleci-oidc',
      NODE_V8_COVERAGE: coverage,
    }
    const run = promisify(execFile)
    const { stderr } = await run(process.execPath, [file, 'assume-role'], { env, timeout: 60_000 })
    const [report = ''] = await readdir(coverage)
    const { result } = JSON.parse(await readFile(join(coverage, report), 'utf8')) as Coverage
    const ran = Array.from({ length: count }, (_, number) => placesRun(result, number))
    return { ran, notes: stderr }
  })
}

/** What Node writes to `NODE_V8_COVERAGE`, as far as it is read here. */
interface Coverage {
  readonly result: readonly {
    readonly url: string
    /** The first range of a function is the function itself. */
    readonly functions: readonly {
      readonly ranges: readonly { startOffset: number; endOffset: number; count: number }[]
    }[]
  }[]
}

/** The loader names a part after the file and its number. */
function placesRun(scripts: Coverage['result'], number: number): Places {
  const script = scripts.find(({ url }) => url.endsWith(`%23${number}`))
  if (!script) throw new Error(`assume-role has not loaded part ${number}`)
  return new Set(
    script.functions.flatMap(({ ranges: [own] }) =>
      own && own.count > 0 ? [`${own.startOffset}-${own.endOffset}`] : [],
    ),
  )
}

/** The same code with these functions in parentheses, which V8 takes for a sign that they are called at once. */
export function withParentheses(code: string, places: Places): string {
  const declared: string[] = []
  const printed = (node: Node, parent?: Node): string => {
    const pieces: string[] = []
    let end = node.start
    for (const child of childrenOf(node)) {
      // The key of `{ name }` and `{ name = 1 }` is in its value.
      if (child.start < end) continue
      pieces.push(code.slice(end, child.start), printed(child, node))
      end = child.end
    }
    const text = pieces.join('') + code.slice(end, node.end)
    if (!places.has(`${node.start}-${node.end}`)) return text
    if (node.type === 'FunctionDeclaration' && parent?.type === 'Program') {
      // Without its name, which a function expression could not assign to.
      declared.push(text.replace(/^((?:async )?function\*?)\s*([\w$]+)/, 'var $2=($1'), ');')
      return ';'
    }
    return isFunctionExpression(node, text) ? `(${text})` : text
  }
  const program = parseAst(code)
  if (childrenOf(program).some((one) => 'directive' in one)) {
    throw new Error('A directive must stay first')
  }
  const rest = printed(program)
  // What is declared is there from the start.
  return declared.join('') + rest
}

/** Of the syntax tree of ESTree, with its place in the code. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter((value): value is Node => typeof value?.type === 'string')
    .sort((a, b) => a.start - b.start || b.end - a.end)
}

/** A method is none: its text has no `function`. */
function isFunctionExpression({ type }: Node, text: string): boolean {
  return (
    type === 'ArrowFunctionExpression' ||
    (type === 'FunctionExpression' && /^(async )?function\b/.test(text))
  )
}
