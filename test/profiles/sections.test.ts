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
function outcome(edited: () => string): string | { readonly code: string } {
  try {
    return edited()
  } catch (error) {
    assert.ok(error instanceof OidcError, String(error))
    return { code: error.code }
  }
}

for (const file of ['config', 'credentials'] as const satisfies readonly SharedFile[]) {
  test(`${file}: many edits give what one after the other would`, () => {
    let edited = 0
    const edit = fc.record({
      profile: fc.constantFrom('default', 'dev', 'new.one', 'prod', 'a', 'b', 'profile.x', 'x'),
      values: fc.constantFrom<Record<string, string>>(...VALUES[file]),
      remove: fc.constantFrom<readonly string[]>(CREDENTIAL_KEYS, [], ['region', 's3']),
    })
    const size = { minLength: 2, maxLength: 8 }
    const lists = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.uniqueArray(edit, { ...size, selector: ({ profile }) => profile }),
      },
      { weight: 1, arbitrary: fc.array(edit, size) },
    )
    fc.assert(
      fc.property(hostileFile(file), lists, (text, list) => {
        const edits = list.map((one): SectionEdit => ({ file, ...one, note: 'until 2026' }))
        const expected = outcome(() =>
          edits.reduce((rest, one) => editSection(rest, one, 'file'), text),
        )
        assert.deepEqual(
          outcome(() => editSections(text, edits, 'file')),
          expected,
        )
        if (typeof expected === 'string') edited += 1
      }),
      { numRuns: 3000 },
    )
    assert.ok(edited > 1500, `only ${edited} files were edited`)
  })
}
