import {
  exactlyOne,
  Malformed,
  type MalformedPolicy,
  object,
  parsePolicy,
  readConditions,
  readHead,
  show,
  strings,
} from './document.ts'
import { operatorNames } from './operators.ts'

/**
 * What IAM would find malformed in a session policy, given as JSON text; undefined where nothing is.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function sessionPolicyProblem(text: string): MalformedPolicy | undefined {
  const parsed = parsePolicy(text, readStatement)
  return 'problem' in parsed ? parsed : undefined
}

const ELEMENTS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']

function readStatement(value: unknown, path: string) {
  const statement = object(value, path)
  for (const name of ['Principal', 'NotPrincipal']) {
    if (statement[name] !== undefined) {
      throw new Malformed(`${path}.${name}`, 'does not belong here: a session policy has none')
    }
  }
  object(value, path, ELEMENTS)
  const head = readHead(statement, path)
  exactlyOne(statement, path, 'Action', 'NotAction')
  exactlyOne(statement, path, 'Resource', 'NotResource')
  for (const [name, { pattern, expected }] of Object.entries(FORMS)) {
    if (statement[name] === undefined) continue
    const at = `${path}.${name}`
    const values = strings(statement[name], at)
    if (values.length === 0) throw new Malformed(at, 'is empty')
    const stray = values.find((one) => !pattern.test(one))
    if (stray !== undefined) throw new Malformed(at, `holds ${show(stray)}; it must be ${expected}`)
  }
  if (statement['Condition'] !== undefined) {
    checkOperators(statement['Condition'], `${path}.Condition`)
  }
  return head
}

const ACTION = {
  pattern: /^(\*|\*:\*|[a-z\d-]+:[\w*?-]+)$/i,
  expected: '"*" or SERVICE:ACTION, such as s3:GetObject',
}
const RESOURCE = {
  pattern: /^(\*|arn:[\w*?-]+:[^:]*:[^:]*:[^:]*:.+)$/s,
  expected: '"*" or an ARN, such as arn:aws:s3:::bucket/*',
}
const FORMS = { Action: ACTION, NotAction: ACTION, Resource: RESOURCE, NotResource: RESOURCE }

function checkOperators(condition: unknown, path: string): void {
  const stray = Object.keys(object(condition, path)).find((operator) => !isOperator(operator))
  if (stray !== undefined) {
    throw new Malformed(`${path}.${stray}`, 'is not a condition operator of IAM')
  }
  for (const { operator, key } of readConditions(condition, path)) {
    if (/^[^:\s]+:\S/.test(key)) continue
    throw new Malformed(
      `${path}.${operator}`,
      `has the key ${show(key)}; it must be like aws:SourceIp`,
    )
  }
}

/** Whether IAM takes names in another case is not documented, so that is left to AWS. */
function isOperator(name: string): boolean {
  const base = name.replace(/^(ForAnyValue|ForAllValues):/, '').replace(/IfExists$/, '')
  const known = operatorNames().some((one) => one.toLowerCase() === base.toLowerCase())
  return known && !/^NullIfExists$/i.test(name)
}
