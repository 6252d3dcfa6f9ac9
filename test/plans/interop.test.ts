import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { AWS_KEYS } from '../../src/plans/keys.ts'
import type { ProfileRequest } from '../../src/plans/profile-plan.ts'
import { Botocore, withoutBotocore } from '../profiles/botocore.ts'
import { readWithSdk } from '../profiles/javascript-sdk.ts'
import { DEFAULTS, parse, refusal } from './parse-profiles.ts'
import { SHARED_SYNTAX_CASES } from './plan-cases.ts'
import { anyText, randomFile } from './random-file.ts'

const SHARED_PROFILES = ['base', 'c']

/** The settings of a plan as they stand in the file, without those that were defaults. */
function settingsOf(plan: ProfileRequest): Record<string, string> {
  const { role, source, durationSeconds, roleSessionName } = plan
  const settings = {
    role_arn: role.arn,
    source_profile: source.kind === 'token' ? undefined : source.name,
    role_session_name: roleSessionName === DEFAULTS.roleSessionName ? undefined : roleSessionName,
    duration_seconds: durationSeconds === DEFAULTS.durationSeconds ? undefined : durationSeconds,
    external_id: plan.externalId,
    region: plan.region,
    output: plan.output,
  }
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([key, value]) => [key, String(value)]))
}

/** The same of what another reader found in the profile. */
function sharedSettings(found: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const settings = new Map<string, unknown>()
  for (const key of AWS_KEYS) if (Object.hasOwn(found, key)) settings.set(key, found[key])
  const duration = Number(settings.get('duration_seconds') ?? DEFAULTS.durationSeconds)
  settings.set('duration_seconds', String(duration))
  if (duration === DEFAULTS.durationSeconds) settings.delete('duration_seconds')
  return Object.fromEntries(settings)
}

describe('botocore and the JavaScript SDK read the same', { skip: withoutBotocore }, () => {
  const botocore = new Botocore()
  before(() => botocore.start())
  after(() => botocore.stop())

  async function assertReadAlike(text: string, plans: readonly ProfileRequest[]): Promise<void> {
    const read = await botocore.read('config', text)
    assert.ok(read, `botocore cannot read ${JSON.stringify(text)}`)
    const sdk = await readWithSdk('config', text)
    for (const plan of plans) {
      const { profile } = plan
      const expected = settingsOf(plan)
      assert.deepEqual(sharedSettings(read.profiles[profile]), expected, `botocore: ${profile}`)
      assert.deepEqual(sharedSettings(sdk[profile]), expected, `JavaScript: ${profile}`)
    }
    const roles = Object.keys(read.profiles).filter((name) => read.profiles[name]?.['role_arn'])
    assert.deepEqual(roles.sort(), plans.map(({ profile }) => profile).sort())
  }

  for (const { name, defaults, ...given } of SHARED_SYNTAX_CASES) {
    test(name, async () => {
      await assertReadAlike(given.text, await parse(given))
    })
  }

  test('whatever is accepted', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(randomFile, async (text) => {
        const given = { text, sharedProfiles: SHARED_PROFILES }
        // Variables are ours alone.
        fc.pre(!/\$|= NAME/.test(text))
        if (await refusal(given)) return
        accepted += 1
        await assertReadAlike(text, await parse(given))
      }),
      { numRuns: 3000 },
    )
    assert.ok(accepted > 300, `only ${accepted} files were accepted`)
  })
})

test('any text is either read or refused with line numbers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyText, randomFile), async (text) => {
      const error = await refusal({ text, sharedProfiles: SHARED_PROFILES })
      if (!error) return
      assert.equal(error.code, 'invalid-profiles-file')
      const [head = '', ...lines] = error.message.split('\n')
      assert.match(head, /^profiles\.ini has (a problem|\d+ problems):$/)
      for (const line of lines)
        assert.match(line, /^ {2}line \d+(, profile [\w@+.%:/-]+)?: \S.*\S$/)
    }),
    { numRuns: 3000 },
  )
})
