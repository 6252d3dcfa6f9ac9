/** A JSON value as YAML in block style. Whatever could mean something else in plain style is quoted as in JSON. */
export function yamlText(value: unknown): string {
  return `${nodeLines(value).join('\n')}\n`
}

function nodeLines(value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((item) => {
      const [first = '', ...rest] = nodeLines(item)
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
    })
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, item]) => entryLines(scalar(key), item))
  }
  return [typeof value === 'string' ? scalar(value) : JSON.stringify(value)]
}

function entryLines(key: string, item: unknown): string[] {
  const lines = nodeLines(item)
  const nested = typeof item === 'object' && item !== null && Object.keys(item).length > 0
  return nested ? [`${key}:`, ...lines.map((line) => `  ${line}`)] : [`${key}: ${lines[0]}`]
}

// Words that YAML 1.1 reads as booleans or null.
const SPECIAL = /^(y|n|yes|no|on|off|true|false|null)$/i

/** YAML's double-quoted style takes JSON strings: https://yaml.org/spec/1.2.2/#731-double-quoted-style */
function scalar(text: string): string {
  return /^[A-Za-z][\w /.:-]*$/.test(text) && !/:( |$)|\s$/.test(text) && !SPECIAL.test(text)
    ? text
    : JSON.stringify(text)
}
