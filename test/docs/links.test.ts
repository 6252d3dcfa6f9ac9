import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { pages } from './fences.ts'

const PAGES = [...pages(), 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md']

/** As GitHub makes them from headings. */
function anchors(page: string): string[] {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('links lead somewhere', () => {
  for (const page of PAGES) {
    test(page, () => {
      const prose = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```$/gm, '')
      const broken = [...prose.matchAll(/\]\(([^)]*)\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^https?:/.test(link))
        .filter((link) => {
          const [path = '', anchor] = link.split('#')
          const target = path === '' ? page : join(dirname(page), path)
          if (!existsSync(target)) return true
          return anchor !== undefined && !anchors(target).includes(anchor)
        })
      assert.deepEqual(broken, [])
    })
  }
})

test('links lead from the README to every page', () => {
  const reached = new Set<string>()
  const follow = (page: string) => {
    if (reached.has(page)) return
    reached.add(page)
    for (const [, link = ''] of readFileSync(page, 'utf8').matchAll(/\]\(([^)#]+\.md)/g)) {
      if (!/^https?:/.test(link)) follow(join(dirname(page), link))
    }
  }
  follow('README.md')
  assert.deepEqual(
    pages().filter((page) => !reached.has(page)),
    [],
  )
})

test('npm run scripts that pages name exist', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const page of PAGES) {
    for (const [, name = ''] of readFileSync(page, 'utf8').matchAll(/npm run ([a-z:-]+)/g)) {
      assert.ok(name in scripts, `${page}: npm run ${name}`)
    }
  }
})
