import { type CompletedCommand, type CompletedOption, commandGroups } from './completion.ts'

const COMPLETE = 'complete -c circleci-aws-oidc'

/** The completion script of fish, from 3.0 on. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const groups = commandGroups(commands)
  const first: (readonly [string, string])[] = [
    ...commands
      .filter(({ words }) => words.length === 1)
      .map(({ words, summary }) => [words[0] ?? '', summary] as const),
    ...[...groups].map(([word, next]) => [word, next.join(', ')] as const),
    ['help', 'Show help'],
    ['version', 'Show the version'],
  ]
  return `# Completes circleci-aws-oidc in fish.
function __circleci_aws_oidc_in
    set -l words (commandline -opc)
    set -l last (math (count $argv) + 1)
    contains -- -- $words; and return 1
    test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"
end

function __circleci_aws_oidc_after
    test (count (commandline -opc)) -eq (math (count $argv) + 1); and __circleci_aws_oidc_in $argv
end

function __circleci_aws_oidc_first
    test (count (commandline -opc)) -eq 1
end

function __circleci_aws_oidc_in_program
    contains -- -- (commandline -opc)
end

function __circleci_aws_oidc_program
    set -l words (commandline -opc) (commandline -ct)
    set -l start (math (contains -i -- -- $words) + 1)
    complete -C (string join ' ' -- $words[$start..-1])
end

${COMPLETE} -f
${COMPLETE} -n __circleci_aws_oidc_in_program -a '(__circleci_aws_oidc_program)'
${first.map(([word, summary]) => `${COMPLETE} -n __circleci_aws_oidc_first -a ${word} -d ${fishWord(summary)}`).join('\n')}
${commands.flatMap(linesOf).join('\n')}
`
}

function linesOf({ words, summary, options, values }: CompletedCommand): string[] {
  const place = words.join(' ')
  const [first = '', second] = words
  return [
    ...(second === undefined
      ? []
      : [
          `${COMPLETE} -n '__circleci_aws_oidc_after ${first}' -a ${second} -d ${fishWord(summary)}`,
        ]),
    ...(values.length === 0
      ? []
      : [`${COMPLETE} -n '__circleci_aws_oidc_after ${place}' -a ${fishWord(values.join(' '))}`]),
    ...options.map((option) => `${COMPLETE} -n '__circleci_aws_oidc_in ${place}' ${flags(option)}`),
  ]
}

function flags({ name, description, value }: CompletedOption): string {
  const values = {
    none: '',
    any: ' -x',
    file: ' -r -F',
    directory: " -x -a '(__fish_complete_directories)'",
  }
  const taken = typeof value === 'string' ? values[value] : ` -x -a ${fishWord(value.join(' '))}`
  return `-l ${name}${taken} -d ${fishWord(description)}`
}

/** One word of fish, which knows a backslash between single quotes. */
function fishWord(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
