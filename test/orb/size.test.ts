import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stringify } from 'yaml'
import { embed, LONGEST_STEP } from '../../scripts/embed.ts'
import { compileWithOrb, jobOf } from './config.ts'
import { embedded, stepScripts } from './packed-orb.ts'

const role = { 'role-arn': 'arn:aws:iam::123456789012:role/deploy' }

/** The steps of one use as they stand in a compiled config. */
const textOf = (values: object, command = 'assume-role') =>
  stringify(
    jobOf({ [`aws-oidc/${command}`]: { ...role, ...values } }).steps.map(
      ({ name, command, environment }) => ({ run: { name, command, environment } }),
    ),
  )

describe('sizes', () => {
  for (const helper of ['embedded', 'npm', 'installed']) {
    test(`${helper}: no step is longer than Linux takes`, () => {
      for (const command of ['assume-role', 'doctor']) {
        for (const step of jobOf({ [`aws-oidc/${command}`]: { ...role, helper } }).steps) {
          const bytes = Buffer.byteLength(step.command)
          assert.ok(bytes <= LONGEST_STEP, `${step.name}: ${bytes} bytes, at most ${LONGEST_STEP}`)
        }
      }
    })
  }

  for (const [helper, most] of [
    ['embedded', 110_000],
    ['npm', 8000],
    ['installed', 8000],
  ] as const) {
    test(`${helper}: a use of assume-role has at most ${most} bytes`, () => {
      const bytes = Buffer.byteLength(textOf({ helper }))
      assert.ok(bytes <= most, `${bytes} bytes`)
    })
  }

  test('npm: no command line of 8,000 characters, which Windows might not take', () => {
    for (const command of ['assume-role', 'doctor', 'install']) {
      const values = command === 'install' ? {} : role
      for (const step of jobOf({ [`aws-oidc/${command}`]: { ...values, helper: 'npm' } }).steps) {
        assert.ok(step.command.length < 8000, `${command}: ${step.command.length}`)
      }
    }
  })

  for (const [helper, count] of [
    ['embedded', 72],
    ['npm', 200],
    ['npm', 800],
  ] as const) {
    test(`${count} jobs with ${helper} compile to less than the 8 MB CircleCI takes`, () => {
      const names = Array.from({ length: count }, (_, index) => `job-${index}`)
      const steps = [{ 'aws-oidc/assume-role': { ...role, helper } }]
      const job = { docker: [{ image: 'cimg/node:lts' }], steps }
      const jobs = compileWithOrb({ jobs: Object.fromEntries(names.map((name) => [name, job])) })
      assert.equal(jobs.length, count)
      assert.ok(Buffer.byteLength(stringify(jobs)) < 8e6)
    })
  }
})

describe('what is embedded', () => {
  const install = stepScripts['install.sh'] ?? ''

  test('is the same each time', () => {
    assert.deepEqual(embed(embedded, 'orb'), stepScripts)
  })

  const payload = (text: string) => /^printf '%s' '([^']*)'$/m.exec(text)?.[1] ?? ''

  test('leaves no mark unfilled', () => {
    for (const text of Object.values(stepScripts)) {
      assert.doesNotMatch(text.replace(payload(text), ''), /@[A-Z0-9_]+@/)
    }
  })

  test('holds no << in what is packed, and nothing in quotes that ends or escapes them', () => {
    for (const text of Object.values(stepScripts)) assert.ok(!text.includes('<<'))
    for (const name of ['install.sh', 'install-doctor.sh']) {
      assert.match(payload(stepScripts[name] ?? ''), /^[^\s'\\<]{10000,}$/)
    }
    assert.match(install, /\| "\$node" -e '[^']*' "\$directory" "\$@" 2>&1\)$/m)
  })
})
