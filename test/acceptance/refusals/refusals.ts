import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkTrust } from '../../../src/trust/check/check.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'
import type { Outcome } from '../job.ts'
import { SIBLINGS, STRANGERS } from './elsewhere.ts'
import { NETWORK } from './network.ts'
import { COMBINED, FILE_SET_UPS, OPTION_SET_UPS } from './options.ts'
import { advice, firstBlock, firstFinding, firstLine, play, printedStatement } from './play.ts'
import { CONDITIONS, INVALID, STATEMENTS, SUBJECTS } from './policies.ts'
import { ROLES } from './roles.ts'
import { aws, policyOf, type Refusal } from './set-up.ts'
import { TOKENS } from './tokens.ts'

const ALL: Readonly<Record<string, readonly Refusal[]>> = {
  'the role': ROLES,
  'the token': TOKENS,
  'the way to STS': NETWORK,
  'the subject in the policy': SUBJECTS,
  'other conditions': CONDITIONS,
  'principal, action, Deny': STATEMENTS,
  'policies that IAM would not store': INVALID,
  'options and variables': OPTION_SET_UPS,
  files: FILE_SET_UPS,
}

const named = { 'assume-role': 0, doctor: 0 }
const missed: string[] = []

function score(command: keyof typeof named, name: string, words: readonly RegExp[], text: string) {
  const missing = words.filter((word) => !word.test(text))
  if (missing.length === 0) named[command] += 1
  else missed.push(`${command}: ${name}: ${missing.join(' ')}`)
}

for (const [title, refusals] of Object.entries(ALL)) {
  describe(`refused, mended as printed, accepted: ${title}`, () => {
    for (const refusal of refusals) {
      test(refusal.name, async (t) => {
        const { assumeRole, doctor } = await play(t, refusal, refusal.policy)
        score('assume-role', refusal.name, refusal.says, firstBlock(assumeRole))
        const words = refusal.doctor ?? refusal.says
        score('doctor', refusal.name, words, firstFinding(doctor))
        const { code, doctorCode = code } = refusal
        assert.deepEqual([assumeRole.code, doctor.code], [code, doctorCode], doctor.stdout)
        const fixes = refusal.policy ? advice(doctor) : `${advice(assumeRole)} ${advice(doctor)}`
        for (const word of refusal.fix) assert.match(fixes, word)
        if (refusal.policy) {
          assert.ok(firstLine(doctor).length <= 160, firstLine(doctor))
          assert.ok(doctor.stdout.split('\n').length <= 31, doctor.stdout)
        }
        await assertMended(refusal, doctor, t)
      })
    }
  })
}

async function assertMended(refusal: Refusal, doctor: Outcome, t: Parameters<typeof play>[0]) {
  const { mended, policy } = refusal
  if (mended !== 'statement') {
    const after = await play(t, mended)
    assert.equal(after.assumeRole.code, 0, after.assumeRole.stderr)
    assert.equal(after.doctor.code, 0, after.doctor.stdout)
    return
  }
  const statement = printedStatement(doctor)
  const widened = policyOf(...(policy as ReturnType<typeof policyOf>).Statement, statement)
  const { call } = refusal
  const after = await play(
    t,
    { sandbox: aws({ policy: widened }), ...(call ? { call } : {}) },
    widened,
  )
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

describe('several faults at once: doctor lists all', () => {
  for (const { name, doctor: words, ...setUp } of COMBINED) {
    test(name, async (t) => {
      const { doctor } = await play(t, setUp)
      for (const word of words) assert.match(doctor.stdout, word)
    })
  }
})

test('the first block names the cause', () => {
  const all = Object.values(ALL).flat()
  assert.ok(all.length >= 120)
  const share = (command: keyof typeof named) => named[command] / all.length
  assert.ok(share('assume-role') >= 0.9, `${share('assume-role')}\n${missed.join('\n')}`)
  assert.ok(share('doctor') >= 0.95, `${share('doctor')}\n${missed.join('\n')}`)
})
