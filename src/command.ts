import type { Environment, OptionName, OptionValues } from './options.ts'
import type { Terminal } from './terminal.ts'

/** What a command works with besides its options. */
export interface Context {
  readonly env: Environment
  readonly terminal: Terminal
  /** What follows `--` on the command line. */
  readonly rest: readonly string[]
}

/** Runs a command; the number is the exit code. */
export type Run<Name extends OptionName> = (
  options: OptionValues<Name>,
  context: Context,
) => Promise<number>

export interface Command<Name extends OptionName = OptionName> {
  readonly summary: string
  readonly usage: string
  readonly options: readonly Name[]
  /** What an option means to this command, where that is not what `OPTIONS` says. */
  readonly descriptions?: { readonly [N in Name]?: string }
  readonly example: string
  /** Whether a command line of another program may follow after `--`. */
  readonly takesProgram?: boolean
  /** Loads the command's own code, which may drag in the AWS SDK. */
  readonly load: () => Promise<Run<Name>>
}
