import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import Ajv from 'ajv'
import { audit } from '../../../src/trust/audit/audit.ts'
import { readInventory } from '../../../src/trust/audit/inventory.ts'
import { auditSarif } from '../../../src/trust/audit/sarif.ts'

const require = createRequire(import.meta.url)

/** The schema is of JSON Schema's draft 4. */
function validator() {
  const ajv = new Ajv({ schemaId: 'auto', unknownFormats: 'ignore' })
  ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'))
  return ajv.compile(require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'))
}

const role = (name: string, sub: string) => ({
  RoleName: name,
  Arn: `arn:aws:iam::111111111111:role/${name}`,
  AssumeRolePolicyDocument: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: 'arn:aws:iam::111111111111:oidc-provider/gitlab.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringLike: { 'gitlab.com:sub': sub } },
      },
    ],
  },
})

function log(file = 'some folder/answer of aws.json') {
  const text = JSON.stringify(
    { Roles: [role('open', '*'), role('narrow', 'project_path:a/b:*')] },
    null,
    1,
  )
  const inventory = readInventory([{ file, text }])
  const allowance = {
    name: 'a',
    roles: ['*:role/narrow'],
    findings: [],
    reason: 'is meant to be',
    until: undefined,
  }
  return auditSarif(
    audit(inventory, { allowances: [allowance], organizations: [] }, new Date()),
  ) as {
    runs: [{ results: Result[]; tool: { driver: { rules: { id: string; properties: object }[] } } }]
  }
}

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly suppressions?: readonly { readonly justification: string }[]
  readonly locations: readonly [
    { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } },
  ]
}

describe('SARIF', () => {
  test('is valid by the schema of SARIF 2.1.0', () => {
    const isValid = validator()
    assert.ok(isValid(log()), JSON.stringify(isValid.errors))
    assert.ok(!isValid({ version: '2.1.0', runs: [{}] }))
  })

  // https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
  test('has what code scanning asks for: rules with a severity, relative paths, lines, fingerprints', () => {
    const [{ results, tool }] = log().runs
    assert.deepEqual([...new Set(results.map(({ level }) => level))].sort(), [
      'error',
      'note',
      'warning',
    ])
    for (const { ruleId, ruleIndex, locations } of results) {
      assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId)
      const { artifactLocation, region } = locations[0].physicalLocation
      assert.equal(artifactLocation.uri, 'some%20folder/answer%20of%20aws.json')
      assert.ok(region.startLine > 1)
    }
    for (const { properties } of tool.driver.rules) {
      assert.match(JSON.stringify(properties), /"security-severity":"\d\.\d"/)
    }
  })

  test('what is allowed is there, suppressed, with the reason', () => {
    const [{ results }] = log().runs
    const suppressed = results.filter(({ suppressions }) => suppressions !== undefined)
    assert.ok(suppressed.length > 0 && suppressed.length < results.length)
    for (const { suppressions } of suppressed) {
      assert.equal(suppressions?.[0]?.justification, 'is meant to be')
    }
  })
})
