import { clockTime } from '../text.ts'
import type { Claims } from '../token/claims.ts'
import { type Finding, finding, fine } from './findings.ts'

// AWS refuses a signature that is older or younger: RequestExpired, SignatureDoesNotMatch.
const TOLERATED = 300

export interface ClockReading {
  /** Of this machine. */
  readonly here: Date
  /** What the HTTP header Date of STS said then. */
  readonly there: Date
}

/** Compares the clock of this machine with that of AWS; where AWS did not answer, with the time the token was issued. */
export function checkClock(
  reading: ClockReading | undefined,
  claims: Claims | undefined,
  now: Date,
): Finding[] {
  if (reading) {
    const seconds = (reading.here.getTime() - reading.there.getTime()) / 1000
    if (Math.abs(seconds) <= TOLERATED) return [fine('clock', 'The clock agrees with STS')]
    const side = seconds > 0 ? 'ahead of' : 'behind'
    return [
      finding('clock-skew', `it is ${minutes(seconds)} ${side} STS`, {
        evidence: `It is ${clockTime(reading.here)} here, and ${clockTime(reading.there)} at STS.`,
      }),
    ]
  }
  const issued = new Date((claims?.iat ?? Number.NaN) * 1000)
  const seconds = (now.getTime() - issued.getTime()) / 1000
  if (!(seconds < -TOLERATED)) return []
  return [
    finding('clock-skew', `the token was issued ${minutes(seconds)} in the future`, {
      evidence: `It is ${clockTime(now)} here, and the token was issued at ${clockTime(issued)}.`,
    }),
  ]
}

function minutes(seconds: number): string {
  return `${Math.round(Math.abs(seconds) / 60)} minutes`
}
