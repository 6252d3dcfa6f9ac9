import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { COMMANDS, type Command } from '../../src/command-table.ts'
import { ERROR_EXIT_CODES, EXIT } from '../../src/errors.ts'
import { OPTIONS, type OptionSpec } from '../../src/options.ts'
import { readWorld } from '../../src/sandbox/aws/world.ts'
import { FAULT_NAMES, type FaultName, faultEffect } from '../../src/sandbox/fault.ts'
import { explanation } from './codes.ts'
import { codeSpans, section, tableRows } from './table.ts'

const sandbox = readFileSync('docs/sandbox.md', 'utf8')

describe('options', () => {
  const PAGES = ['docs/options.md', 'docs/trust-options.md'] as const
  const rows = PAGES.flatMap((page) =>
    tableRows(readFileSync(page, 'utf8')).flatMap((cells) => {
      const at = cells.findIndex((cell) => /^`--[a-z-]+`$/.test(cell))
      const name = cells[at]?.slice(3, -1) ?? ''
      return at < 0 ? [] : [{ page, name, cells: cells.slice(at) }]
    }),
  )
  /** Of commands to which the name means something else, which their own description says. */
  const own = Object.values<Command>(COMMANDS).flatMap(({ descriptions = {} }) =>
    Object.keys(descriptions),
  )

  test('each stands on one page, and no other does', () => {
    const places = Object.keys(OPTIONS).map((name) => {
      const pages = new Set(rows.filter((row) => row.name === name).map(({ page }) => page))
      return [name, own.includes(name) ? Math.min(pages.size, 1) : pages.size] as const
    })
    assert.deepEqual(
      places.filter(([, count]) => count !== 1),
      [],
    )
    assert.deepEqual(
      rows.map(({ name }) => name).filter((name) => !(name in OPTIONS)),
      [],
    )
  })

  for (const { page, name, cells } of rows) {
    test(`${page}: --${name}: its default and choices`, () => {
      const spec: OptionSpec = OPTIONS[name as keyof typeof OPTIONS]
      if (spec.default !== undefined && spec.default !== '') {
        const shown = cells[1]?.replaceAll('`', '').split(/[ ,]/)
        assert.ok(shown?.includes(String(spec.default)), cells.join(' | '))
      }
      const named = codeSpans(cells.join(' '))
      assert.deepEqual(
        (spec.choices ?? []).filter((choice) => !named.includes(choice)),
        [],
      )
    })
  }
})

test('the exit codes are those of src/errors.ts', () => {
  const codes = tableRows(section(readFileSync('docs/stability.md', 'utf8'), '## Exit codes')).map(
    ([code]) => Number(code),
  )
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
  test('names every key of a world file, on its page', () => {
    const named = codeSpans(readFileSync('docs/sandbox-world.md', 'utf8'))
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
