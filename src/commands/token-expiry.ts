const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** `in 43 minutes`, `expired 5 minutes ago`: in the largest unit of which there are two, rounded down. */
export function expiryInWords(end: Date, now: Date): string {
  const seconds = (end.getTime() - now.getTime()) / 1000
  const distance = Math.floor(Math.abs(seconds))
  const [unit, length] = UNITS.find(([, size]) => distance >= 2 * size) ?? ['second', 1]
  const count = Math.floor(distance / length)
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`
  return seconds > 0 ? `in ${words}` : `expired ${words} ago`
}
