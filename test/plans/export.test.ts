import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportFile, planExport, whyNotExported } from '../../src/plans/export.ts'
import type { ProfilePlan } from '../../src/plans/profile-plan.ts'

type Options = Parameters<typeof planExport>[1]

const options = (change: Partial<Options> = {}): Options => ({
  export: 'profile',
  'export-file': undefined,
  profile: undefined,
  ...change,
})
const plans = (...profiles: string[]) =>
  profiles.map((profile) => ({ profile, region: undefined }) as ProfilePlan)
const BASH = { BASH_ENV: '/tmp/bash-env' }
const bash = { kind: 'bash-env', path: '/tmp/bash-env' } as const

// BASH_ENV: https://circleci.com/docs/guides/security/env-vars/; GITHUB_ENV: docs.github.com, "Workflow commands".
test('the file that tells later steps', () => {
  const github = { GITHUB_ACTIONS: 'true', GITHUB_ENV: '/tmp/github-env', ...BASH }
  assert.deepEqual(exportFile({ 'export-file': 'x.env' }, github), {
    kind: 'dotenv',
    path: 'x.env',
  })
  assert.deepEqual(exportFile({ 'export-file': undefined }, github), {
    kind: 'github-env',
    path: '/tmp/github-env',
  })
  assert.deepEqual(exportFile({ 'export-file': undefined }, { ...github, GITHUB_ENV: '' }), bash)
  assert.deepEqual(exportFile({ 'export-file': undefined }, { ...BASH, GITHUB_ENV: '/x' }), bash)
  assert.equal(exportFile({ 'export-file': undefined }, { BASH_ENV: '' }), undefined)
})

test('the profile that later steps get', () => {
  const chosen = (profiles: string[], profile?: string) =>
    planExport(plans(...profiles), options({ profile }), BASH)?.profile
  assert.equal(chosen(['dev']), 'dev')
  assert.equal(chosen(['dev', 'default']), 'default')
  assert.equal(chosen(['dev', 'default'], 'dev'), 'dev')
  assert.equal(chosen(['dev', 'prod']), undefined)
  assert.throws(() => chosen(['dev', 'prod'], 'test'), {
    code: 'invalid-usage',
    message: '--profile is "test", but the profiles file has no such profile.',
    next: 'With a profiles file, --profile chooses the one that later steps use: dev, prod.',
  })
  assert.throws(() => chosen(['dev'], 'test'), { message: /no such profile/ })
})

test('a region that only one of the two variables has is shared; that of the profile is better', () => {
  const region = (env: object, own?: string) =>
    planExport([{ ...plans('dev')[0], region: own } as ProfilePlan], options(), { ...BASH, ...env })
      ?.region
  assert.equal(region({}), undefined)
  assert.equal(region({ AWS_REGION: 'eu-west-1' }), 'eu-west-1')
  assert.equal(region({ AWS_DEFAULT_REGION: 'eu-west-2' }), 'eu-west-2')
  assert.equal(region({ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }), undefined)
  assert.equal(region({ AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-2' }), 'eu-west-2')
  assert.equal(region({ AWS_REGION: '', AWS_DEFAULT_REGION: '' }), undefined)
  assert.equal(region({ AWS_REGION: 'eu-west-1' }, 'us-east-1'), 'us-east-1')
})

test('what is exported, and how', () => {
  const [one] = [plans('dev')]
  assert.deepEqual(planExport(one, options(), BASH), {
    ...bash,
    mode: 'profile',
    profile: 'dev',
    region: undefined,
  })
  assert.equal(planExport(one, options({ export: 'keys' }), BASH)?.mode, 'keys')
  assert.equal(planExport(one, options({ export: 'none' }), BASH), undefined)
  assert.equal(planExport(one, options(), {}), undefined)
  assert.throws(() => planExport(plans('a'), options({ export: 'none', profile: 'b' }), {}), {
    code: 'invalid-usage',
  })
})

test('keys need one profile, and a file that nobody else reads', () => {
  const keys = (env: object, change: Partial<Options> = {}, ...profiles: string[]) =>
    planExport(plans(...profiles), options({ export: 'keys', ...change }), env as typeof BASH)
  assert.throws(() => keys({}, {}, 'dev'), {
    code: 'invalid-usage',
    message: '--export keys needs BASH_ENV, which is not set.',
    why: 'Only the bash steps of CircleCI jobs have it.',
  })
  assert.throws(() => keys(BASH, {}, 'dev', 'prod'), {
    code: 'invalid-usage',
    message: '--export keys needs one profile, but the profiles file has several and no "default".',
    next: 'Choose one with --profile, or leave --export out.',
  })
  assert.throws(() => keys(BASH, { 'export-file': 'x.env' }, 'dev'), {
    code: 'invalid-usage',
    message: '--export keys and --export-file cannot be combined.',
    why: 'The file becomes an artifact, which others can read.',
  })
})

test('why later steps get nothing', () => {
  const why = (profiles: string[], env: object, change: Partial<Options> = {}) =>
    whyNotExported(plans(...profiles), options(change), env as typeof BASH)
  assert.equal(why(['dev'], BASH), undefined)
  assert.equal(why(['dev', 'prod'], {}, { export: 'none' }), undefined)
  assert.deepEqual(why(['dev', 'prod'], BASH), {
    why: 'several profiles, and none of them is "default"',
    next: 'Choose one with --profile, or name it in each command (--profile, AWS_PROFILE): dev, prod',
  })
  assert.deepEqual(why(['dev', 'default'], {}), {
    why: 'BASH_ENV is not set',
    next: 'Name the profile in later commands with --profile dev or AWS_PROFILE=dev',
  })
})
