// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be shown
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Without control characters, by which whoever chose a claim or wrote a policy could write elsewhere on a terminal. */
export function printable(text: string): string {
  return text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The text with a blank for each run of control characters. */
export function withoutControls(text: string): string {
  return text.replace(new RegExp(`${CONTROL.source}+`, 'g'), ' ')
}
