import type { CommandContext, OptionsOf } from '../command-table.ts'
import { EXIT } from '../errors.ts'
import { explanation } from '../help/explanation.ts'

export async function run(
  _options: OptionsOf<'explain'>,
  { terminal, rest: [code] }: CommandContext,
): Promise<number> {
  terminal.print(explanation(code))
  return EXIT.done
}
