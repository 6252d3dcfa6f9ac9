import { withoutEmptyHome } from './home-directory.ts'
import { quickAnswer } from './refresh/quick-answer.ts'

// What the `credential_process` of a profile starts. It lies beside a copy of the bundle, whose size
// alone would make each `aws` command wait.
const answer = quickAnswer(process.argv.slice(2), withoutEmptyHome(process.env))
if (answer === undefined) require('./circleci-aws-oidc.cjs')
else hand(answer)

function hand(text: string): void {
  process.stdout.on('error', fail)
  try {
    process.stdout.write(text)
  } catch (error) {
    // Some versions of Node throw what a file's disk refuses.
    fail(error as NodeJS.ErrnoException)
  }
}

/** A reader that left has what it wanted. */
function fail({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return
  process.exitCode = 6
  process.stderr.on('error', () => {})
  process.stderr.write(`Error file-unwritable: stdout can't be written: ${message}.\n`)
}
