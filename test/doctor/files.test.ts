import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  checkFiles,
  contentFindings,
  readSharedFiles,
  type SharedFileFacts,
} from '../../src/doctor/files.ts'
import { OidcError } from '../../src/errors.ts'
import { parseIni } from '../../src/profiles/ini.ts'

const home = mkdtempSync(join(tmpdir(), 'doctor-files-'))
after(() => rmSync(home, { recursive: true, force: true }))

describe('what a line is to AWS tools', () => {
  const js = 'the SDK for JavaScript'
  const cases: [text: string, ...found: string[]][] = [
    ['[default]\nregion = a\ns3 =\n  max_queue_size = 10\nempty =\n'],
    ['[default]\nx = "a"b\ny = "a\nz = "\ncredential_process = "/a" "b"\n'],
    ['[default]\nx = "a"\ny = \'b\'\n', 'line 2, "x"', 'line 3, "y"'],
    ['[default]\nx: "a"\n', 'line 2: only the AWS CLI reads ":" between key and value'],
    ['[profile a]\n[profile a]\n', 'line 2: [profile a] is on line 1 already'],
    ['[default]\na = 1\na = 2\n', 'line 3: "a" is on line 2 already'],
    ['[default]\ns3 =\n  what\n', 'line 3: it is not a "key = value" line of the block below "s3"'],
    ['[profile __proto__]\n', 'line 1: the name "profile __proto__" is not allowed here'],
    [
      '[profile a]\n[profile "a"]\n',
      'line 2: the profile a is on line 1 already, under another header',
    ],
    ['[default]\n[profile default]\n', ''],
    ['[DEFAULT]\na = 1\n', 'line 1: the AWS CLI copies [DEFAULT] into every profile'],
    ['[dev]\n', 'line 1: [dev]'],
    ['[profile dev] x\n', 'line 1: only the AWS CLI reads the header [profile dev]'],
    ['[profile  dev]\n', 'line 1: only the AWS CLI reads the header [profile  dev]'],
    [
      '[default]\nRegion = a\n',
      'line 2: only the AWS CLI reads "Region", which has capital letters',
    ],
    [
      '[default]\na = b # c\n',
      `line 2: "#" or ";" after "a" begins a comment for ${js}, and is part of the value for the AWS CLI`,
    ],
    [
      '[default]\na = b\n  [c]\n',
      'line 2: the indented line below "a" is part of its value for the AWS CLI only',
      `line 3: ${js} treats this indented line as a section header`,
    ],
    [
      '[default]\ra = b\r',
      'line 1: only the AWS CLI treats a lone carriage return as the end of a line',
    ],
    ['[default]\n\x85a = b\n', `line 2: the AWS CLI and ${js} read "a" differently here`],
    [
      '[default]\nwJalrXUtnFEMI/K7MDENG: x\n',
      'line 2: only the AWS CLI reads the key (not shown), which has capital letters',
    ],
  ]
  for (const [text, ...found] of cases) {
    test(JSON.stringify(text), async () => {
      const findings = await contentFindings(await parseIni(text, 'FILE'), 'config', 'FILE')
      const said = findings.map(({ what }) => what.replace(/^.*?FILE(, )?|\.$/g, ''))
      assert.deepEqual(said, found)
    })
  }

  test('a hundred of them at most', async () => {
    const text = `[default]\n${Array.from({ length: 101 }, (_, index) => `K${index} = 1\n`).join('')}`
    assert.equal((await contentFindings(await parseIni(text, ''), 'config', '')).length, 100)
  })

  test('what keeps all of the file from being read is an error, and says why', async () => {
    const cases: [text: string, why: RegExp, next: RegExp][] = [
      ['[default]\n[default]\n', /botocore tools read nothing .* twice\.$/, /^Keep one of the two/],
      ['[default]\na = 1\na = 2\n', /twice\.$/, /^Keep one/],
      ['[default]\ns3 =\n  what\n', /botocore tools read nothing .* line\.$/, /key = value\.$/],
      ['[profile __proto__]\n', /SDK for JavaScript reads nothing/, /^Rename it/],
    ]
    for (const [text, why, next] of cases) {
      const [found] = await contentFindings(await parseIni(text, ''), 'config', '')
      assert.deepEqual([found?.id, found?.level, found?.exit], ['file-malformed', 'error', 6])
      assert.match(found?.evidence ?? '', why)
      assert.match(found?.fix ?? '', next)
    }
  })
})

