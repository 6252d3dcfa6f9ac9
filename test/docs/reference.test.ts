import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ERROR_EXIT_CODES, EXIT } from '../../src/errors.ts'
import { OPTIONS, type OptionSpec } from '../../src/options.ts'
import { readWorld } from '../../src/sandbox/aws/world.ts'
import { FAULT_NAMES, type FaultName, faultEffect } from '../../src/sandbox/fault.ts'
import { explanation } from './codes.ts'
import { pages } from './fences.ts'
import { codeSpans, section, tableRows } from './table.ts'

const readme = readFileSync('README.md', 'utf8')
const sandbox = readFileSync('docs/sandbox.md', 'utf8')

describe('options', () => {
  const rows = new Map(
    tableRows(readme).flatMap((row) => {
      const name = /^`--([a-z-]+)`$/.exec(row[0] ?? '')?.[1]
      return name === undefined ? [] : [[name, row] as const]
    }),
  )

  test('each is explained on some page', () => {
    const all = pages().map((page) => readFileSync(page, 'utf8'))
    const missing = Object.keys(OPTIONS).filter(
      (name) => !all.some((text) => new RegExp(`--${name}(?![\\w-])`).test(text)),
    )
    assert.deepEqual(missing, [])
  })

  test("the README's tables have no other", () => {
    assert.deepEqual(
      [...rows.keys()].filter((name) => !(name in OPTIONS)),
      [],
    )
  })

  for (const [name, row] of rows) {
    test(`--${name}: its default and choices`, () => {
      const spec: OptionSpec = OPTIONS[name as keyof typeof OPTIONS]
      if (spec.default !== undefined && spec.default !== '') {
        assert.ok(row[1]?.includes(`\`${spec.default}\``) || name === 'profile', row.join(' | '))
      }
      const named = codeSpans(row.join(' '))
      assert.deepEqual(
        (spec.choices ?? []).filter((choice) => !named.includes(choice)),
        [],
      )
    })
  }
})

test('the exit codes are those of src/errors.ts', () => {
  const codes = tableRows(section(readme, '## Exit codes')).map(([code]) => Number(code))
  assert.deepEqual(codes, Object.values(EXIT))
})

test('CONTRIBUTING.md has a line for each folder', () => {
  const named = tableRows(section(readFileSync('CONTRIBUTING.md', 'utf8'), '## Layout'))
  const folders = readdirSync('src', { withFileTypes: true }).filter((one) => one.isDirectory())
  const rows = named.map(([folder = '']) => codeSpans(folder)[0])
  assert.deepEqual(
    folders.map(({ name }) => `src/${name}/`).filter((name) => !rows.includes(name)),
    [],
  )
})

describe('docs/sandbox.md', () => {
  test('names every key of a world file', () => {
    const named = codeSpans(section(sandbox, '## World file'))
    const world = readWorld({})
    const [account] = world.accounts
    const objects = [world, world.job, account, account?.providers[0], account?.roles[0]]
    const keys = objects.flatMap((one) => Object.keys(one ?? {})).filter((key) => key !== 'id')
    assert.deepEqual(
      keys.filter((key) => !named.includes(key)),
      [],
    )
  })

  const rows = tableRows(section(sandbox, '## Faults'))
  test('lists the faults', () => {
    assert.deepEqual(
      rows.map(([fault = '']) => codeSpans(fault)[0]),
      FAULT_NAMES,
    )
  })

  const role = 'arn:aws:iam::111111111111:role/circleci-oidc'
  for (const [fault = '', , error = ''] of rows) {
    test(`${fault} ends with ${error}`, () => {
      const [name = ''] = codeSpans(fault)
      const job = ['circleci-aws-oidc', 'assume-role', '--role-arn', role, '--max-attempts', '1']
      const args = ['dist/circleci-aws-oidc.cjs', 'sandbox', '--fault', name, '--', ...job]
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      const code = /^Error ([a-z-]+):/m.exec(stderr)?.[1]
      const effect = faultEffect(name as FaultName)
      if (effect.kind === 'error') {
        assert.ok(explanation(code).includes(effect.code), 'to search for')
      }
      assert.equal(code, codeSpans(error)[0], stderr)
      assert.equal(
        status,
        code ? ERROR_EXIT_CODES[code as keyof typeof ERROR_EXIT_CODES] : EXIT.done,
      )
    })
  }
})
