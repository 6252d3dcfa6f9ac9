import { quickAnswer } from './refresh/quick-answer.ts'

const answer = quickAnswer(process.argv.slice(2), process.env)
if (answer === undefined) run()
else process.stdout.write(answer)

async function run(): Promise<void> {
  const { openTerminal } = await import('./terminal.ts')
  const { asOidcError, errorText } = await import('./error-text.ts')
  const { runCli } = await import('./cli.ts')
  const terminal = openTerminal()
  process.exitCode = await runCli(process.argv.slice(2), { env: process.env, terminal }).catch(
    (thrown: unknown) => {
      const error = asOidcError(thrown)
      terminal.note(errorText(error, terminal.paint))
      terminal.debug(stackOf(error))
      return error.exitCode
    },
  )
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack}${cause}`
}
