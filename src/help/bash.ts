import { shellWord } from '../text.ts'
import type { CompletedCommand, CompletedOption } from './completion.ts'
import { commandGroups } from './completion.ts'

/** The completion script of bash, from 3.2 on. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const options = commands.flatMap((one) => one.options)
  const first = [...new Set(commands.map(({ words }) => words[0] ?? '')), 'help', 'version']
  const groups = [...commandGroups(commands)].map(
    ([word, next]) => `    ${word})
      if [ "$COMP_CWORD" -eq 2 ]; then
        words=${shellWord(next.join(' '))}
      fi
      command="$command \${COMP_WORDS[2]}" ;;`,
  )
  return `# Completes circleci-aws-oidc in bash.
_circleci_aws_oidc() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command=\${COMP_WORDS[1]} words= IFS=$' \\t\\n' i
  COMPREPLY=()
  # bash takes --name=value for three words.
  if [ "$current" = = ]; then
    current=
  elif [ "$previous" = = ]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $command in
${groups.join('\n')}
  esac
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [ "\${COMP_WORDS[i]}" = -- ]; then
      _circleci_aws_oidc_program $((i + 1))
      return
    fi
  done
  if [ "$COMP_CWORD" -eq 1 ]; then
    words=${shellWord(first.join(' '))}
  fi
  if [ -z "$words" ]; then
    case $previous in
${valueCases(options)}
    esac
    case $command in
${commands.map(commandCase).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}

_circleci_aws_oidc_paths() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$current"))
  compopt -o filenames 2>/dev/null
}

_circleci_aws_oidc_program() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif [ "$COMP_CWORD" -eq "$1" ]; then
    COMPREPLY=($(compgen -c -- "$current"))
  else
    _circleci_aws_oidc_paths -f
  fi
}

complete -F _circleci_aws_oidc circleci-aws-oidc
`
}

function commandCase({ words, options, values }: CompletedCommand): string {
  const names = [...values, ...options.map(({ name }) => `--${name}`)].join(' ')
  return `      ${shellWord(words.join(' '))}) words=${shellWord(names)} ;;`
}

/** What follows an option; options of one name take the same values in every command. */
function valueCases(options: readonly CompletedOption[]): string {
  const actions = new Map<string, Set<string>>()
  for (const option of options) {
    const action = valueAction(option)
    if (action === undefined) continue
    actions.set(action, (actions.get(action) ?? new Set()).add(`--${option.name}`))
  }
  return [...actions]
    .map(([action, names]) => `      ${[...names].join(' | ')}) ${action}; return ;;`)
    .join('\n')
}

function valueAction({ value }: CompletedOption): string | undefined {
  if (value === 'none') return undefined
  if (value === 'file') return '_circleci_aws_oidc_paths -f'
  if (value === 'directory') return '_circleci_aws_oidc_paths -d'
  if (value === 'any') return ':'
  return `COMPREPLY=($(compgen -W ${shellWord(value.join(' '))} -- "$current"))`
}
