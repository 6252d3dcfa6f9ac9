import type { Context } from '../command.ts'
import { startDeadline } from '../deadline.ts'
import type { Environment, OptionValues } from '../options.ts'
import { replaceFiles } from '../profiles/file-replacement.ts'
import { readToken } from '../token/source.ts'
import { refuseExpired, type WhenExpired } from '../token/web-identity-token.ts'
import type { TOKEN_COMMAND_OPTIONS } from './token-command-options.ts'
import { otherClaims, tokenJson, tokenLines } from './token-report.ts'

type TokenCommandOptions = OptionValues<(typeof TOKEN_COMMAND_OPTIONS)[number]>

export async function run(
  options: TokenCommandOptions,
  { env, terminal }: Context,
): Promise<number> {
  const { write } = options
  // An expired token is what one wants to see when something is wrong, but no one can use it.
  const showExpired: WhenExpired = (token, error) => {
    terminal.note(terminal.paint('stderr', 'yellow', `Warning: ${error.message}`))
    return token
  }
  const token = await read(options, env, write === undefined ? showExpired : refuseExpired)
  terminal.conceal(token.value)
  if (write !== undefined) {
    await replaceFiles([{ path: write, edit: () => Buffer.from(token.value), secret: true }])
  }

  const now = new Date()
  if (options.format === 'json') {
    const written = write === undefined ? {} : { file: write }
    terminal.print(JSON.stringify({ ...tokenJson(token, now), ...written }, null, 2))
    return 0
  }
  const written: [string, string][] = write === undefined ? [] : [['Written', write]]
  for (const lines of [[...tokenLines(token, now), ...written], otherClaims(token)]) {
    const width = Math.max(...lines.map(([label]) => label.length)) + 2
    for (const [label, text] of lines) {
      terminal.print(`${terminal.paint('stdout', 'bold', label.padEnd(width))}${text}`)
    }
  }
  return 0
}

async function read(options: TokenCommandOptions, env: Environment, whenExpired: WhenExpired) {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const reading = readToken(options, env, deadline.signal, whenExpired)
    return await deadline.race('reading the web identity token', reading)
  } finally {
    deadline.clear()
  }
}
