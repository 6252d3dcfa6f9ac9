import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How many tests, or groups of them, were skipped for which reason, from the results as TAP. */
export function skippedTests(tap: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const [, escaped = ''] of tap.matchAll(/^ *(?:not )?ok \d+ .*[^\\]# SKIP ?(.*)$/gm)) {
    const reason = escaped.replace(/\\([\\#])/g, '$1') || 'no reason given'
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return counts
}

/** Those that may not be: in CI every test runs but for what `.ci/run` says it cannot install. */
export function unexcused(reasons: Iterable<string>, ci: boolean): string[] {
  return [...reasons].filter((reason) => ci && !reason.startsWith('as TEST_WITHOUT says, '))
}

/** Runs the test files whose paths start with one of the arguments, or all. */
function runTests(wanted: readonly string[]): number {
  // Node 20 takes no pattern for test files.
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .map((name) => join('test', name))
    .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
    .filter((name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)))
    .sort()
  const directory = mkdtempSync(join(tmpdir(), 'test-results-'))
  const tap = join(directory, 'results.tap')
  const options = [
    ...['--import', 'tsx', '--test', '--test-concurrency=4'],
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=tap', `--test-reporter-destination=${tap}`],
  ]
  const { status } = spawnSync(process.execPath, [...options, ...files], { stdio: 'inherit' })
  const skipped = skippedTests(readFileSync(tap, 'utf8'))
  rmSync(directory, { recursive: true })
  if (skipped.size > 0) console.log('\nSkipped, why, and what would enable it:')
  for (const [reason, count] of skipped) console.log(`  ${count} × ${reason}`)
  const refused = unexcused(skipped.keys(), process.env['CI'] === 'true')
  if (refused.length > 0) console.log('\nWith CI=true nothing may be skipped.')
  return status === 0 && refused.length === 0 ? 0 : status || 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = runTests(process.argv.slice(2))
}
