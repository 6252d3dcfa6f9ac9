import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Accepts, differences } from '../../src/profiles/differences.ts'
import { parseIni } from '../../src/profiles/ini.ts'
import type { SharedFile } from '../../src/profiles/profile-name.ts'

interface Case {
  readonly text: string
  readonly file?: SharedFile
  /** `line kind detail`, and the line of the other one. */
  readonly found: readonly string[]
}

const THRICE = ['3 key-twice a 2', '4 key-twice A 2', '4 capitals A']
const CASES: readonly Case[] = [
  { text: '[default]\nregion = a\n\n[profile dev]\nregion = b#c\n', found: [] },
  { text: '[dev]\naws_access_key_id = x\n', file: 'credentials', found: [] },
  { text: '[sso-session x]\nsso_region = a\n[services y]\n[plugins]\n', found: [] },
  { text: '[profile dev]\rregion = a\r', found: ['1 carriage-return '] },
  { text: '[dev]\n', found: ['1 no-profile dev'] },
  { text: '[my profile x]\n', file: 'credentials', found: [] },
  {
    text: '[my sso-session x]\n[pluginsx]\n[xpreview]\n[plugins]\n',
    found: ['1 no-profile my sso-session x', '2 no-profile pluginsx', '3 no-profile xpreview'],
  },
  {
    text: '[plugins]\n[services x]\n',
    file: 'credentials',
    found: ['2 unseen-header services x'],
  },
  { text: '[somehow]\na = 1\n  b = 2\n', found: ['1 no-profile somehow', '2 continuation a'] },
  { text: '[profile dev]\n', file: 'credentials', found: ['1 no-profile profile dev'] },
  { text: '[DEFAULT]\na = 1\n', found: ['1 default-section DEFAULT', '2 inherited a'] },
  { text: '[profile dev] x\n', found: ['1 hidden-header profile dev'] },
  { text: '[profile  dev]\n', found: ['1 unseen-header profile  dev'] },
  { text: '[default]\n[profile default]\n', found: ['2 profile-twice default 1'] },
  {
    text: '[profile a]\n[profile a]\n[profile a]\n',
    found: ['2 section-twice profile a 1', '3 section-twice profile a 1'],
  },
  { text: '[default]\na = 1\na = 2\nA=3\n', found: THRICE },
  { text: '[default]\nRegion: a\n', found: ['2 capitals Region'] },
  { text: '[default]\nregion: a\n', found: ['2 colon region'] },
  { text: '[default]\nregion =\n', found: ['2 empty region'] },
  { text: '[default]\nregion = a # b\n', found: ['2 comment region'] },
  { text: '[default]\nregion = ;a\n', found: ['2 comment region'] },
  { text: '[default]\nregion = a\n  b\n', found: ['2 continuation region'] },
  { text: '[default]\ns3 =\n  a = b\n', found: ['2 block s3'] },
  { text: '[default]\ns3 =\n  what\n', found: ['2 block s3', '3 block-line s3'] },
  { text: '[default]\ns3 =\n  [c]\n', found: ['2 block s3', '3 block-line s3'] },
  { text: '[default]\ns3 =\n  a = b\v  \v c = d\n', found: ['2 block s3'] },
  { text: '[default]\ns3 =\n  a = b\v c\n', found: ['2 block s3', '3 block-line s3'] },
  { text: '[default]\ns3 =\n  V\n', found: ['2 block s3', '3 block-line s3'] },
  {
    text: '[DEFAULT]\n[DEFAULT]\n',
    found: ['1 default-section DEFAULT', '2 default-section DEFAULT'],
  },
  { text: '[profile __proto__]\n', found: ['1 reserved-name profile __proto__'] },
  { text: '[dev]\n[toString]\n', file: 'credentials', found: ['2 reserved-name toString'] },
  { text: '[default]\na = b\n  [c]\n', found: ['2 continuation a', '3 indented-header a'] },
  { text: '[default]\n\x85region = a\n', found: ['2 other-value region'] },
]

describe('what botocore and the SDK for JavaScript read differently', () => {
  for (const { text, file = 'config', found } of CASES) {
    test(`${file}: ${JSON.stringify(text)}`, async () => {
      const all = await differences(await parseIni(text, ''), file)
      const lines = all.map(({ line, kind, detail, first }) =>
        [line, kind, detail, ...(first === undefined ? [] : [first])].join(' '),
      )
      assert.deepEqual(lines, found)
    })
  }

  test('forms that the caller accepts give way to what else there is', async () => {
    const text = '[default]\npolicy = a # b\n  c\nregion: d\n'
    const content = await parseIni(text, '')
    const found = async (...accepted: string[]) => {
      const accepts: Accepts = (form, key) => accepted.includes(`${form} ${key}`)
      const all = await differences(content, 'config', undefined, accepts)
      return all.map(({ kind }) => kind)
    }
    assert.deepEqual(await found(), ['continuation', 'colon'])
    assert.deepEqual(await found('continuation policy'), ['comment', 'colon'])
    assert.deepEqual(await found('continuation policy', 'comment policy', 'colon region'), [
      ...['other-value', 'other-value'],
    ])
  })
})
