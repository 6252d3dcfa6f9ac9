import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CODE_PAGES, codesOf, indexedPages } from '../../scripts/docs/indexes.ts'
import { COMPARISON_FINDINGS, FINDINGS } from '../../src/doctor/findings.ts'
import { docsLink, ERROR_EXIT_CODES } from '../../src/errors.ts'
import { AUDIT_FINDINGS, type AuditFindingKind, pageOf } from '../../src/trust/audit/findings.ts'
import { POLICY_FINDINGS } from '../../src/trust/check/findings.ts'
import { explanation } from './codes.ts'

/** Where the command's output sends the reader, by code. */
const printed = new Map([
  ...Object.keys(ERROR_EXIT_CODES).map((code) => [code, docsLink(code, 'doctor')] as const),
  ...Object.keys(FINDINGS).map((code) => [code, docsLink(code, 'doctor')] as const),
  ...[...Object.keys(COMPARISON_FINDINGS), ...Object.keys(POLICY_FINDINGS)].map(
    (code) => [code, docsLink(code, 'trust-policy')] as const,
  ),
  ...(Object.keys(AUDIT_FINDINGS) as AuditFindingKind[]).map(
    (code) => [code, docsLink(code, pageOf(code))] as const,
  ),
])

test('each error and finding has one heading, on the page to which its output leads', () => {
  const headings = CODE_PAGES.flatMap((page) => codesOf(page).map((code) => `${page}#${code}`))
  assert.deepEqual(headings.sort(), [...printed.values()].sort())
})

test('the headings of errors are in the order of src/errors.ts', () => {
  const codes = CODE_PAGES.flatMap(codesOf).filter((code) => code in ERROR_EXIT_CODES)
  assert.deepEqual(codes, Object.keys(ERROR_EXIT_CODES))
})

describe('an error tells its exit code and more', () => {
  for (const [code, exit] of Object.entries(ERROR_EXIT_CODES)) {
    test(code, () => {
      const text = explanation(code)
      assert.equal(/\((\d)\)/.exec(text)?.[1], String(exit))
      assert.ok(text.length > 150)
    })
  }
})

describe('a finding in a policy begins with how severe it is', () => {
  for (const [kind, { severity }] of Object.entries(POLICY_FINDINGS)) {
    // The other page of two: the same code is that of an error.
    if (kind in ERROR_EXIT_CODES) continue
    test(kind, () => {
      assert.equal(
        /^(?:## .*)?\s*(Broad|Broken|Fragile)\. /.exec(explanation(kind))?.[1]?.toLowerCase(),
        severity,
      )
    })
  }
})

describe('the index of codes is that of the headings', () => {
  for (const [path, text] of indexedPages()) {
    test(path, () => {
      assert.equal(readFileSync(path, 'utf8'), text, 'npm run docs rebuilds it')
    })
  }
})
