import fc from 'fast-check'
import { NETWORK } from './network.ts'
import { FILE_SET_UPS, OPTION_SET_UPS } from './options.ts'
import { CONDITIONS, INVALID, STATEMENTS, SUBJECTS } from './policies.ts'
import { ROLES } from './roles.ts'
import type { Refusal } from './set-up.ts'
import { TOKENS } from './tokens.ts'

type ByGroup = Readonly<Record<string, readonly Refusal[]>>

export const EVERY: ByGroup = {
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

const { REFUSALS, REFUSALS_SEED = '20261121' } = process.env

/** Whether every set-up is played: `npm run test:refusals`. */
export const isWhole = REFUSALS === 'all'

/** What is played: all, those whose names match `REFUSALS`, or by default a sample that the seed decides. */
export function chosen<Named extends { readonly name: string }>(
  all: readonly Named[],
  size: number,
): readonly Named[] {
  if (isWhole) return all
  if (REFUSALS) return all.filter(({ name }) => new RegExp(REFUSALS).test(name))
  const some = fc.shuffledSubarray([...all], { minLength: size, maxLength: size })
  return fc.sample(some, { seed: Number(REFUSALS_SEED), numRuns: 1 }).flat()
}
