import { runCli } from './cli.ts'
import { asOidcError, errorText } from './error-text.ts'
import { openTerminal } from './terminal.ts'

const terminal = openTerminal()

runCli(process.argv.slice(2), { env: process.env, terminal })
  .catch((thrown: unknown) => {
    const error = asOidcError(thrown)
    terminal.note(errorText(error, terminal.paint))
    terminal.debug(stackOf(error))
    return error.exitCode
  })
  .then((code) => {
    process.exitCode = code
  })

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack}${cause}`
}
