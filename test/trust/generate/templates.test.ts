import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { tagProblem } from '../../../src/role/session-tags.ts'
import { yamlText } from '../../../src/trust/generate/cloudformation.ts'
import { generate, generateAll } from '../../../src/trust/generate/generate.ts'
import { hclString } from '../../../src/trust/generate/hcl.ts'
import { organizationOf } from '../../../src/trust/roles/organization.ts'
import type { RoleSetup } from '../../../src/trust/roles/setup.ts'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import { without } from '../../tools/programs.ts'
import { runPython, withoutModules } from '../../tools/python.ts'
import { circleci, fullSetup, issuer, setupFor } from '../setup.ts'

const directory = mkdtempSync(join(tmpdir(), 'trust-templates-'))
after(() => rmSync(directory, { recursive: true }))

const hostile = circleci({ branch: 'it\'s-${x}-%{y}-"q"-`z`-$$-<<E', vcsOrigin: 'github.com/a/b' })
const SETUPS: Readonly<Record<string, RoleSetup>> = {
  full: fullSetup(circleci()),
  bare: setupFor(circleci()),
  hostile: fullSetup(hostile),
  user: setupFor(circleci({ userId: '8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31' })),
  chained: fullSetup(trustedRole('arn:aws:iam::123456789012:role/a', 'acme:7')),
  'chained without external id': setupFor(
    trustedRole('arn:aws:iam::123456789012:role/a', undefined),
  ),
}

// What YAML 1.1 and HCL could read as something else.
const STRINGS = [
  '',
  'no',
  'On',
  'null',
  '~',
  '1e3',
  '0x1f',
  '2024-01-01',
  '123456789012',
  ' a ',
  'a: b',
  'a:',
  '- a',
  '#x',
  'a #b',
  '*',
  '&a',
  '!x',
  '%',
  '@',
  '`',
  '"',
  "'",
  '\\n',
  '\n',
  '\t',
  '{a}',
  '[a]',
  '${x}',
  '%{x}',
  '$${x}',
  '$',
  'é',
  '<<E',
  'a:b:c',
  '?',
  '|',
  '>',
  'y',
  '.5',
  '+1',
  '=',
  'a,b',
]

const YAML_VALUE = {
  ...Object.fromEntries(STRINGS.flatMap((one) => [one, `key ${one}`].map((key) => [key, one]))),
  no: STRINGS,
  nested: [
    {
      a: [],
      b: {},
      c: [
        [1, 'x'],
        [true, null],
      ],
      d: { e: [{ f: {}, g: false }] },
    },
    'x',
  ],
}

test('PyYAML reads back what we wrote', { skip: withoutModules('yaml') }, () => {
  const { stdout, stderr } = runPython(
    ['-c', 'import yaml,json,sys; print(json.dumps(yaml.safe_load(sys.stdin.buffer)))'],
    yamlText(YAML_VALUE),
  )
  assert.deepEqual(JSON.parse(stdout || stderr), YAML_VALUE)
})

for (const version of ['1.1', '1.2'] as const) {
  test(`as YAML ${version} it is what we wrote`, () => {
    assert.deepEqual(parse(yamlText(YAML_VALUE), { version }), YAML_VALUE)
  })
}

const LINT = 'import sys; from cfnlint.runner import main; sys.exit(main())'
const withoutLint = withoutModules('cfnlint')
for (const [name, setup] of Object.entries(SETUPS)) {
  test(`cfn-lint accepts the template: ${name}`, { skip: withoutLint }, () => {
    const file = join(directory, `${name}.yaml`)
    writeFileSync(file, generate('cloudformation', setup).text)
    const { status, stdout, stderr } = runPython(['-c', LINT, file])
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
  })
}

test('the template trusts what the trust policy trusts', () => {
  const { text } = generate('cloudformation', SETUPS['hostile'] as RoleSetup)
  const role = parse(text, { version: '1.1' }).Resources.Role.Properties
  const policy = JSON.parse(generate('trust-policy', SETUPS['hostile'] as RoleSetup).text)
  assert.deepEqual(
    role.AssumeRolePolicyDocument.Statement[0].Condition,
    policy.Statement[0].Condition,
  )
})

