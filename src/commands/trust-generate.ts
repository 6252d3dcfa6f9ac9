import type { Context } from '../command.ts'
import type { OptionValues } from '../options.ts'
import { generate, setupNotes } from '../trust/generate.ts'
import { writeFiles } from '../trust/write-files.ts'
import { readSetup } from './trust-generate-setup.ts'
import type { TRUST_GENERATE_OPTIONS } from './trust-options.ts'

export type GenerateOptions = OptionValues<(typeof TRUST_GENERATE_OPTIONS)[number]>

export async function run(options: GenerateOptions, { env, terminal }: Context): Promise<number> {
  const setup = await readSetup(options, env)
  const { files, text } = generate(options.for, setup)
  for (const note of setupNotes(setup)) terminal.note(`Note: ${note}`)
  const directory = options['out-dir']
  if (directory === undefined) {
    terminal.print(text.replace(/\n$/, ''))
    return 0
  }
  for (const path of await writeFiles(directory, files, options.force)) terminal.print(path)
  return 0
}
