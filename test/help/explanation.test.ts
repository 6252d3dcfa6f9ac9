import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CODE_PAGES, codesOf } from '../../scripts/docs/indexes.ts'
import { OidcError } from '../../src/errors.ts'
import '../acceptance/built-modules.ts'

// Not before a module that only a build has can be loaded.
const load = () => import('../../src/help/explanation.ts')

const pages = CODE_PAGES.map((path) => readFileSync(path, 'utf8')).join('\n')

test('every code has its section, up to the next heading', async () => {
  const { explainedCodes, explanation } = await load()
  const codes = CODE_PAGES.flatMap(codesOf)
  assert.deepEqual(explainedCodes().toSorted(), codes.toSorted())
  const plain = pages.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
  for (const code of codes) {
    const text = explanation(code)
    assert.match(text, new RegExp(`^## ${code}\n\n\\S`))
    assert.doesNotMatch(text.slice(1), /\n#|\]\(|\n$/)
    const said = text.replace(/ \((?:explain [a-z0-9-]+|docs\/[^ )]*|https:[^ )]*)\)/g, '')
    const at = plain.indexOf(said)
    assert.ok(at >= 0, text)
    assert.match(plain.slice(at + said.length), /^\n*(#|$)/, 'all of it')
  }
})

test('a link says where it leads: to a code, to a page, to a site', async () => {
  const { explanation } = await load()
  const cases: [code: string, link: string][] = [
    ['access-denied', 'token-version-refused (explain token-version-refused)'],
    ['access-denied', '(docs/doctor.md)'],
    ['file-malformed', '(docs/findings/trust-policy.md#trust-policies-that-iam-does-not-accept)'],
    ['nothing-exported', '(docs/later-steps.md#when-nothing-is-exported)'],
    ['unowned-subject', '(https://docs.github.com/actions/reference/security/oidc#'],
  ]
  for (const [code, link] of cases) assert.ok(explanation(code).includes(link), explanation(code))
})

test('without a code, all of them under the title of their page', async () => {
  const { explanation } = await load()
  const parts = explanation(undefined).split('\n\n')
  const expected = CODE_PAGES.map((path) => {
    const [title = ''] = readFileSync(path, 'utf8').split('\n')
    return [title.replace('# ', ''), ...codesOf(path)]
  })
  assert.deepEqual(
    parts.map((part) => {
      const [title, ...lines] = part.split('\n')
      for (const line of lines) assert.match(line, /^ {2}\S.{0,75}$/)
      return [title, ...lines.flatMap((line) => line.trim().split(' '))]
    }),
    expected,
  )
})

test('a code that there is not', async () => {
  const { explanation } = await load()
  const cases: [code: string, likely: string | undefined, next: string][] = [
    [
      'acess-denied',
      '"access-denied" was meant.',
      'Run npx circleci-aws-oidc explain access-denied.',
    ],
    ['zzzzzzzz', undefined, 'Run npx circleci-aws-oidc explain for a list.'],
  ]
  for (const [code, likely, next] of cases) {
    assert.throws(
      () => explanation(code),
      (error: unknown) => {
        assert.ok(error instanceof OidcError)
        const what = `There is no error or finding "${code}".`
        assert.deepEqual([error.message, error.likely, error.next], [what, likely, next])
        return true
      },
    )
  }
})
