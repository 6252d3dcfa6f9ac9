/** `npm run attack` runs everything at full size, `npm test` a small part of it. */
export const isFull = process.env['ATTACK'] === 'full'

export function size(small: number, full: number): number {
  return isFull ? full : small
}

/** The seed of every generator: the same on each run but where ATTACK_SEED says another. */
export const seed = Number(process.env['ATTACK_SEED'] ?? 20_261_121)
