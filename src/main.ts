import { asksForJson, runCli } from './cli.ts'
import { asOidcError, EXIT, errorJson, errorText, OidcError } from './errors.ts'
import { withoutEmptyHome } from './profiles/locations.ts'
import { openTerminal } from './terminal.ts'
import { printable } from './text.ts'

const args = process.argv.slice(2)
const terminal = openTerminal()
if (process.env['HOME'] === '') {
  const note = 'Warning: HOME is empty, so AWS tools may look for ~/.aws somewhere else. Set it.'
  terminal.note(terminal.paint('stderr', 'yellow', note))
}

// A name that the user gives may be that of a property of every object, such as "constructor".
const env: NodeJS.ProcessEnv = Object.setPrototypeOf(withoutEmptyHome(process.env), null)
// Someone may give them as the value of another option, which an error would show.
for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) terminal.conceal(env[name] ?? '')

runCli(args, { env, terminal })
  .catch((thrown: unknown) => {
    const error = asOidcError(thrown)
    terminal.note(errorText(error, terminal.paint))
    if (asksForJson(args, env) && !terminal.hasPrinted()) {
      terminal.print(JSON.stringify(errorJson(error), null, 2))
    }
    terminal.debug(stackOf(error))
    return error.exitCode
  })
  .then(async (code) => {
    const outputCode = await finishOutput()
    // Work given up when the time was over may hold the process, or go on writing.
    process.exit(code === EXIT.done ? outputCode : code)
  })

async function finishOutput(): Promise<number> {
  const failure = await terminal.flush()
  if (!failure) return EXIT.done
  const { stream, error } = failure
  const what = `${stream} can't be written: ${error.message}.`
  terminal.note(errorText(new OidcError('file-unwritable', { what }), terminal.paint))
  await terminal.flush()
  return EXIT.files
}

function stackOf(error: Error): string {
  const frames = error.stack?.match(/^ +at .*$/gm) ?? []
  const cause = error.cause instanceof Error ? [`caused by ${stackOf(error.cause)}`] : []
  return [`${error.name}: ${printable(error.message)}`, ...frames, ...cause].join('\n')
}
