import { OidcError } from './errors.ts'
import type { Flags } from './option-values.ts'
import { OPTIONS, type OptionName, type OptionSpec } from './options.ts'

/**
 * The flags of a command line that says plainly `--name value`, `--name=value` or `--flag`: loading yargs
 * would take a good part of a run's time. Undefined for any other, which yargs reads or refuses.
 */
export function readFlags(
  names: readonly OptionName[],
  args: readonly string[],
): Flags | undefined {
  const flags: Record<string, string | true | string[]> = {}
  const rest = [...args]
  while (rest.length > 0) {
    const [, text = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(rest.shift() ?? '') ?? []
    const name = names.find((own) => own === text)
    if (!name) return undefined
    const { kind }: OptionSpec = OPTIONS[name]
    if (kind === 'flag' && inline !== undefined) throw strayValue(name)
    const value = kind === 'flag' ? true : (inline ?? plainValue(rest.shift()))
    if (value === undefined) return undefined
    flags[name] = typeof value === 'string' ? added(flags[name], value) : value
  }
  return flags
}

/** What cannot be taken for an option. */
function plainValue(text: string | undefined): string | undefined {
  return text?.startsWith('-') ? undefined : text
}

function added(earlier: string | true | string[] | undefined, value: string): string | string[] {
  return earlier === undefined || earlier === true ? value : [earlier, value].flat()
}

/** `--debug=1` would be read as no. */
function strayValue(name: OptionName): OidcError {
  return new OidcError('invalid-usage', {
    what: `--${name} takes no value.`,
    next: `Give --${name} alone, or leave it out.`,
  })
}
