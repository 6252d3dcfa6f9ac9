import { join } from 'node:path'
import { COMMANDS, type CommandContext, type OptionsOf } from '../command-table.ts'

export async function run(
  { port, world, fault, env }: OptionsOf<'sandbox'>,
  { terminal, rest }: CommandContext,
): Promise<number> {
  // A file beside this one, which the copy in the orb doesn't have.
  const { runSandbox } = await import('../sandbox/index.ts')
  const code = await runSandbox({
    port,
    worldFile: world,
    faults: fault,
    passed: env,
    command: rest.length > 0 ? rest : undefined,
    paths: { cli: __filename, circleci: join(__dirname, 'sandbox-circleci.cjs') },
    log: (line) => terminal.note(`sandbox: ${line}`),
    progress: (line) => terminal.progress(`sandbox: ${line}`),
    print: (text) => terminal.print(text.trimEnd()),
  })
  const [name = ''] = rest[0]?.trim().split(/\s/) ?? []
  const isOurs = Object.keys(COMMANDS).some((one) => one.split(' ')[0] === name)
  if (code === NOT_FOUND && isOurs) {
    terminal.note(`sandbox: Write it with its program: circleci-aws-oidc ${name}`)
  }
  return code
}

/** Exit code of a shell that does not find a command. */
const NOT_FOUND = 127
