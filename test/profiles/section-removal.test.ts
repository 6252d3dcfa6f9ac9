import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { OidcError } from '../../src/errors.ts'
import { parseIni } from '../../src/profiles/ini.ts'
import { CREDENTIAL_KEYS } from '../../src/profiles/profile.ts'
import { profileOf } from '../../src/profiles/profile-name.ts'
import { removeOurs } from '../../src/profiles/removal.ts'
import type { SectionEdit } from '../../src/profiles/section.ts'
import { editSection } from '../../src/profiles/section.ts'
import { editSections } from '../../src/profiles/sections.ts'
import { hostileFile } from '../files/hostile-file.ts'
import { Botocore, withoutBotocore } from './botocore.ts'
import { CONFIG_CASES } from './config-cases.ts'
import { CREDENTIALS_CASES } from './credentials-cases.ts'
import { LEFT, REMOVAL_CASES } from './removal-cases.ts'

describe('an edit undone', () => {
  for (const item of [...CONFIG_CASES, ...CREDENTIALS_CASES]) {
    const { name, before: text, after: edited, file = 'config', profile = 'dev' } = item
    test(`${file}: ${name}`, async () => {
      const left = LEFT[name] ?? text
      assert.equal(await removeOurs(edited, file, undefined, 'file'), left)
      assert.equal(await removeOurs(edited, file, ['other', profile], 'file'), left)
      assert.equal(await removeOurs(left, file, undefined, 'file'), left, 'once more')
    })
  }
})

describe('removeOurs', () => {
  for (const { name, text, left, profiles } of REMOVAL_CASES) {
    test(name, async () => {
      assert.equal(await removeOurs(text, 'config', profiles, 'file'), left)
    })
  }

  test('refuses a malformed file that has something of ours', async () => {
    const text = '[profile dev]\n# circleci-aws-oidc: wrote region\nregion = a\noops\n'
    await assert.rejects(() => removeOurs(text, 'config', undefined, '/home/me/.aws/config'), {
      code: 'file-malformed',
      message: '/home/me/.aws/config, line 4: it is neither a [section] nor a "key = value".',
    })
  })
})

for (const file of ['config', 'credentials'] as const) {
  test(`${file}: all at once is what one after the other from the last would give`, async () => {
    let changed = 0
    const names = ['default', 'dev', 'new.one', 'prod'] as const
    const profiles = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(hostileFile(file), profiles, async (text, ours) => {
        const edits = ours.map((profile): SectionEdit => {
          return { file, profile, values: VALUES[file][0], remove: CREDENTIAL_KEYS }
        })
        let edited: string
        try {
          edited = await editSections(text, edits, 'file')
        } catch (error) {
          assert.ok(error instanceof OidcError)
          return
        }
        const { sections } = await parseIni(edited, 'file')
        const found = sections.map(({ name }) => profileOf(name, file))
        fc.pre(new Set(found).size === found.length)
        let expected = edited
        for (const name of found.reverse())
          if (name !== undefined) expected = await removeOurs(expected, file, [name], 'file')
        assert.equal(await removeOurs(edited, file, undefined, 'file'), expected)
        if (expected !== edited) changed += 1
      }),
      { numRuns: 1500, maxSkipsPerRun: 50 },
    )
    assert.ok(changed > 200, `only ${changed} files changed`)
  })
}

const VALUES = {
  config: [
    { region: 'eu-west-1' },
    { region: 'us-gov-west-1', output: 'json' },
    { credential_process: `sh -c 'echo "$1" | x' -- a=b` },
    { role_arn: 'arn:aws:iam::1:role/r', web_identity_token_file: '/t', role_session_name: 'me' },
  ],
  credentials: [
    { aws_access_key_id: 'ASIAX', aws_secret_access_key: 'a/b+c=', aws_session_token: 'IQ==' },
  ],
} as const

describe('files that botocore can read', { skip: withoutBotocore }, () => {
  const botocore = new Botocore()
  before(() => botocore.start())
  after(() => botocore.stop())

  /** Whether the edit only adds: the profile has none of the keys yet. */
  async function onlyAdds(text: string, edit: SectionEdit): Promise<boolean> {
    const { file, profile, values, remove } = edit
    const keys = [...Object.keys(values), ...remove]
    const { sections } = await parseIni(text, 'file')
    const targets = sections.filter(({ name }) => profileOf(name, file) === profile)
    return !targets.some(({ options }) => options.some(({ key }) => keys.includes(key)))
  }

  for (const file of ['config', 'credentials'] as const) {
    test(`${file}: additions vanish without a trace, other sections never change`, async () => {
      let added = 0
      const edits = fc.uniqueArray(
        fc.record({
          profile: fc.constantFrom('default', 'dev', 'new.one', 'prod'),
          values: fc.constantFrom<Record<string, string>>(...VALUES[file]),
        }),
        { minLength: 1, maxLength: 3, selector: ({ profile }) => profile },
      )
      await fc.assert(
        fc.asyncProperty(hostileFile(file), edits, fc.boolean(), async (text, list, atOnce) => {
          const old = await botocore.read(file, text)
          fc.pre(old !== undefined)
          let edited = text
          let pure = true
          for (const { profile, values } of list) {
            const edit = { file, profile, values, remove: CREDENTIAL_KEYS, note: 'until 2026' }
            pure &&= await onlyAdds(text, edit)
            try {
              edited = await editSection(edited, edit, 'file')
            } catch (error) {
              assert.ok(error instanceof OidcError)
              fc.pre(false)
            }
          }
          const profiles: string[] = list.map(({ profile }) => profile)
          let left = edited
          for (const one of atOnce ? [undefined] : profiles)
            left = await removeOurs(left, file, one === undefined ? one : [one], 'file')
          if (pure) {
            added += 1
            // Lone CRs are line ends to Python alone; ours beside them do not come off exactly.
            const plain = (one: string) =>
              /\r(?!\n)/.test(text) ? one.replaceAll(/[\r\n]/g, '') : one
            assert.equal(plain(left), plain(text))
          }
          const now = await botocore.read(file, left)
          assert.ok(now && old)
          for (const [name, settings] of Object.entries(old.sections)) {
            if (profiles.includes(old.names[name] ?? '')) continue
            assert.deepEqual(now.sections[name], settings, `section ${name}`)
          }
        }),
        { numRuns: 800, maxSkipsPerRun: 50, includeErrorInReport: true },
      )
      assert.ok(added > 300, `only ${added} edits only added`)
    })
  }
})
