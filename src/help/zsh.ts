import { shellWord } from '../text.ts'
import { type CompletedCommand, type CompletedOption, commandGroups } from './completion.ts'

/** The completion script of zsh: to source, or as the file `_circleci-aws-oidc` in a directory of `fpath`. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const groups = commandGroups(commands)
  const alone = commands.filter(({ words }) => words.length === 1)
  const first = [
    ...alone.map(({ words, summary }) => described(words[0] ?? '', summary)),
    ...[...groups].map(([word, next]) => described(word, next.join(', '))),
    described('help', 'Show help'),
    described('version', 'Show the version'),
  ]
  return `#compdef circleci-aws-oidc
# Completes circleci-aws-oidc in zsh.
_circleci_aws_oidc() {
  local -a commands
  local program=\${words[(I)--]} command=\${words[2]}
  if (( CURRENT == 2 )); then
    commands=(
${first.map((one) => `      ${one}`).join('\n')}
    )
    _describe -t commands command commands
    return
  fi
  if (( program > 0 && program < CURRENT )); then
    words=("\${(@)words[program + 1, -1]}")
    (( CURRENT -= program ))
    _normal
    return
  fi
  case $command in
${[...groups.keys()].map((word) => groupCase(word, commands)).join('\n')}
  esac
  words=("\${(@)words[2, -1]}")
  (( CURRENT -= 1 ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

if [[ \${funcstack[1]} = _circleci_aws_oidc || \${funcstack[1]} = _circleci-aws-oidc ]]; then
  _circleci_aws_oidc "$@"
else
  compdef _circleci_aws_oidc circleci-aws-oidc
fi
`
}

function groupCase(word: string, commands: readonly CompletedCommand[]): string {
  const own = commands.filter(({ words }) => words[0] === word && words.length > 1)
  return `    ${word})
      if (( CURRENT == 3 )); then
        commands=(
${own.map(({ words, summary }) => `          ${described(words[1] ?? '', summary)}`).join('\n')}
        )
        _describe -t commands command commands
        return
      fi
      command="$command \${words[3]}"
      words=("\${(@)words[2, -1]}")
      (( CURRENT -= 1 )) ;;`
}

function commandCase({ words, options, values }: CompletedCommand): string {
  const specs = [
    ...options.map(optionSpec),
    ...(values.length > 0 ? [`1:word:(${values.join(' ')})`] : []),
  ]
  const lines = specs.map((spec) => ` \\\n        ${shellWord(spec)}`)
  return `    ${shellWord(words.join(' '))})\n      _arguments${lines.join('')} ;;`
}

/** `--format=[Form of the result]:format:(text json)` */
function optionSpec({ name, description, value, isList }: CompletedOption): string {
  const text = description.replace(/[\\[\]]/g, '\\$&')
  const [more, head] = [isList ? '*' : '', value === 'none' ? '' : '=']
  return `${more}--${name}${head}[${text}]${valueSpec(name, value)}`
}

function valueSpec(name: string, value: CompletedOption['value']): string {
  if (value === 'none') return ''
  const actions = { file: '_files', directory: '_files -/', any: '' }
  return `:${name}:${typeof value === 'string' ? actions[value] : `(${value.join(' ')})`}`
}

/** An item of \`_describe\`, where a colon ends the word. */
function described(word: string, summary: string): string {
  return shellWord(`${word}:${summary.replaceAll(':', '\\:')}`)
}
