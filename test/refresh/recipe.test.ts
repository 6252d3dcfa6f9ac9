import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readRecipe } from '../../src/refresh/recipe.ts'

const RECIPE = {
  plan: {
    profile: 'dev',
    role: {
      arn: 'arn:aws:iam::111111111111:role/circleci-oidc',
      partition: 'aws',
      accountId: '111111111111',
      path: '/',
      name: 'circleci-oidc',
    },
    roleSessionName: 'website-42',
    durationSeconds: 3600,
    policyArns: [],
    source: { kind: 'token' },
    sessionTags: [],
    transitiveTagKeys: [],
    endpoint: {
      region: 'us-east-1',
      url: 'http://127.0.0.1:1/',
      useFips: false,
      useDualstack: false,
    },
    allowedAccountIds: [],
  },
  token: { 'token-source': 'auto', 'token-version': 'v2' },
  maxAttempts: 3,
  timeoutSeconds: 60,
}

function recipePath(t: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'recipe-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'recipe.json')
  writeFileSync(path, text)
  return path
}

test('a recipe is current until its bytes change or it is gone', (t) => {
  const path = recipePath(t, JSON.stringify(RECIPE))
  const { recipe, isCurrent } = readRecipe(path, 'dev')
  assert.deepEqual(recipe.plan.endpoint.url, new URL('http://127.0.0.1:1/'))
  assert.equal(isCurrent(), true)
  writeFileSync(path, JSON.stringify({ ...RECIPE, maxAttempts: 4 }))
  assert.equal(isCurrent(), false)
  rmSync(path)
  assert.equal(isCurrent(), false)
})

const { plan, ...withoutPlan } = RECIPE

const MALFORMED: [value: unknown, why: RegExp][] = [
  [{ ...RECIPE, token: { 'token-source': 'toString' } }, /token\.token-source is missing/],
  [{ ...RECIPE, timeoutSeconds: 99_999_999 }, /timeoutSeconds is missing/],
  [undefined, /not JSON/],
  [null, /plan\.profile is missing/],
  [{}, /plan\.profile is missing/],
  [withoutPlan, /plan\.profile is missing/],
  [{ ...RECIPE, plan: { ...plan, role: 'arn:aws:iam::1' } }, /plan\.role\.arn is missing/],
  [{ ...RECIPE, plan: { ...plan, policyArns: undefined } }, /plan\.policyArns is missing/],
  [{ ...RECIPE, plan: { ...plan, source: { kind: 'profile' } } }, /plan\.source\.name is missing/],
  [{ ...RECIPE, plan: { ...plan, endpoint: {} } }, /plan\.endpoint\.region is missing/],
  [
    { ...RECIPE, plan: { ...plan, endpoint: { ...plan.endpoint, url: 'nowhere' } } },
    /plan\.endpoint\.url/,
  ],
  [{ ...RECIPE, token: undefined }, /token\.token-source is missing/],
  [{ ...RECIPE, timeoutSeconds: '60' }, /timeoutSeconds is missing or not valid/],
  ...['3600', 0, -900, 900.5, null].map((durationSeconds): [unknown, RegExp] => [
    { ...RECIPE, plan: { ...plan, durationSeconds } },
    /plan\.durationSeconds is missing or not valid/,
  ]),
  [
    { ...RECIPE, plan: { ...plan, allowedAccountIds: 'none' } },
    /plan\.allowedAccountIds is missing or not valid/,
  ],
]

for (const [value, why] of MALFORMED) {
  test(`file-malformed: ${why.source}, ${JSON.stringify(value)?.length}`, (t) => {
    const path = recipePath(t, JSON.stringify(value) ?? '{"plan":')
    assert.throws(() => readRecipe(path, 'dev'), {
      code: 'file-malformed',
      why,
      next: 'Run assume-role with --credentials refresh again.',
    })
  })
}
