import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

// Node 20 takes no pattern for test files. Arguments narrow the choice: `npm run test:all test/sts`.
const wanted = process.argv.slice(2)
const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((name) => join('test', name))
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)))
  .sort()
const options = ['--import', 'tsx', '--test', '--test-concurrency=4', '--test-reporter=spec']
const { status } = spawnSync(process.execPath, [...options, ...files], { stdio: 'inherit' })
process.exitCode = status ?? 1
