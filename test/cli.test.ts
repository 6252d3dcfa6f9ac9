import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readFlags } from '../src/cli.ts'
import { readFlagsStrictly } from '../src/help.ts'
import type { OptionName } from '../src/options.ts'

const OPTIONS = ['role-arn', 'policy-arns', 'duration-seconds', 'format', 'debug'] as const

const COMMAND = {
  summary: 'A command',
  usage: 'command',
  example: 'command',
  options: OPTIONS as readonly OptionName[],
  load: () => Promise.reject(new Error('not to be run')),
}

const PLAIN: [args: string[], flags: Record<string, unknown>][] = [
  [[], {}],
  [['--role-arn', 'a'], { 'role-arn': 'a' }],
  [['--role-arn=a=b'], { 'role-arn': 'a=b' }],
  [['--debug', '--format', 'json'], { debug: true, format: 'json' }],
  [['--policy-arns', 'a', '--policy-arns', 'b,c'], { 'policy-arns': ['a', 'b,c'] }],
]
for (const [args, flags] of PLAIN) {
  test(`${JSON.stringify(args)} is read without yargs`, () => {
    assert.deepEqual(readFlags(OPTIONS, args), flags)
  })
}

for (const args of [
  ['--help'],
  ['-h'],
  ['x'],
  ['--role-arn'],
  ['--role-arn', '--debug'],
  ['--x=1'],
]) {
  test(`${JSON.stringify(args)} is left to yargs`, () => {
    assert.equal(readFlags(OPTIONS, args), undefined)
  })
}

test('what is read without yargs, yargs reads alike', () => {
  const word = fc.oneof(
    fc.constantFrom(...OPTIONS.map((name) => `--${name}`), '--debug', '--policy-arns=x', '-d'),
    fc.stringMatching(/^[\w:/., =]{1,9}$/),
  )
  let compared = 0
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      const flags = readFlags(OPTIONS, args)
      if (!flags) return
      compared += 1
      const strictly = Object.entries(readFlagsStrictly(COMMAND, args))
      const known = strictly.filter(([name]) => OPTIONS.some((own) => own === name))
      assert.deepEqual(flags, Object.fromEntries(known))
    }),
    { numRuns: 400 },
  )
  assert.ok(compared > 30, `${compared} compared`)
})
