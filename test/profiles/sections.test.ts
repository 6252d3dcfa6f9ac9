import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OidcError } from '../../src/errors.ts'
import { CREDENTIAL_KEYS } from '../../src/profiles/profile.ts'
import type { SharedFile } from '../../src/profiles/profile-name.ts'
import { editSection, type SectionEdit } from '../../src/profiles/section.ts'
import { editSections } from '../../src/profiles/sections.ts'
import { hostileFile } from '../files/hostile-file.ts'

const VALUES = {
  config: [
    { region: 'eu-west-1' },
    { region: 'us-gov-west-1', output: 'json' },
    { credential_process: `sh -c 'echo "$1" | x' -- a=b` },
    {},
  ],
  credentials: [
    { aws_access_key_id: 'ASIAX', aws_secret_access_key: 'a/b+c=', aws_session_token: 'IQ==' },
    {},
  ],
} as const

/** The text, or the code of the error instead: its line may be one of a text edited half. */
async function outcome(edited: Promise<string>): Promise<string | { readonly code: string }> {
  try {
    return await edited
  } catch (error) {
    assert.ok(error instanceof OidcError, String(error))
    return { code: error.code }
  }
}

async function oneByOne(text: string, edits: readonly SectionEdit[]): Promise<string> {
  let edited = text
  for (const edit of edits) edited = await editSection(edited, edit, 'file')
  return edited
}

for (const file of ['config', 'credentials'] as const satisfies readonly SharedFile[]) {
  test(`${file}: many edits give what one after the other would`, async () => {
    let edited = 0
    const edit = fc.record({
      profile: fc.constantFrom('default', 'dev', 'new.one', 'prod', 'a', 'b', 'profile.x', 'x'),
      values: fc.constantFrom<Record<string, string>>(...VALUES[file]),
      remove: fc.constantFrom<readonly string[]>(CREDENTIAL_KEYS, [], ['region', 's3']),
    })
    const size = { minLength: 1, maxLength: 8 }
    const lists = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.uniqueArray(edit, { ...size, selector: ({ profile }) => profile }),
      },
      { weight: 1, arbitrary: fc.array(edit, size) },
    )
    await fc.assert(
      fc.asyncProperty(hostileFile(file), lists, async (text, list) => {
        const edits = list.map((one): SectionEdit => ({ file, ...one, note: 'until 2026' }))
        const expected = await outcome(oneByOne(text, edits))
        assert.deepEqual(await outcome(editSections(text, edits, 'file')), expected)
        if (typeof expected === 'string') edited += 1
      }),
      { numRuns: 3000 },
    )
    assert.ok(edited > 1500, `only ${edited} files were edited`)
  })
}

/** Files with what tells one way of editing from the other: ends, indentation, twins, comments, headers. */
const TEXTS: Readonly<Record<SharedFile, readonly string[]>> = {
  config: [
    '',
    '\n',
    '# mine',
    '[default]\nregion = us-east-1\n',
    '[default]\nregion = us-east-1',
    '[profile dev]\r\noutput = text\r\ns3 =\r\n  a = b\r\n[profile prod]\r\n',
    '[profile a]\nregion = x\n\n# between\n[profile b]\naws_access_key_id = AKIA\n',
    '[default]\n[profile default]\nregion = x\n[profile dev]\n',
    '[profile x]\nregion = a\n[profile "x"]\noutput = b\n',
    '[profile dev]\n  [profile prod]\nregion = a\n',
    '[profile dev]\nkey = a\n  [profile prod]\n',
    '[dev]\nregion = a\n[profile dev] # mine\n',
    '[profile dev]\rregion = a\n',
    'nonsense\n[profile dev]\n',
    '[DEFAULT]\nregion = a\n[profile dev]\n',
    '[profile dev]\nregion = a\nregion = b\n',
    '[profile dev]\nregion = a\n  [profile prod]\nregion = b\n',
    '[profile dev]\nkey = a\n  [profile prod]\nregion = b\n',
    '[default]\nx = 1\r[profile dev]\nregion = a\n',
    '[profile dev]\n  s3 =\n    a = b\n  region = x\n[profile prod]\n',
    '[profile dev]\noutput = json\n  region = x\n[profile prod]\n',
    '[profile.dev]\nregion = a\n[profile prod]\n',
    '[profile prod]\n[default]\n[profile dev]',
    '[profile.dev]\nregion = a\n[profile dev]\nregion = b\n[profile prod]\n',
  ],
  credentials: [
    '',
    '[default]\naws_access_key_id = AKIA\naws_secret_access_key = x',
    '[dev]\naws_session_token = a\n  b\n[prod]\n',
    '[profile.x]\n[x]\naws_access_key_id = A',
    '[profile x]\n[x]\r\n',
    '[profile x]\naws_session_token = a\n[x]\n',
    '[dev',
  ],
}
const LISTS = [
  ['dev'],
  ['new.one'],
  ['dev', 'prod'],
  ['default', 'new.one', 'dev', 'a'],
  ['new.one', 'other'],
  ['dev', 'dev'],
  ['x', 'profile.x', 'b'],
  ['dev', 'dev', 'prod'],
  ['x', 'a', 'x', 'b'],
  ['prod', 'a', 'dev'],
]

for (const file of ['config', 'credentials'] as const) {
  for (const text of TEXTS[file]) {
    test(`${file}, ${JSON.stringify(text)}: at once as one after the other`, async () => {
      for (const [at, profiles] of LISTS.entries()) {
        for (const remove of [CREDENTIAL_KEYS, ['region']]) {
          const edits = profiles.map((profile, index): SectionEdit => {
            const values: Record<string, string> =
              VALUES[file][(at + index) % VALUES[file].length] ?? {}
            return { file, profile, values, remove, note: 'until 2026' }
          })
          for (const list of [
            edits,
            edits.map((one) => ({ ...one, ownKeys: 'refused' as const })),
          ]) {
            assert.deepEqual(
              await outcome(editSections(text, list, 'file')),
              await outcome(oneByOne(text, list)),
            )
          }
        }
      }
    })
  }
}

test('edits of both kinds of files are made one after the other', async () => {
  const config: SectionEdit = {
    file: 'config',
    profile: 'dev',
    values: { region: 'x-y-1' },
    remove: [],
  }
  const list = [config, { ...config, file: 'credentials' as const, values: { output: 'json' } }]
  for (const text of ['', '[dev]\n[profile dev]\n']) {
    assert.equal(await editSections(text, list, 'file'), await oneByOne(text, list))
  }
})
