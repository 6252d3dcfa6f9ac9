import './built-modules.ts'
import { runCli } from '../../src/cli.ts'
import { asOidcError, errorText } from '../../src/errors.ts'
import { Secrets } from '../../src/secrets.ts'
import type { Terminal } from '../../src/terminal.ts'
import type { Environment } from './job.ts'

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in this process: what the built program does, in a tenth of its time. */
export async function runHere(args: readonly string[], env: Environment): Promise<Outcome> {
  const secrets = new Secrets()
  const lines: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] }
  const note = (text: string) => void lines.stderr.push(secrets.conceal(text))
  const terminal: Terminal = {
    print: (text) => void lines.stdout.push(secrets.conceal(text)),
    handOver: (text) => void lines.stdout.push(text),
    ...{ note, progress: () => {}, debug: () => {}, mask: () => {} },
    conceal: (secret) => secret.length >= 8 && secrets.add(secret),
    concealed: (text) => secrets.conceal(text),
    paint: (_stream, _style, text) => text,
    width: () => 80,
  }
  // What names the variable that a path is from looks there.
  const own = process.env
  process.env = env as NodeJS.ProcessEnv
  const code = await runCli(args, { env, terminal })
    .catch((thrown: unknown) => {
      const error = asOidcError(thrown)
      note(errorText(error, terminal.paint))
      return error.exitCode
    })
    .finally(() => {
      process.env = own
    })
  const [stdout, stderr] = [lines.stdout, lines.stderr].map((one) => one.map((text) => `${text}\n`))
  return { code, stdout: (stdout ?? []).join(''), stderr: (stderr ?? []).join('') }
}