test('a dynamic reference is refused: CloudFormation would replace it', () => {
  const name = '{{resolve:ssm:/x}}'
  const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${name}` }
  const setups = [
    setupFor(issuer({ subject: `job:${name}` })),
    setupFor(circleci(), { permissionPolicy: { Statement: [statement] } }),
  ]
  for (const setup of setups) {
    assert.throws(() => generate('cloudformation', setup), {
      code: 'invalid-usage',
      message: /resolve:ssm/,
    })
    assert.ok(generate('terraform', setup).text.includes(name))
  }
})

const withoutHcl = withoutModules('hcl2')
const withoutTerraform = without('terraform')
for (const [name, setup] of Object.entries(SETUPS)) {
  const { files, text } = generate('terraform', setup)
  test(`python-hcl2 parses the Terraform files: ${name}`, { skip: withoutHcl }, () => {
    for (const one of [...files.map((file) => file.text), text]) {
      const program = 'import hcl2,json,sys; print(json.dumps(hcl2.loads(sys.stdin.read())))'
      const { status, stdout, stderr } = runPython(['-c', program], one)
      assert.equal(status, 0, stderr)
      assert.ok(Object.keys(JSON.parse(stdout)).length > 0)
    }
  })

  test(`terraform fmt finds nothing to change: ${name}`, {
    skip: withoutTerraform,
  }, () => {
    for (const one of [...files.map((file) => file.text), text]) {
      const { status, stdout } = spawnSync('terraform', ['fmt', '-check', '-diff', '-'], {
        input: one,
        encoding: 'utf8',
      })
      assert.equal(status, 0, stdout)
    }
  })
}

const letters = fc.constantFrom(...('aZ0_.:/=+-@ éß漢字नि\u{1F1E6}\u0301'.match(/./gsu) ?? []))
const tag = fc.tuple(
  fc.oneof(
    fc.constantFrom('for', 'null', 'true', 'if', 'in', 'Name'),
    fc.string({ unit: letters, minLength: 1, maxLength: 12 }),
  ),
  fc.string({ unit: letters, maxLength: 20 }),
)
const permissions = fc.array(
  fc.record({
    Sid: fc.string({ unit: 'binary', maxLength: 12 }),
    Effect: fc.constant('Allow'),
    Action: fc.array(fc.string({ maxLength: 12 }), { maxLength: 3 }),
    Resource: fc.constantFrom('*', 'a\bb', 'a\fb', '${aws:username}', '%{x}', '\u2028', '"\\'),
  }),
  { maxLength: 3 },
)

/** Every legal tag and policy, as one organization and as one role: what `judge` is given must pass. */
async function eachLegalSetup(judge: (text: string) => void, runs: number): Promise<void> {
  const setups = fc.tuple(fc.array(tag, { maxLength: 4 }), permissions)
  await fc.assert(
    fc.asyncProperty(setups, async ([tags, statements]) => {
      const valid = tags.filter(([key, value]) => tagProblem(key, value) === undefined)
      const distinct = new Map(valid.map(([key, value]) => [key.toLowerCase(), value] as const))
      const setup = setupFor(circleci(), {
        tags: distinct,
        permissionPolicy: { Version: '2012-10-17', Statement: statements },
      })
      const { files } = generateAll('terraform', organizationOf([setup]))
      judge([...generate('terraform', setup).files, ...files].map(({ text }) => text).join('\n'))
    }),
    { numRuns: runs },
  )
}

test('python-hcl2 parses every legal tag and policy', { skip: withoutHcl }, async () => {
  const texts: string[] = []
  // It reads an escaped `$${` on to the next `}`, beyond the end of the string; the formatter judges those too.
  const misread = /(?:\$\$|%%)\{[^}"]*"/
  await eachLegalSetup((text) => {
    if (!misread.test(text)) texts.push(text)
  }, 20)
  assert.ok(texts.length > 0)
  const program = 'import hcl2,json,sys; [hcl2.loads(one) for one in json.load(sys.stdin)]'
  const { status, stderr } = runPython(['-c', program], JSON.stringify(texts))
  assert.equal(status, 0, stderr)
})

/** HashiCorp's own formatter and parser, built from the Go module by .ci/run; or `terraform fmt`. */
const HCLFMT = process.env['HCLFMT']
const formatter = HCLFMT ? [HCLFMT] : ['terraform', 'fmt', '-']
test('what Terraform formats stays as it is, whatever the tags and policies', {
  skip: HCLFMT ? false : withoutTerraform,
}, async () => {
  await eachLegalSetup((text) => {
    const [command = '', ...args] = formatter
    const { status, stdout, stderr } = spawnSync(command, args, { input: text, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, text)
  }, 25)
})

test('Terraform reads strings as they were meant', { skip: withoutTerraform }, () => {
  const expression = `jsonencode([${STRINGS.map(hclString).join(', ')}])`
  const { stdout, stderr } = spawnSync('terraform', ['console'], {
    cwd: directory,
    input: expression,
    encoding: 'utf8',
  })
  assert.deepEqual(JSON.parse(JSON.parse(stdout || JSON.stringify(stderr))), STRINGS)
})
