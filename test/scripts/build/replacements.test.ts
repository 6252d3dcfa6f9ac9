import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from 'esbuild'
import { replacements } from '../../../scripts/build/replacements.ts'

function bundle(contents: string, provided: Readonly<Record<string, string>>) {
  return build({
    stdin: { contents },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    logLevel: 'silent',
    write: false,
    plugins: [replacements(provided, {})],
  })
}

const SLOW = { slow: 'export const speed = 1', 'slow/more': 'export const more = 2' }

test('what is replaced is what is bundled', async () => {
  const { outputFiles } = await bundle(
    "import { speed } from 'slow'\nimport { more } from 'slow/more'\nconsole.log(speed, more)",
    SLOW,
  )
  assert.match(outputFiles[0]?.text ?? '', /speed = 1;[\s\S]*more = 2;/)
})

test('a replacement that nothing loads ends the build', async () => {
  await assert.rejects(bundle("import { speed } from 'slow'\nconsole.log(speed)", SLOW), {
    message: /error: Nothing loads slow\/more, which is replaced$/,
  })
})