describe('the shared files on the disk', () => {
  const FACTS: SharedFileFacts = {
    ...{ file: 'credentials', path: 'FILE', exists: true, mode: 0o100600, ownedByOther: false },
    ...{ content: { lines: [], sections: [] }, error: undefined },
  }
  const said = async (facts: Partial<SharedFileFacts>) =>
    (await checkFiles([{ ...FACTS, ...facts }], {})).map(({ level, what }) => `${level} ${what}`)
  const mode = (text: string) =>
    `warning Other users can access the credentials: FILE has mode ${text}.`
  const content = (text: string) => parseIni(text, 'FILE')

  test('how many sections there are', async () => {
    assert.deepEqual(await said({ exists: false }), ['ok FILE does not exist yet'])
    const count = async (text: string) => said({ content: await content(text) })
    assert.deepEqual(await count(''), ['ok FILE: 0 sections, readable by all AWS tools'])
    assert.deepEqual(await count('[a]\n'), ['ok FILE: 1 section, readable by all AWS tools'])
    assert.deepEqual(await count('[a]\n[b]\n'), ['ok FILE: 2 sections, readable by all AWS tools'])
  })

  test('who else may read the credentials, or write the configuration', async () => {
    for (const open of [0o640, 0o604, 0o610, 0o601, 0o620, 0o602]) {
      assert.deepEqual(await said({ mode: 0o100000 + open }), [mode(open.toString(8))])
    }
    const ofConfig = (open: number) => said({ file: 'config', mode: 0o100000 + open })
    const [fine] = await said({})
    assert.deepEqual(await ofConfig(0o664), [fine])
    assert.deepEqual(await ofConfig(0o666), [mode('666')])
    assert.deepEqual(await said({ mode: undefined }), [fine])
  })

  test('all that is wrong with one, and the other', async () => {
    const error = new OidcError('file-unreadable', { what: 'No.' })
    const found = await checkFiles(
      [
        { ...FACTS, error, content: undefined, mode: 0o100644, ownedByOther: true },
        {
          ...FACTS,
          content: await content('[default]\nx = "y"\ncredential_process = none-such\n'),
        },
        FACTS,
      ],
      {},
    )
    assert.deepEqual(
      found.map(({ id }) => id),
      ['file-unreadable', 'file-mode', 'file-owner', 'quoted-value', 'process-cannot-run', 'files'],
    )
  })

  test('what is read', async () => {
    const path = (name: string) => resolve(home, name)
    writeFileSync(path('config'), '[profile a]\nregion = b\n')
    chmodSync(path('config'), 0o640)
    mkdirSync(path('directory'))
    symlinkSync('nowhere', path('dangling'))
    const read = async (config: string, credentials: string) =>
      readSharedFiles({
        AWS_CONFIG_FILE: path(config),
        AWS_SHARED_CREDENTIALS_FILE: path(credentials),
      })
    const [config, missing] = await read('config', 'none')
    assert.deepEqual(
      [config?.file, config?.path, config?.exists, config?.ownedByOther, config?.error],
      ['config', path('config'), true, false, undefined],
    )
    assert.equal((config?.mode ?? 0) & 0o777, 0o640)
    assert.deepEqual(config?.content?.sections[0]?.name, 'profile a')
    assert.deepEqual(missing, {
      ...{ file: 'credentials', path: path('none'), exists: false, mode: undefined },
      ...{ ownedByOther: false, content: { lines: [], sections: [] }, error: undefined },
    })
    const [directory, below] = await read('directory', 'config/below')
    assert.deepEqual([directory?.exists, directory?.mode], [true, undefined])
    assert.match(directory?.error?.message ?? '', /directory can't be read: it is a directory/)
    assert.equal(directory?.content, undefined)
    assert.deepEqual([below?.exists, below?.error?.code], [false, 'file-unreadable'])
    const [dangling, none] = await read('dangling', '/dev/null')
    assert.deepEqual([dangling?.exists, none?.exists, none?.mode], [false, true, undefined])
    assert.deepEqual(none?.content?.sections, [])
  })
})
