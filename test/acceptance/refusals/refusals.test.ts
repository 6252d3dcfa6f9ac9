import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { checkTrust } from '../../../src/trust/check/check.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'
import type { Outcome } from '../job.ts'
import { COMBINED } from './combined.ts'
import { SIBLINGS, STRANGERS } from './elsewhere.ts'
import { chosen, EVERY, isWhole } from './every-set-up.ts'
import { advice, firstBlock, firstFinding, firstLine, play, printedStatement } from './play.ts'
import { aws, policyOf, type Refusal } from './set-up.ts'

const ALL = Object.values(EVERY).flat()
const PLAYED = chosen(ALL, 9)

/** How many first blocks name the cause, and what the others lack. */
const named = { 'assume-role': 0, doctor: 0 }
const missed: string[] = []

function score(command: keyof typeof named, name: string, words: readonly RegExp[], text: string) {
  const missing = words.filter((word) => !word.test(text))
  if (missing.length === 0) named[command] += 1
  else missed.push(`${command}: ${name}: ${missing.join(' ')}`)
}

describe('refused, mended as printed, accepted', { concurrency: 2 }, () => {
  for (const refusal of PLAYED) {
    test(refusal.name, async (t) => {
      const { assumeRole, doctor } = await play(t, refusal, refusal.policy)
      score('assume-role', refusal.name, refusal.says, firstBlock(assumeRole))
      const words = refusal.doctor ?? refusal.says
      score('doctor', refusal.name, words, firstFinding(doctor))
      const { code, doctorCode = code } = refusal
      assert.deepEqual([assumeRole.code, doctor.code], [code, doctorCode], doctor.stdout)
      const fixes = refusal.policy ? advice(doctor) : `${advice(assumeRole)} ${advice(doctor)}`
      for (const word of refusal.fix) assert.match(fixes, word)
      for (const line of [assumeRole, doctor].map(firstLine)) assert.ok(line.length <= 160, line)
      if (refusal.policy) assert.ok(doctor.stdout.trimEnd().split('\n').length <= 30, doctor.stdout)
      await assertMended(refusal, doctor, t)
    })
  }
})

async function assertMended(refusal: Refusal, doctor: Outcome, t: TestContext) {
  const { mended, policy, call } = refusal
  if (mended !== 'statement') {
    const after = await play(t, mended)
    assert.equal(after.assumeRole.code, 0, after.assumeRole.stderr)
    assert.equal(after.doctor.code, 0, after.doctor.stdout)
    return
  }
  const statement = printedStatement(doctor)
  const widened = policyOf(...(policy as ReturnType<typeof policyOf>).Statement, statement)
  const sandbox = aws({ policy: widened })
  const after = await play(t, { sandbox, ...(call ? { call } : {}) }, widened)
  assert.equal(after.assumeRole.code, 0, after.assumeRole.stderr)
  assert.equal(after.doctor.code, 0, after.doctor.stdout)
  const limitsBranch = JSON.stringify(policy).includes('vcs-')
  for (const [name, claims] of Object.entries({
    ...STRANGERS,
    ...(limitsBranch ? SIBLINGS : {}),
  })) {
    const before = verdict(policy ?? {}, claims)
    if (before !== 'allows') assert.notEqual(verdict(widened, claims), 'allows', name)
  }
}

function verdict(document: object, claims: Parameters<typeof checkTrust>[0]['claims']) {
  const parsed = parseTrustPolicy(document)
  assert.ok('policy' in parsed)
  const { policy } = parsed
  const role = { partition: 'aws', accountId: '111111111111' }
  return checkTrust({ policy, length: 0, claims, clientIds: [], role, now: new Date() }).verdict
}

describe('several faults at once: doctor lists all', { concurrency: 2 }, () => {
  for (const { name, doctor: words, policy, ...setUp } of chosen(COMBINED, 2)) {
    test(name, async (t) => {
      const { doctor } = await play(t, setUp, policy)
      for (const word of words) assert.match(doctor.stdout, word)
    })
  }
})

test('the first block names the cause', (t) => {
  const counts = Object.entries(named).map(([command, count]) => `${command} ${count}`)
  t.diagnostic(`of ${PLAYED.length}: ${counts.join(', ')}`)
  for (const miss of missed) t.diagnostic(miss)
  const share = (command: keyof typeof named) => named[command] / Math.max(1, PLAYED.length)
  // What a sample lacks may all be in it.
  const [ofAssumeRole, ofDoctor] = isWhole ? [0.9, 0.95] : [0.7, 0.8]
  assert.ok(share('assume-role') >= ofAssumeRole, missed.join('\n'))
  assert.ok(share('doctor') >= ofDoctor, missed.join('\n'))
})

test('at least 120 set-ups, no two of one name', () => {
  const names = [...ALL, ...COMBINED].map(({ name }) => name)
  assert.ok(ALL.length >= 120)
  assert.deepEqual(names, [...new Set(names)])
})
