/** Negative, zero or positive as `a` is less than, equal to or greater than `b`; `undefined` when one is no number. */
export function compareNumbers(a: string, b: string): number | undefined {
  return difference(readNumber(a), readNumber(b))
}

/** The same for points in time: a W3C form of ISO 8601, or seconds since the epoch. */
export function compareDates(a: string, b: string): number | undefined {
  return difference(readDate(a), readDate(b))
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b
}

/** "An integer or decimal value"; more digits than a double holds can't be compared here. */
function readNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(text) && text.length <= 16 ? Number(text) : undefined
}

// https://www.w3.org/TR/NOTE-datetime: year, month, day, minutes, seconds, fractions; a time has a zone.
const W3C_DATE = /^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?)?)?$/

/** Milliseconds since the epoch. */
function readDate(text: string): number | undefined {
  if (W3C_DATE.test(text)) {
    const time = Date.parse(text)
    return Number.isNaN(time) ? undefined : time
  }
  return /^\d{5,12}$/.test(text) ? Number(text) * 1000 : undefined
}
