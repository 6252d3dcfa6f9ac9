// In base64url a token begins with `{"`, which is "eyJ" or "eyI", or `{ `, which is "eyA" or "eyB".
// The dots and what follows them belong to it as far as they are there.
const TOKEN = /(?:\bey[ABI]|eyJ)[\w-]{7,}(?:\.[\w-]*)*/g

/** Hides whatever in the text could be a token, whole or cut. */
export function withoutTokens(text: string, shown = '[token]'): string {
  return text.replace(TOKEN, shown)
}
