import { availableParallelism, loadavg } from 'node:os'

/** `npm run attack` runs everything at full size, `npm test` a small part of it. */
export const isFull = process.env['ATTACK'] === 'full'

export function size(small: number, full: number): number {
  return isFull ? full : small
}

/** How many times as long a process may take here as on a machine that does nothing else. */
export function busyness(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
}

/** The seed of every generator: the same on each run but where ATTACK_SEED says another. */
export const seed = Number(process.env['ATTACK_SEED'] ?? 20_261_121)

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
