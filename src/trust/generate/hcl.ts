/** An item of a Terraform body: an attribute with its expression, or a block. */
export type HclItem =
  | { readonly name: string; readonly expression: string }
  | { readonly block: string; readonly items: readonly HclItem[] }

export function attribute(name: string, expression: string): HclItem {
  return { name, expression }
}

export function block(header: string, items: readonly HclItem[]): HclItem {
  return { block: header, items }
}

/** Blocks as `terraform fmt` writes them: two blanks, neighbouring attributes aligned, an empty line around blocks. */
export function hclText(items: readonly HclItem[]): string {
  return `${lines(items).join('\n')}\n`
}

function lines(items: readonly HclItem[]): string[] {
  return items.flatMap((item, index) => {
    const apart =
      index > 0 && (spansLines(item) || spansLines(items[index - 1] as HclItem)) ? [''] : []
    if ('block' in item) {
      const inner = lines(item.items).map((line) => (line === '' ? '' : `  ${line}`))
      return [...apart, `${item.block} {`, ...inner, '}']
    }
    const padding = spansLines(item) ? 0 : alignment(items, index) - columns(item.name)
    return [...apart, ...`${item.name}${' '.repeat(padding)} = ${item.expression}`.split('\n')]
  })
}

function spansLines(item: HclItem): boolean {
  return 'block' in item || item.expression.includes('\n')
}

/** The longest name of the attributes that stand together without an empty line. */
function alignment(items: readonly HclItem[], index: number): number {
  const longest = (step: 1 | -1) => {
    let width = 0
    for (let at = index; at >= 0 && at < items.length; at += step) {
      const item = items[at]
      if (item === undefined || 'block' in item || spansLines(item)) break
      width = Math.max(width, columns(item.name))
    }
    return width
  }
  return Math.max(longest(-1), longest(1))
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** As `terraform fmt` counts them: characters as people see them. */
function columns(text: string): number {
  return [...GRAPHEMES.segment(text)].length
}

/** A string as HCL reads it: no template may begin in it. https://developer.hashicorp.com/terraform/language/expressions/strings */
export function hclString(text: string): string {
  return JSON.stringify(text)
    .replace(/\\[\\bf]/g, (one) => ({ '\\b': '\\u0008', '\\f': '\\u000c' })[one] ?? one)
    .replace(/([$%])(?=\{)/g, '$1$1')
}

/** A JSON value as an HCL expression. */
export function hclValue(value: unknown): string {
  if (typeof value === 'string') return hclString(value)
  if (Array.isArray(value)) {
    const parts = value.map(hclValue)
    if (!parts.some((part) => part.includes('\n'))) return `[${parts.join(', ')}]`
    return `[\n${parts.map((part) => `${indent(part)},\n`).join('')}]`
  }
  if (typeof value === 'object' && value !== null) {
    const items = Object.entries(value).map(([key, one]) => attribute(hclKey(key), hclValue(one)))
    return items.length === 0 ? '{}' : `{\n${indent(lines(items).join('\n'))}\n}`
  }
  return JSON.stringify(value)
}

// Bare, the first would begin a `for` expression, the others are values.
const KEYWORDS = ['for', 'null', 'true', 'false']

function hclKey(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) && !KEYWORDS.includes(key) ? key : hclString(key)
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}
