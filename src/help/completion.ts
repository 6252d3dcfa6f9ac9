import { COMMANDS, type Command } from '../command-table.ts'
import { OPTIONS, type OptionName, type OptionSpec } from '../options.ts'
import { explainedCodes } from './explanation.ts'

/** What a shell can complete, as data: the commands, their options and the values of these. */
export interface CompletedCommand {
  /** One word or two: `trust`, `check`. */
  readonly words: readonly string[]
  readonly summary: string
  readonly options: readonly CompletedOption[]
  /** What may stand in the place of the word that the command takes. */
  readonly values: readonly string[]
  readonly takesProgram: boolean
}

export interface CompletedOption {
  readonly name: string
  readonly description: string
  readonly value: 'none' | 'file' | 'directory' | 'any' | readonly string[]
  /** Whether it may be given more than once. */
  readonly isList: boolean
}

export function completedCommands(): CompletedCommand[] {
  return Object.entries<Command>(COMMANDS).map(([name, command]) => ({
    words: name.split(' '),
    summary: command.summary,
    options: [...command.options.map((option) => completedOption(option, command)), HELP],
    values: name === 'explain' ? explainedCodes() : (command.words ?? []),
    takesProgram: command.takesProgram === true,
  }))
}

/** Words that begin several commands, with all that may follow. */
export function commandGroups(commands: readonly CompletedCommand[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const { words } of commands) {
    const [first = '', second] = words
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second])
  }
  return groups
}

const HELP: CompletedOption = {
  name: 'help',
  description: 'Show help',
  value: 'none',
  isList: false,
}

function completedOption(name: OptionName, { descriptions }: Command): CompletedOption {
  const spec: OptionSpec = OPTIONS[name]
  return {
    name,
    description: descriptions?.[name] ?? spec.description,
    value: spec.kind === 'flag' ? 'none' : (spec.choices ?? spec.takes ?? 'any'),
    isList: spec.kind === 'list',
  }
}
