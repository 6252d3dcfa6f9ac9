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

const withoutUrl = { ...plan.endpoint, url: undefined }

const VALID: [name: string, value: object][] = [
  ['of the endpoint that AWS gives the region', { plan: { ...plan, endpoint: withoutUrl } }],
  ['without a number of attempts', { maxAttempts: undefined }],
  ['with an hour to try', { timeoutSeconds: 3600 }],
  ['of a role of another profile', { plan: { ...plan, source: { kind: 'profile', name: 'a' } } }],
  ['of a profile with keys', { plan: { ...plan, source: { kind: 'shared-profile', name: 'a' } } }],
  ['of a token file', { token: { 'token-source': 'file', 'token-file': '/t', audience: 'a' } }],
]

for (const [name, value] of VALID) {
  test(`a recipe ${name}`, (t) => {
    const text = JSON.stringify({ ...RECIPE, ...value })
    const { recipe } = readRecipe(recipePath(t, text), 'dev')
    assert.deepEqual(JSON.parse(JSON.stringify(recipe)), JSON.parse(text))
  })
}

test('without a recipe, the error names the path and the variables that decide it', (t) => {
  const path = join(recipePath(t, ''), '..', 'missing.json')
  assert.throws(() => readRecipe(path, 'dev'), {
    code: 'credentials-not-found',
    message: /"dev"/,
    why: `${path} can't be read: no such file or directory (ENOENT). HOME, XDG_DATA_HOME and AWS_CONFIG_FILE determine this path.`,
  })
})

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
  ...[5, null, ''].map((url): [unknown, RegExp] => [
    { ...RECIPE, plan: { ...plan, endpoint: { ...plan.endpoint, url } } },
    /plan\.endpoint\.url is missing/,
  ]),
  ...(['useFips', 'useDualstack'] as const).map((flag): [unknown, RegExp] => [
    { ...RECIPE, plan: { ...plan, endpoint: { ...plan.endpoint, [flag]: 'yes' } } },
    new RegExp(`plan\\.endpoint\\.${flag} is missing`),
  ]),
  [{ ...RECIPE, plan: { ...plan, source: { kind: 'role' } } }, /plan\.source\.kind is missing/],
  [{ ...RECIPE, plan: { ...plan, allowedAccountIds: [1] } }, /plan\.allowedAccountIds is missing/],
  ...['token-env', 'token-file', 'audience'].map((name): [unknown, RegExp] => [
    { ...RECIPE, token: { ...RECIPE.token, [name]: 1 } },
    new RegExp(`token\\.${name} is missing`),
  ]),
  ...['3', 0, 1.5].map((maxAttempts): [unknown, RegExp] => [
    { ...RECIPE, maxAttempts },
    /maxAttempts is missing/,
  ]),
  [{ ...RECIPE, timeoutSeconds: 3601 }, /timeoutSeconds is missing/],
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

for (const [index, [value, why]] of MALFORMED.entries()) {
  test(`file-malformed ${index}: ${why.source}`, (t) => {
    const path = recipePath(t, JSON.stringify(value) ?? '{"plan":')
    assert.throws(() => readRecipe(path, 'dev'), {
      code: 'file-malformed',
      why,
      next: 'Run assume-role with --credentials refresh again.',
    })
  })
}
