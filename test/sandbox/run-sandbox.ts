// Runs the sandbox command apart from the CLI: run-sandbox.ts '{"port":…, "faults":[…], …}'
import { runSandbox } from '../../src/sandbox/index.ts'

const options = JSON.parse(process.argv[2] ?? '{}')
runSandbox({
  port: undefined,
  worldFile: undefined,
  faults: [],
  command: undefined,
  log: (line) => process.stderr.write(`${line}\n`),
  progress: () => {},
  print: (text) => process.stdout.write(text),
  ...options,
}).then(
  (code) => {
    process.exitCode = code
  },
  (error: Error & { code?: string }) => {
    process.stderr.write(`${error.code}: ${error.message}\n`)
    process.exitCode = 99
  },
)
