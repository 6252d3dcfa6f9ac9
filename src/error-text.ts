import { OidcError } from './errors.ts'
import type { Terminal } from './terminal.ts'

/** Any error as an `OidcError`: what we did not foresee is a defect of ours. */
export function asOidcError(error: unknown): OidcError {
  // The sandbox is a bundle of its own and has its own copy of the class.
  if (error instanceof Error && error.name === 'OidcError') return error as OidcError
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new OidcError('internal-error', {
    what: `This is a defect of circleci-aws-oidc: ${message}`,
    next: 'Run it again with --debug and report what it prints.',
    cause: error,
  })
}

/** The lines that tell of an error: what, why or the likely cause, what next, and where to read on. */
export function errorText(error: OidcError, paint: Terminal['paint']): string {
  const lines: [string, string | undefined][] = [
    ['Why', error.why],
    ['Likely', error.likely],
    ['Next', error.next],
    ['Docs', `docs/troubleshooting.md#${error.code}`],
  ]
  const head = `${paint('stderr', 'red', `Error ${error.code}:`)} ${error.message}`
  const rest = lines
    .filter(([, text]) => text !== undefined)
    .map(
      ([label, text]) =>
        `${paint('stderr', 'bold', `  ${label}:`.padEnd(10))}${indent(text ?? '')}`,
    )
  return [head, ...rest].join('\n')
}

function indent(text: string): string {
  return text.replaceAll('\n', `\n${' '.repeat(10)}`)
}
