import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { OidcError } from '../../src/errors.ts'
import type { SectionEdit } from '../../src/profiles/section.ts'
import { editSection } from '../../src/profiles/section.ts'
import { Botocore, withoutBotocore } from './botocore.ts'
import { CONFIG_CASES } from './config-cases.ts'
import { CREDENTIALS_CASES } from './credentials-cases.ts'
import { MALFORMED_CASES } from './malformed-cases.ts'

const SECTION_CASES = [...CONFIG_CASES, ...CREDENTIALS_CASES]

const REGION: SectionEdit = {
  file: 'config',
  profile: 'dev',
  values: { region: 'eu-west-1' },
  remove: [],
}

describe('editSection', () => {
  for (const { name, before: text, after: expected, ...edit } of SECTION_CASES) {
    const whole = { ...REGION, ...edit }
    test(`${whole.file}: ${name}`, async () => {
      const result = await editSection(text, whole, 'file')
      assert.equal(result, expected)
      assert.equal(
        await editSection(result, whole, 'file'),
        expected,
        'a second edit changes nothing',
      )
    })
  }

  for (const { name, before: text, says, ...change } of MALFORMED_CASES) {
    test(`refuses ${name}`, async () => {
      await assert.rejects(
        () => editSection(text, { ...REGION, ...change }, '/home/me/.aws/config'),
        (error) => {
          assert.ok(error instanceof OidcError)
          assert.equal(error.code, 'file-malformed')
          assert.match(error.message, /^\/home\/me\/\.aws\/config, line /)
          assert.match(error.message, says)
          return true
        },
      )
    })
  }

  test('a malformed line is never repeated: it may be a secret', async () => {
    const secret = 'wJalrXUtnFEMI'
    await assert.rejects(
      () => editSection(`[profile dev]\n${secret}\n`, REGION, 'file'),
      (error) =>
        error instanceof OidcError &&
        !JSON.stringify(error).includes(secret) &&
        !error.message.includes(secret),
    )
  })

  const unwritable = ['', ' a', 'a ', 'a\nb', 'a\rb', 'a\0b', 'a\u2028b', 'a # b', '#a', 'x\t;y']
  for (const value of unwritable) {
    test(`refuses the value ${JSON.stringify(value)}`, async () => {
      const edit = { ...REGION, values: { output: value } }
      await assert.rejects(() => editSection('', edit, 'file'), {
        code: 'invalid-usage',
        message: /^The value for "output" cannot be written/,
      })
    })
  }

  for (const profile of [
    '',
    'a b',
    'a]',
    'a\n[b',
    '"a"',
    'ä',
    'DEFAULT',
    '__proto__',
    'constructor',
  ]) {
    test(`refuses the profile name ${JSON.stringify(profile)}`, async () => {
      await assert.rejects(() => editSection('', { ...REGION, profile }, 'file'), {
        code: 'invalid-profile-name',
      })
    })
  }
})

describe('botocore on the tables', { skip: withoutBotocore }, () => {
  const botocore = new Botocore()
  before(() => botocore.start())
  after(() => botocore.stop())

  test('reads our values in every result it could read before', async () => {
    let compared = 0
    for (const { before: text, after: result, ...edit } of SECTION_CASES) {
      const { file, profile, values } = { ...REGION, ...edit }
      if (Object.keys(values).length === 0 || !(await botocore.read(file, text))) continue
      const settings = (await botocore.read(file, result))?.profiles[profile]
      assert.deepEqual({ ...settings, ...values }, settings, edit.name)
      compared += 1
    }
    assert.ok(compared >= 40, `${compared}`)
  })

  const alsoMalformed = MALFORMED_CASES.filter(
    ({ name }) => !/NUL|beside the header|JavaScript|inherits/.test(name),
  )
  for (const { name, before: text } of alsoMalformed) {
    test(`refuses ${name} as well`, async () => {
      assert.equal(await botocore.read('config', text), undefined)
    })
  }
})
