import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse, problemLines, ROLE, refusal } from './parse-profiles.ts'
import { SHARED_SYNTAX_CASES, VARIABLE_CASES } from './plan-cases.ts'
import { KEY_PROBLEMS, SOURCE_PROBLEMS, VALUE_PROBLEMS } from './problem-cases.ts'
import { SYNTAX_PROBLEMS } from './syntax-problem-cases.ts'

describe('a profiles file that is valid', () => {
  for (const { name, plans, ...given } of [...SHARED_SYNTAX_CASES, ...VARIABLE_CASES]) {
    test(name, async () => {
      assert.deepEqual(await parse(given), plans)
    })
  }

  test('a policy from a file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'policy-'))
    try {
      const path = join(directory, 'policy.json')
      const statement = { Effect: 'Deny', Action: 'iam:*', Resource: '*' }
      await writeFile(path, `${JSON.stringify({ Statement: statement }, null, 2)}\n`)
      const text = `[default]\nrole_arn = ${ROLE}\npolicy = file://${path}\n`
      const [plan] = await parse({ text })
      assert.equal(plan?.policy, JSON.stringify({ Statement: statement }))
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('a long chain and many profiles', async () => {
    const sections = Array.from({ length: 2000 }, (_, index) =>
      [`[profile p${index}]`, `role_arn = ${ROLE}`, `source_profile = p${index + 1}`].join('\n'),
    )
    const text = `${sections.join('\n')}\n[profile p2000]\nrole_arn = ${ROLE}\n`
    const plans = await parse({ text })
    assert.deepEqual(
      plans.map(({ profile }) => profile),
      Array.from({ length: 2001 }, (_, index) => `p${2000 - index}`),
    )
  })
})

describe('a profiles file that is refused says', () => {
  const cases = [...SYNTAX_PROBLEMS, ...KEY_PROBLEMS, ...SOURCE_PROBLEMS, ...VALUE_PROBLEMS]
  for (const { name, problems, ...given } of cases) {
    test(name, async () => {
      const error = await refusal(given)
      assert.ok(error, 'it was accepted')
      assert.equal(error.code, 'invalid-profiles-file')
      assert.equal(error.exitCode, 2)
      const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
      const lines = problemLines(error)
      const begins = lines.map((line, index) => line.slice(0, problems[index]?.length))
      assert.deepEqual(begins, problems, lines.join('\n'))
      assert.ok(error.message.startsWith(`profiles.ini has ${count}:\n`), error.message)
    })
  }

  test('no value of a line that was not understood: it may be a secret', async () => {
    const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY'
    const text = `[default]\naws_secret_access_key = ${secret}\n${secret} = x\nexternal_id = ${secret}!\nrole_arn = ${secret}\n[${secret}\n`
    for (const given of [text, text.replace(`[${secret}\n`, '')]) {
      const error = await refusal({ text: given })
      assert.ok(error && !error.message.includes(secret), error?.message)
    }
  })

  test('no control characters', async () => {
    const error = await refusal({
      text: '[profile \x1b[31m]\n[\x9b31m]\nrole_session_name = \x1b]0;\x07\n',
    })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    assert.ok(error && !/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(error.message))
  })
})
