import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stringify } from 'yaml'
import { embed, LONGEST_STEP } from '../../scripts/embed.ts'
import { compileWithOrb, jobOf } from './config.ts'
import { bundle, stepScripts, version } from './packed-orb.ts'

const role = { 'role-arn': 'arn:aws:iam::123456789012:role/deploy' }

describe('sizes', () => {
  test('no step is longer than Linux takes', () => {
    for (const { name, command } of jobOf({ 'aws-oidc/assume-role': role }).steps) {
      const bytes = Buffer.byteLength(command)
      assert.ok(bytes <= LONGEST_STEP, `${name}: ${bytes} bytes, at most ${LONGEST_STEP}`)
    }
  })

  test('30 jobs compile to less than the 8 MB CircleCI takes', () => {
    const names = Array.from({ length: 30 }, (_, index) => `job-${index}`)
    const job = { docker: [{ image: 'cimg/node:lts' }], steps: [{ 'aws-oidc/assume-role': role }] }
    const jobs = compileWithOrb({ jobs: Object.fromEntries(names.map((name) => [name, job])) })
    assert.equal(jobs.length, 30)
    assert.ok(Buffer.byteLength(stringify(jobs)) < 8e6)
  })
})

describe('what is embedded', () => {
  const install = stepScripts['install.sh'] ?? ''

  test('is the same each time', () => {
    assert.deepEqual(embed(bundle, version, 'orb'), stepScripts)
  })

  test('leaves no mark unfilled', () => {
    for (const text of Object.values(stepScripts)) assert.doesNotMatch(text, /@[A-Z]+@/)
  })

  test('holds no << in what is packed, and no quote in what stands between quotes', () => {
    const [, payload = ''] = /^printf '%s' '([^']*)' \| /m.exec(install) ?? []
    assert.match(payload, /^[A-Za-z0-9+/]+=*$/)
    assert.match(
      install,
      /^printf '%s' '[^']*' \| "\$node" -e '[^']*' "\$root\/versions\/\$release" \w+ \|\|/m,
    )
    for (const text of Object.values(stepScripts)) assert.ok(!text.includes('<<'))
  })
})
