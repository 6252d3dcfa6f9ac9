import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMMANDS } from '../../src/command-table.ts'
import { OidcError } from '../../src/errors.ts'
import { helpOn } from '../../src/help/pages.ts'

const PAGES = fileURLToPath(new URL('../acceptance/help', import.meta.url))
const page = (name: string, width: number) =>
  readFileSync(`${PAGES}/${width}/${name}.txt`, 'utf8').trimEnd()

describe('the page that a command line asks for', () => {
  const names = Object.keys(COMMANDS).map((name) => [name.split(' '), name.replace(' ', '-')])
  for (const [words = [], name] of [[[], 'overview'], [['trust'], 'trust'], ...names] as const) {
    test(`${name}`, async () => {
      for (const width of [80, 120]) {
        assert.equal(await helpOn(['help', ...words], width), page(`${name}`, width))
      }
    })
  }

  const same: [args: readonly string[], name: string][] = [
    [[], 'overview'],
    [['-h'], 'overview'],
    [['--help', '--debug'], 'overview'],
    [['trust', '--help'], 'trust'],
    [['-h', 'trust', 'check'], 'trust-check'],
    [['trust', 'help', 'check'], 'trust-check'],
    [['whoami', 'help'], 'whoami'],
  ]
  for (const [args, name] of same) {
    test(`${args.join(' ')}: ${name}`, async () => {
      assert.equal(await helpOn(args, 80), page(name, 80))
    })
  }
})

describe('no page', () => {
  const names = Object.keys(COMMANDS)
  const ofTrust = names.filter((name) => name.startsWith('trust '))
  const cases: [args: string[], what: string, likely: string | undefined, choice?: string[]][] = [
    [['whoam'], 'There is no command "whoam".', '"whoami" was meant.'],
    [['zzzzzzzz'], 'There is no command "zzzzzzzz".', undefined],
    [['help', 'whoam'], 'There is no command "whoam".', '"whoami" was meant.'],
    [['help', 'zzzzzzzz', 'trust'], 'There is no command "zzzzzzzz".', undefined],
    [['trust'], '"trust" is not a complete command.', undefined, ofTrust],
    [['trust', 'chek'], '"trust" is not a complete command.', undefined, ofTrust],
    [['trust', 'chek', 'help'], '"trust" is not a complete command.', undefined, ofTrust],
    [['zzzzzzzz', 'trust', '--help'], 'There is no command "zzzzzzzz".', undefined],
  ]
  for (const [args, what, likely, choice = names] of cases) {
    test(args.join(' '), () => {
      assert.throws(
        () => void helpOn(args, 80),
        (error: unknown) => {
          assert.ok(error instanceof OidcError)
          assert.deepEqual(
            [error.code, error.message, error.likely],
            ['invalid-usage', what, likely],
          )
          const next = `Choose one of: ${choice.join(', ')}. Options follow the command.`
          assert.equal(error.next, next)
          return true
        },
      )
    })
  }
})
