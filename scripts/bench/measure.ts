import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** One process: a program and its arguments, or a script for node. */
export type Command = readonly [program: string, ...args: string[]]

/** The Node that runs the helper and what it is compared with: `BENCH_NODE`, else this one. */
export const NODE = process.env['BENCH_NODE'] ?? process.execPath

/** Runs a process from start to end; returns what it took, in milliseconds. Throws where it fails. */
export async function time([program, ...args]: Command, env: NodeJS.ProcessEnv): Promise<number> {
  const start = performance.now()
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  const milliseconds = performance.now() - start
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with exit code ${code}`)
  return milliseconds
}

/** The times of each command, by its name. */
type Times<Name extends string = string> = ReadonlyMap<Name, readonly number[]>

/**
 * Side by side: every round runs each command once, every other round in the opposite order, so that what else
 * the machine does hits all alike. A round before the first one warms up.
 */
export async function sideBySide<Name extends string>(
  commands: Readonly<Record<Name, Command>>,
  env: NodeJS.ProcessEnv,
  rounds: number,
): Promise<Times<Name>> {
  const entries = Object.entries(commands) as [Name, Command][]
  const times = new Map(entries.map(([name]): [Name, number[]] => [name, []]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, command] of round % 2 ? entries : [...entries].reverse()) {
      const taken = await time(command, env)
      if (round > 0) times.get(name)?.push(taken)
    }
  }
  return times
}

/** The value that this share of the values does not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** The ratios of the pairs of a round: their median, and between which the middle half of them is. */
export function ratio(times: Times, name: string, base: string) {
  const bases = times.get(base) ?? []
  const ratios = (times.get(name) ?? []).map((taken, round) => taken / (bases[round] ?? Number.NaN))
  return { median: median(ratios), from: quantile(ratios, 0.25), to: quantile(ratios, 0.75) }
}

/** Prints a line for each command: its median, its fastest run, and how it compares with the base. */
export function printTable(times: Times, base: string): void {
  console.log(`  ${''.padEnd(30)}${'median'.padStart(9)}${'fastest'.padStart(10)}   to ${base}`)
  for (const [name, taken] of times) {
    const { median: middle, from, to } = ratio(times, name, base)
    const figures = `${milliseconds(median(taken)).padStart(9)}${milliseconds(Math.min(...taken)).padStart(10)}`
    const spread = `${middle.toFixed(2)}  (${from.toFixed(2)} to ${to.toFixed(2)})`
    console.log(`  ${name.padEnd(30)}${figures}   ${spread}`)
  }
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`
}
