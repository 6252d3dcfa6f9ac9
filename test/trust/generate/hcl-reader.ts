/** A body: attributes by name, each with its expression on one line, and blocks by header, each as often as it stands. */
export interface HclBody {
  readonly [name: string]: string | readonly HclBody[]
}

/** What of HCL the generated files use; python-hcl2 and the formatter of Terraform judge the rest. */
export function readHcl(text: string): HclBody {
  const lines = text.split('\n').map((line) => line.trim())
  const rest = lines.filter((line) => line !== '')
  const body = readBody(rest)
  if (rest.length > 0) throw new Error(`There is text after the end: ${rest[0]}`)
  return body
}

function readBody(lines: string[]): HclBody {
  const body: Record<string, string | HclBody[]> = {}
  for (let line = lines.shift(); line !== undefined && line !== '}'; line = lines.shift()) {
    const [, name, start] = /^("(?:[^"\\]|\\.)*"|[\w-]+) += (.*)$/.exec(line) ?? []
    if (name !== undefined && start !== undefined) {
      const expression = [start]
      while (depth(expression.join('\n')) > 0) expression.push(lines.shift() ?? ')]}')
      if (name in body) throw new Error(`${name} stands twice`)
      body[name] = expression.join(' ')
      continue
    }
    const [, header] = /^(.+) \{$/.exec(line) ?? []
    if (header === undefined) throw new Error(`Neither an attribute nor a block: ${line}`)
    const others = body[header] ?? []
    if (typeof others === 'string') throw new Error(`${header} is an attribute as well`)
    body[header] = [...others, readBody(lines)]
  }
  return body
}

/** How many brackets are open, outside of strings. */
function depth(text: string): number {
  const plain = text.replace(/"(?:[^"\\]|\\.)*"/g, '')
  return (plain.match(/[[({]/g) ?? []).length - (plain.match(/[\])}]/g) ?? []).length
}
