import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { OidcError } from '../../src/errors.ts'
import { CREDENTIAL_KEYS } from '../../src/profiles/profile.ts'
import type { SharedFile } from '../../src/profiles/profile-name.ts'
import type { SectionEdit } from '../../src/profiles/section.ts'
import { editSection } from '../../src/profiles/section.ts'
import { hostileFile } from '../files/hostile-file.ts'
import {
  Botocore,
  type BotocoreReading,
  type Settings,
  withoutBotocore,
} from '../profiles/botocore.ts'
import { readWithSdk } from '../profiles/javascript-sdk.ts'
import { seed, size } from './size.ts'

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

const pick = (settings: Settings | undefined, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(settings ?? {}).filter(([key]) => keys.includes(key)))
const omit = (settings: Settings | undefined, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(settings ?? {}).filter(([key]) => !keys.includes(key)))

const numRuns = size(400, 5_000)

describe('files that botocore can read', { skip: withoutBotocore }, () => {
  const botocore = new Botocore()
  before(() => botocore.start())
  after(() => botocore.stop())

  async function readable(file: SharedFile, text: string): Promise<BotocoreReading> {
    const reading = await botocore.read(file, text)
    assert.ok(reading, `botocore cannot read ${JSON.stringify(text)}`)
    return reading
  }

  /** Two readings that differ, or one of these, is what a refusal needs. */
  const HEADER_WITH_TEXT = /^\s*\[[^\]]*\][ \t]+[^#; \t\r\n]/m
  const LONE_CR = /\r(?![\r\n]|$)/

  /** A refusal is right only where the two SDKs read the profile differently to begin with. */
  async function isRefusalDue(text: string, edit: SectionEdit, old: BotocoreReading) {
    const keys = [...Object.keys(edit.values), ...edit.remove]
    const sdk = pick((await readWithSdk(edit.file, text))[edit.profile], keys)
    const differs = !isDeepStrictEqual(sdk, pick(old.profiles[edit.profile], keys))
    const indented = keys.some((key) => new RegExp(`^\\s+${key}\\s*=`, 'm').test(text))
    return differs || indented || HEADER_WITH_TEXT.test(text) || LONE_CR.test(text)
  }

  for (const file of ['config', 'credentials'] as const) {
    test(`${file}: both SDKs read our values, botocore the same ones everywhere else`, async () => {
      let edited = 0
      let refused = 0
      const edits = fc.record({
        profile: fc.constantFrom('default', 'dev', 'dev', 'new.one'),
        values: fc.constantFrom<Record<string, string>>(...VALUES[file]),
      })
      await fc.assert(
        fc.asyncProperty(hostileFile(file), edits, async (text, { profile, values }) => {
          const old = await botocore.read(file, text)
          fc.pre(old !== undefined)
          if (!old) return
          const edit = {
            file,
            profile,
            values,
            remove: CREDENTIAL_KEYS,
            note: 'credentials expire 2026',
          }
          const gone = CREDENTIAL_KEYS.filter((key) => !(key in values))
          // What botocore adds to every section of the file, so also to a new one.
          const probed = await botocore.read(file, `${text}\n[probe]\n`)
          fc.pre(probed !== undefined)
          const defaults = probed?.sections['probe'] ?? {}
          let result: string
          try {
            result = await editSection(text, edit, 'file')
          } catch (error) {
            assert.ok(error instanceof OidcError && error.code === 'file-malformed', String(error))
            const inherits = gone.some((key) => key in defaults)
            assert.ok(inherits || (await isRefusalDue(text, edit, old)), 'refused without cause')
            refused += 1
            return
          }
          edited += 1
          const again = await editSection(result, edit, 'file')
          assert.equal(again, result, 'a second edit changes nothing')

          const now = await readable(file, result)
          for (const [name, settings] of Object.entries(old.sections)) {
            const isOurs = old.names[name] === profile
            const expected: Settings = isOurs ? { ...omit(settings, gone), ...values } : settings
            assert.deepEqual(now.sections[name], expected, `section ${name}`)
          }
          const written = Object.keys(values).length > 0
          const isNew = written && !(profile in old.profiles)
          const own = isNew ? { ...defaults, ...values } : now.profiles[profile]
          assert.deepEqual(now.profiles[profile], own)
          assert.deepEqual(pick(now.profiles[profile], Object.keys(values)), values)
          assert.deepEqual(omit(now.profiles, [profile]), omit(old.profiles, [profile]))

          const sdk = (await readWithSdk(file, result))[profile]
          assert.deepEqual(pick(sdk, [...Object.keys(values), ...gone]), values)
        }),
        { numRuns, seed, maxSkipsPerRun: 50, includeErrorInReport: true },
      )
      assert.ok(edited > numRuns * 0.6, `only ${edited} files were edited, ${refused} refused`)
    })
  }
})

describe('files with what makes a reader give them up', { skip: withoutBotocore }, () => {
  const botocore = new Botocore()
  before(() => botocore.start())
  after(() => botocore.stop())

  /** Whether the SDK for JavaScript finds anything in the file; it takes one it can't read for empty. */
  async function sdkReads(file: SharedFile, text: string): Promise<boolean> {
    const header = file === 'config' ? '[profile probe]' : '[probe]'
    const read = await readWithSdk(file, `${header}\na = b\n${text}`)
    return read['probe'] !== undefined
  }

  for (const file of ['config', 'credentials'] as const) {
    test(`${file}: what is written both read; what is refused one of them can't`, async () => {
      const counts = { edited: 0, unreadable: 0 }
      const values = fc.constantFrom<Record<string, string>>(...VALUES[file])
      await fc.assert(
        fc.asyncProperty(hostileFile(file, 'fatal'), values, async (text, chosen) => {
          const edit = { file, profile: 'new.one', values: chosen, remove: CREDENTIAL_KEYS }
          const [own] = await Promise.all([botocore.read(file, `${text}\n[probe]\n`)])
          const isReadable = own !== undefined && (await sdkReads(file, text))
          // The SDK for JavaScript sets what is in these on JavaScript's own functions.
          const isHarmful = /\[(constructor|toString)\]/.test(text)
          let result: string
          try {
            result = await editSection(text, edit, 'file')
          } catch (error) {
            assert.ok(error instanceof OidcError && error.code === 'file-malformed', String(error))
            const line = Number(/^file, line (\d+): /.exec(error.message)?.[1])
            assert.ok(line >= 1 && line <= text.split(/\r\n|\n|\r/).length, error.message)
            const inherits = CREDENTIAL_KEYS.some((key) => key in (own?.sections['probe'] ?? {}))
            assert.ok(
              !isReadable || inherits || isHarmful,
              `refused without cause: ${error.message}`,
            )
            if (!isReadable) counts.unreadable += 1
            return
          }
          assert.ok(await botocore.read(file, result), `botocore can't read what we wrote`)
          assert.ok(await sdkReads(file, result), "the SDK can't read what we wrote")
          counts.edited += 1
        }),
        { numRuns, seed, includeErrorInReport: true },
      )
      assert.ok(counts.edited > numRuns / 10, JSON.stringify(counts))
      assert.ok(counts.unreadable > numRuns / 10, JSON.stringify(counts))
    })
  }
})
