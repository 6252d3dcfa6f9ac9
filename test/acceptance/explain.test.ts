import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CODE_PAGES, codesOf } from '../../scripts/docs/indexes.ts'
import { Job } from './job.ts'

const page = CODE_PAGES.map((path) => readFileSync(path, 'utf8')).join('\n')
const codes = CODE_PAGES.flatMap(codesOf)

describe('explain', () => {
  test('prints what the page says of an error, up to the next heading', async (t) => {
    const { stdout, stderr } = await new Job(t).done(['explain', 'token-expired'])
    assert.equal(stderr, '')
    assert.ok(stdout.startsWith('## token-expired\n\n'))
    assert.ok(page.includes(stdout.trimEnd()))
    assert.doesNotMatch(stdout.slice(1), /\n#/)
    assert.match(stdout, /ExpiredTokenException/)
  })

  test('of the first and the last heading', async (t) => {
    const job = new Job(t)
    for (const code of [codes[0] ?? '', codes.at(-1) ?? '']) {
      const { stdout } = await job.done(['explain', code])
      assert.match(stdout, new RegExp(`^## ${code}\n\n\\S`))
      const said = stdout.trimEnd().replace(/ \((docs\/|explain |https:)[^)]*\)/g, '')
      assert.ok(page.replace(/\]\([^)]*\)|\[/g, '').includes(said))
    }
  })

  test('links: the code that explains them, the page in docs, the address', async (t) => {
    const job = new Job(t)
    const says = {
      'access-denied': [
        'token-version-refused (explain token-version-refused)',
        '(docs/doctor.md)',
      ],
      'invalid-duration': ['see request-rejected (explain request-rejected).'],
      'file-malformed': ['(docs/findings/trust-policy.md#trust-policies-that-iam-does-not-accept)'],
      'token-expires-soon': ['token-expired (explain token-expired).'],
      'nothing-exported': ['later steps see (docs/later-steps.md#when-nothing-is-exported).'],
      'unowned-subject': ['chooses (https://docs.github.com/actions/reference/security/oidc#'],
    }
    for (const [code, parts] of Object.entries(says)) {
      const { stdout } = await job.done(['explain', code])
      assert.doesNotMatch(stdout, /\]\(/)
      for (const part of parts) assert.ok(stdout.includes(part), `${part}\n${stdout}`)
    }
  })

  test('a code that is mistyped, or no option', async (t) => {
    const job = new Job(t)
    await job.fails(
      ['explain', 'acess-denied'],
      'invalid-usage',
      /Likely: "access-denied" was meant\./,
    )
    await job.fails(['explain', 'access-denied', 'more'], 'invalid-usage', /more/)
    await job.fails(
      ['explain', 'constructor'],
      'invalid-usage',
      /no error or finding "constructor"/,
    )
  })

  test('without a code: every code', async (t) => {
    const { stdout } = await new Job(t).done(['explain'])
    assert.match(stdout, /^Errors: usage and input\n {2}internal-error invalid-usage /)
    for (const code of codes) assert.match(stdout, new RegExp(` ${code}\\s`))
  })

  test('what the last line of an error names is there', async (t) => {
    const job = new Job(t)
    const { stderr } = await job.fails(['assume-role'], 'invalid-usage', /--role-arn/)
    const [, ...words] = stderr.trimEnd().split('\n').at(-1)?.trim().split(/\s+/) ?? []
    assert.deepEqual(words.slice(0, 2), ['npx', 'circleci-aws-oidc'])
    const { stdout } = await job.done(words.slice(2))
    assert.match(stdout, /^## invalid-usage\n/)
  })
})
