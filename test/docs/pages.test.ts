import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CODE_PAGES } from '../../scripts/docs/indexes.ts'
import { COMMANDS } from '../../src/command-table.ts'
import { pages, readFences } from './fences.ts'

const words = (text: string): number => text.split(/\s+/).filter((word) => /\w/.test(word)).length

/** What is read of a page: neither its blocks nor its comments. */
function prose(page: string): string {
  const text = readFileSync(page, 'utf8').replace(/<!--[\s\S]*?-->/g, '')
  return text.replace(/^( *)(`{3,})[\s\S]*?^\1\2$/gm, '')
}

describe('length', () => {
  test('the README has fewer than 1,000 words, blocks included', () => {
    const count = words(readFileSync('README.md', 'utf8'))
    assert.ok(count < 1000, `${count} words`)
  })

  // Pages of codes are looked up, not read.
  for (const page of pages()) {
    const limit = (CODE_PAGES as readonly string[]).includes(page) ? 1300 : 900
    test(`${page} is read in three minutes: at most ${limit} words`, () => {
      const count = words(prose(page))
      assert.ok(count <= limit, `${count} words`)
    })
  }
})

test('each command has its heading on one page', () => {
  const headings = pages().flatMap((page) =>
    [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading),
  )
  const counts = Object.keys(COMMANDS).map((name) => {
    const own = headings.filter((heading) => heading === name || heading.startsWith(`${name}: `))
    return [name, own.length] as const
  })
  assert.deepEqual(
    counts.filter(([, count]) => count !== 1),
    [],
  )
})

describe('commands are written in one way', () => {
  const blocks = pages()
    .flatMap(readFences)
    .filter(({ language }) => ['sh', 'bash', 'yaml', 'groovy'].includes(language))

  test('with npx, but in the sandbox, which has the bare name on PATH', () => {
    const bare = blocks
      .filter(({ text }) => !/circleci-aws-oidc sandbox /.test(text))
      .flatMap(({ page, line, text }) =>
        text
          .split('\n')
          .filter((one) => /(?<!npx |[\w./@:-])circleci-aws-oidc [a-z-]/.test(one))
          .map((one) => `${page}:${line}: ${one}`),
      )
    assert.deepEqual(bare, [])
  })

  test('whoami, not the AWS CLI, says who the job is', () => {
    // There the AWS CLI reads what whoami does not, shows what AWS tools see, or belongs to a tool compared with.
    const exceptions = ['docs/migration.md', 'docs/exec.md', 'docs/later-steps.md']
    const asked = blocks.filter(
      ({ page, text }) =>
        !exceptions.includes(page) && text.includes('aws sts get-caller-identity'),
    )
    assert.deepEqual(
      asked.map(({ page, line }) => `${page}:${line}`),
      [],
    )
  })
})
