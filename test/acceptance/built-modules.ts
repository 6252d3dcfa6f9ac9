import { readFileSync } from 'node:fs'
import { register } from 'node:module'
import { CODE_PAGES } from '../../scripts/docs/indexes.ts'

// Lets this process load what only a build has.

const BUILT = {
  'launcher-text': '',
  'code-pages': CODE_PAGES.map((page) => readFileSync(page, 'utf8')).join('\n'),
}
const moduleUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`
const urls = Object.entries(BUILT).map(([name, text]) => [
  name,
  moduleUrl(`export default ${JSON.stringify(text)}`),
])
register(
  moduleUrl(`const urls = new Map(${JSON.stringify(urls)})
export const resolve = (name, context, next) =>
  urls.has(name) ? { url: urls.get(name), shortCircuit: true } : next(name, context)`),
)
