/** `2026-11-21T12:00:00Z`, as AWS writes it. */
export function isoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

/** `2026-11-21 12:00:00 UTC`, for people. */
export function clockTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
