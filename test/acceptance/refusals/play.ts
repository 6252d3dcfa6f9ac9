import type { TestContext } from 'node:test'
import { type Outcome, startJob } from '../job.ts'
import { BY_ROLE, type Call, type SetUp } from './set-up.ts'

export interface Played {
  readonly assumeRole: Outcome
  readonly doctor: Outcome
}

type Output = Pick<Outcome, 'code' | 'stdout' | 'stderr'>

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
export function firstBlock({ stderr }: Output): string {
  const [, block = ''] = /^(Error [\s\S]*?)^ {2}Next:/m.exec(stderr) ?? []
  return oneLine(block)
}

/** The first finding of `doctor` without its fix, or the error that ends it, in one line. */
export function firstFinding(output: Output): string {
  const [, block = firstBlock(output)] = /^([✗!] [\s\S]*?)^ {4}Fix:/m.exec(output.stdout) ?? []
  return oneLine(block)
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** What either command says to do, in one line. */
export function advice({ stdout, stderr }: Output): string {
  const next = [...stderr.matchAll(/^ {2}Next:([\s\S]*?)^ {2}Docs:/gm)]
  const fixes = [...stdout.matchAll(/^ {4}Fix:([\s\S]*?)^ {4}Docs:/gm)]
  return oneLine([...next, ...fixes].map(([, text]) => text).join(' '))
}

export function firstLine({ stdout }: Output): string {
  return stdout.split('\n', 1)[0] ?? ''
}

/** The statement that `doctor` prints. */
export function printedStatement({ stdout }: Output): object {
  const [text] = /\{\n[\s\S]*?^ {10}\}$/m.exec(stdout) ?? []
  if (text === undefined) throw new Error(`no statement in ${stdout}`)
  return JSON.parse(text) as object
}
