/**
 * 24 hexadecimal digits that no other process has. Not a secret: what is named by it is created only if
 * nothing of that name exists. `node:crypto` would cost every run several milliseconds.
 */
export function uniqueId(): string {
  const part = () =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return part() + part() + part()
}
