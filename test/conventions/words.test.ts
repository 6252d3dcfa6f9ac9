import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { transformSync } from 'esbuild'
import { sourceFiles } from './source-files.ts'

/** Wording that readers stumbled over, and what is written in its place. */
const STRUCK: readonly (readonly [wording: RegExp, better: string])[] = [
  [/\badmit(s|ted|ting)?\b/i, "allow, which is AWS's word"],
  [/\bwhom the role\b/i, 'trusted entity, which is AWS\'s word; "No trusted entity given"'],
  [/\breally (verif|check|enforce)/i, "that enforces AWS's rules"],
  [/\b(that|which) (is|are) known here\b/i, 'supported: "No supported CI detected"'],
  [/\bgets? in the way\b/i, 'overrides the profile'],
  [/\btells? more of\b/i, 'shows details'],
  [/\b(unless|if not) told otherwise\b/i, 'by default'],
  [/\bin its own text\b/i, 'embedded in the orb'],
  [/(?<!there |where )\bis none\b(?! of)/i, 'is invalid, or is not one'],
  [/\bdo(es)? not all (read|see|take)\b/i, 'parse or read differently'],
  [/\b(of|with) one's own\b/i, 'self-hosted'],
  [/\bhangs? on\b/i, 'depends on'],
  [/\bthe token was stdin\b/i, 'stdin was already consumed'],
  [/\bexcludes? each other\b/i, 'cannot be combined'],
  [/\b(has|have) no meaning\b/i, 'does not apply'],
  [/\b(is|are) of no use\b/i, 'cannot be used, or does not work'],
  [/\b(may be|is) meant\.?['`]/i, 'you probably mean'],
  [/\b(goes?|each other) in a circle\b/i, 'form a loop'],
  [/\bwins? over\b/i, 'overrides'],
  [/\bmeaning of its own\b/i, 'another meaning, or special'],
  [/\b[Bb]lanks?\b(?! lines?)/, 'a space'],
]

interface Text {
  readonly where: string
  readonly text: string
}

/** The source without its comments and types: what remains of English in it is mostly what the program says. */
function code(): Text[] {
  return sourceFiles('src').flatMap(({ path, text }) => {
    const { code } = transformSync(text, { loader: 'ts', legalComments: 'none', charset: 'utf8' })
    return code.split('\n').map((line) => ({ where: path, text: line.trim() }))
  })
}

/** Pages, and the orb as its registry shows it; a page's own comments are not shown. */
function pages(): Text[] {
  const inFolder = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(md|yml)$/.test(name))
      .map((name) => join(folder, name))
  const paths = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'CONTRIBUTING.md', 'package.json']
  const all = [...paths, ...['docs', 'orb'].flatMap(inFolder)]
  return all.flatMap((path) =>
    readFileSync(path, 'utf8')
      .replace(/<!--[\s\S]*?-->|`<!--.*?-->`/g, (comment) => comment.replace(/[^\n]/g, ''))
      .split(/\n(?=\n|[-|#])/)
      .map((text) => ({ where: path, text: text.replace(/\s+/g, ' ') })),
  )
}

describe('no text has', () => {
  const texts = [...code(), ...pages()]
  assert.ok(texts.length > 3000, `${texts.length} texts were found`)
  for (const [wording, better] of STRUCK) {
    test(`${wording.source}: better ${better}`, () => {
      const found = texts.filter(({ text }) => wording.test(text))
      assert.deepEqual(
        found.map(({ where, text }) => `${where}: ${text.slice(0, 200)}`),
        [],
      )
    })
  }
})
