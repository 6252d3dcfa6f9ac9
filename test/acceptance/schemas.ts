import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import Ajv from 'ajv'

/** Checks the JSON of a command against `docs/schemas/NAME.json`, which must describe every member of it. */
export function assertFits(name: string, text: string): void {
  const schema = JSON.parse(readFileSync(`docs/schemas/${name}.json`, 'utf8'))
  const ajv = new Ajv({ allErrors: true })
  const validate = ajv.compile(exact(schema))
  validate(JSON.parse(text))
  assert.deepEqual(validate.errors ?? [], [], text)
}

/** The schema, with no members but those that it names: users are promised that more may come. */
function exact(schema: unknown): object {
  const text = JSON.stringify(schema, (_, value) =>
    typeof value === 'object' && value !== null && 'properties' in value && 'required' in value
      ? { ...value, additionalProperties: false }
      : value,
  )
  return JSON.parse(text)
}
