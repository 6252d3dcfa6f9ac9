/** Whether a value of a JSON file is what we write there. */
type Check = (value: unknown) => boolean

export const isText: Check = (value) => typeof value === 'string' && value !== ''
export const isOptionalText: Check = (value) => value === undefined || typeof value === 'string'
export const isTexts: Check = (value) => Array.isArray(value) && value.every(isText)
export const isCount: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value > 0

/**
 * Checks the members of a value that JSON gave, named by their paths: `role.arn`. Throws a `TypeError` that
 * names the first one that is missing or of another type; `at` is the path of the value itself.
 */
export function assertShape(
  value: unknown,
  shape: Readonly<Record<string, Check>>,
  at?: string,
): void {
  for (const [path, check] of Object.entries(shape)) {
    if (check(valueAt(value, path))) continue
    throw new TypeError(`${at ? `${at}.` : ''}${path} is missing or not valid.`)
  }
}

function valueAt(value: unknown, path: string): unknown {
  let at: unknown = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Object.getOwnPropertyDescriptor(at, name)?.value
  }
  return at
}
