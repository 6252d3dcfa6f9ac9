import { readFileSync } from 'node:fs'
import { CODE_PAGES, codesOf } from '../../scripts/docs/indexes.ts'
import { section } from './table.ts'

/** What the pages say under the heading of an error or a finding. */
export function explanation(code: string | undefined): string {
  const page = CODE_PAGES.find((one) => code !== undefined && codesOf(one).includes(code))
  if (page === undefined) throw new Error(`No page has the heading "${code}"`)
  return section(readFileSync(page, 'utf8'), `## ${code}`)
}
