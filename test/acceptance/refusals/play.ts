import type { TestContext } from 'node:test'
import { type Outcome, startJob } from '../job.ts'
import { BY_ROLE, type Call, type SetUp } from './set-up.ts'

export interface Played {
  readonly assumeRole: Outcome
  readonly doctor: Outcome
}

type Played2 = Pick<Outcome, 'code' | 'stdout' | 'stderr'>

/** Runs `doctor`, then `assume-role`, in the same job; `policy`: what the role has, in a file for `doctor`. */
export async function play(t: TestContext, setUp: SetUp, policy?: object): Promise<Played> {
  const { job, sandbox } = await startJob(t, setUp.sandbox ?? {})
  const scene = { job, sandbox, t }
  const call: Call = (await setUp.call?.(scene)) ?? {}
  const { args = BY_ROLE, ...options } = call
  const file = policy && job.write('trust-policy.json', JSON.stringify(policy))
  const doctor = await job.run(
    ['doctor', ...args, ...(file ? ['--trust-policy', file] : [])],
    options,
  )
  return { doctor, assumeRole: await job.run(['assume-role', ...args], options) }
}

/** What `assume-role` says before it says what to do, in one line. */
export function firstBlock({ stderr }: Played2): string {
  const [, block = ''] = /^(Error [\s\S]*?)^ {2}Next:/m.exec(stderr) ?? []
  return oneLine(block)
}

/** The first finding of `doctor` without its fix, in one line. */
export function firstFinding({ stdout }: Played2): string {
  const [, block = ''] = /^([✗!] [\s\S]*?)^ {4}Fix:/m.exec(stdout) ?? []
  return oneLine(block)
}

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
