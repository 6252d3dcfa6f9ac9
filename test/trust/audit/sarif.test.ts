import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import Ajv from 'ajv'
import { audit } from '../../../src/trust/audit/audit.ts'
import { AUDIT_FINDINGS } from '../../../src/trust/audit/findings.ts'
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
    runs: [
      {
        columnKind: string
        results: Result[]
        tool: { driver: { name: string; rules: { id: string; properties: object }[] } }
      },
    ]
  }
}

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly message: { readonly text: string }
  readonly partialFingerprints: { readonly 'finding/v1': string }
  readonly suppressions?: readonly { readonly justification: string; readonly kind: string }[]
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

  test('rules have the words of the kind, what to do, and a level for code scanning', () => {
    const { rules } = log().runs[0].tool.driver
    const rule = rules.find(({ id }) => id === 'open-to-everyone')
    const { title, fix } = AUDIT_FINDINGS['open-to-everyone'] ?? {}
    assert.deepEqual(rule, {
      id: 'open-to-everyone',
      shortDescription: { text: title },
      help: { text: `${fix} More: npx circleci-aws-oidc explain open-to-everyone` },
      defaultConfiguration: { level: 'error' },
      properties: { 'security-severity': '9.5', tags: ['security'] },
    })
    assert.deepEqual(
      rules.map(({ id }) => id),
      Object.keys(AUDIT_FINDINGS),
    )
  })

  test('a result says what is wrong with which role, and where in its policy', () => {
    const [{ results, ...run }] = log().runs
    const arn = 'arn:aws:iam::111111111111:role/open'
    const open = results.find(({ ruleId }) => ruleId === 'open-to-everyone')
    const { partialFingerprints, ruleIndex, ...rest } = open ?? {}
    assert.deepEqual(rest, {
      ruleId: 'open-to-everyone',
      level: 'error',
      message: {
        text: `${AUDIT_FINDINGS['open-to-everyone']?.title}: ${arn}: everyone who uses gitlab.com`,
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'some%20folder/answer%20of%20aws.json' },
            region: { startLine: 5 },
          },
          logicalLocations: [{ name: 'open', fullyQualifiedName: arn, kind: 'resource' }],
        },
      ],
    })
    const audience = results.find(({ ruleId }) => ruleId === 'no-audience')
    assert.match(audience?.message.text ?? '', / \(Statement\[0\][^)]*\): /)
    assert.equal(run.columnKind, 'utf16CodeUnits')
    assert.equal(run.tool.driver.name, 'circleci-aws-oidc')
  })

  test('a fingerprint is of the finding, wherever it is read', () => {
    const prints = (file?: string) =>
      log(file).runs[0].results.map((one) => one.partialFingerprints['finding/v1'])
    assert.deepEqual(prints('elsewhere'), prints())
    assert.equal(new Set(prints()).size, prints().length)
    for (const one of prints()) assert.match(one, /^[0-9a-f]{32}$/)
  })

  for (const [file, uri] of [
    ['-', 'stdin.json'],
    ['a/b c/ü.json', 'a/b%20c/%C3%BC.json'],
    ['a\\b.json', 'a/b.json'],
    ['file:///tmp/a.json', '/tmp/a.json'],
    ['a/file://b', 'a/file%3A//b'],
  ] as const) {
    test(`the path ${file} as a reference`, () => {
      const [first] = log(file).runs[0].results
      assert.equal(first?.locations[0].physicalLocation.artifactLocation.uri, uri)
    })
  }

  test('what is allowed is there, suppressed, with the reason', () => {
    const [{ results }] = log().runs
    const suppressed = results.filter(({ suppressions }) => suppressions !== undefined)
    assert.ok(suppressed.length > 0 && suppressed.length < results.length)
    for (const { suppressions } of suppressed) {
      const external = { kind: 'external', status: 'accepted', justification: 'is meant to be' }
      assert.deepEqual(suppressions, [external])
    }
  })
})
