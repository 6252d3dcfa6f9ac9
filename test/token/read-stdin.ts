// Reads a token from stdin as a command does: read-stdin.ts SECONDS
import { startDeadline } from '../../src/deadline.ts'
import { OidcError } from '../../src/errors.ts'
import { readToken } from '../../src/token/source.ts'
import { STDIN } from './token-options.ts'

const deadline = startDeadline(Number(process.argv[2]))
deadline
  .race('reading the token', readToken(STDIN, {}, deadline.signal))
  .then(
    ({ value, source }) => console.log(`${source}: ${value}`),
    (error: unknown) =>
      console.log(error instanceof OidcError ? `${error.code}: ${error.message}` : error),
  )
  .finally(() => deadline.clear())
