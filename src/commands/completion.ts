import { COMMANDS, type CommandContext, type OptionsOf } from '../command-table.ts'
import { EXIT, OidcError } from '../errors.ts'
import { bashScript } from '../help/bash.ts'
import { completedCommands } from '../help/completion.ts'
import { fishScript } from '../help/fish.ts'
import { zshScript } from '../help/zsh.ts'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript }

export async function run(
  _options: OptionsOf<'completion'>,
  { terminal, rest: [shell = ''] }: CommandContext,
): Promise<number> {
  if (!isShell(shell)) throw unknownShell(shell)
  terminal.print(SCRIPTS[shell](completedCommands()).trimEnd())
  return EXIT.done
}

function isShell(text: string): text is keyof typeof SCRIPTS {
  return Object.hasOwn(SCRIPTS, text)
}

function unknownShell(shell: string): OidcError {
  return new OidcError('invalid-usage', {
    what: shell === '' ? 'No shell is given.' : `There is no completion for "${shell}".`,
    next: `Choose one of: ${COMMANDS.completion.words.join(', ')}.`,
  })
}
