import { join } from 'node:path'
import type { CommandContext, OptionsOf } from '../command-table.ts'

export async function run(
  { port, world, fault, env }: OptionsOf<'sandbox'>,
  { terminal, rest }: CommandContext,
): Promise<number> {
  // A file beside this one, which the copy in the orb doesn't have.
  const { runSandbox } = await import('../sandbox/index.ts')
  return runSandbox({
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
}
