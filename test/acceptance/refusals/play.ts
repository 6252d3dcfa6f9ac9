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
  job.env['BASH_ENV'] = `${job.root}/bash_env`
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

/** The first finding of `doctor` without its fix, what it could not check if nothing is wrong, or the error that ends it. */
export function firstFinding(output: Output): string {
  const [, found] = /^([✗!] [\s\S]*?)^ {4}Fix:/m.exec(output.stdout) ?? []
  const [unchecked] = /^- Not checked: .*/.exec(output.stdout) ?? []
  return oneLine(found ?? unchecked ?? firstBlock(output))
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** What either command says to do, in one line. */
export function advice({ stdout, stderr }: Output): string {
  const next = [...stderr.matchAll(/^ {2}Next:([\s\S]*?)^ {2}More:/gm)]
  const fixes = [...stdout.matchAll(/^ {4}Fix:([\s\S]*?)^ {4}More:/gm)]
  return oneLine([...next, ...fixes].map(([, text]) => text).join(' '))
}

/** The line that a reader sees first: of the error, or of the report of `doctor`. */
export function firstLine({ stdout, stderr }: Output): string {
  const [error] = /^Error .*/m.exec(stderr) ?? []
  return error ?? stdout.split('\n', 1)[0] ?? ''
}

/** The statement that `doctor` prints. */
export function printedStatement({ stdout }: Output): object {
  const [text] = /\{\n[\s\S]*?^ {10}\}$/m.exec(stdout) ?? []
  if (text === undefined) throw new Error(`no statement in ${stdout}`)
  return JSON.parse(text) as object
}
