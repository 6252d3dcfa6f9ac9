import { join } from 'node:path'
import type { Context } from '../command.ts'
import { OidcError } from '../errors.ts'
import type { OptionValues } from '../options.ts'

type SandboxOptions = OptionValues<'port' | 'world' | 'fault' | 'debug'>

export async function run(
  { port, world, fault }: SandboxOptions,
  { terminal, rest }: Context,
): Promise<number> {
  const { runSandbox } = await loadSandbox()
  return runSandbox({
    port,
    worldFile: world,
    faults: fault,
    command: rest.length > 0 ? rest : undefined,
    paths: { cli: __filename, circleci: join(__dirname, 'sandbox-circleci.cjs') },
    log: (line) => terminal.note(`sandbox: ${line}`),
    print: (text) => terminal.print(text.trimEnd()),
  })
}

/** The sandbox is a file beside this one, which the copy in the orb doesn't have. */
async function loadSandbox() {
  try {
    return await import('../sandbox/index.ts')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause
    throw new OidcError('invalid-usage', {
      what: 'The sandbox is not part of this copy of circleci-aws-oidc.',
      why: 'It comes with the npm package; the orb leaves it out.',
      next: 'Run npx circleci-aws-oidc sandbox.',
      cause,
    })
  }
}
