import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { generateAll } from '../../../src/trust/generate/generate.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'
import { pathOf, without } from '../../tools/programs.ts'
import { runPython, withoutModules } from '../../tools/python.ts'
import { ORG, PROJECT } from '../setup.ts'

const directory = mkdtempSync(join(tmpdir(), 'stack set-'))
after(() => rmSync(directory, { recursive: true }))

const ORGANIZATION = `[organization]
org_id = ${ORG}
project_id = ${PROJECT}
[account dev]
account_id = 111111111111
[account prod]
account_id = 222222222222
create_provider = false
`
const ROLES: Readonly<Record<string, string>> = {
  'one role everywhere': '[role deploy]\n',
  'roles of some accounts, two issuers, a chained one': `[role deploy]
tags = for=ci, null=no
max_session_duration = 7200
permissions_boundary = arn:aws:iam::aws:policy/PowerUserAccess
[role release]
accounts = prod
branch = it's-\${BRANCH}-"q"
vcs_origin = github.com/a/b
policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess
[role of-github]
repository = acme/site
ref = main
[role playground]
accounts = dev
trusts_role = arn:aws:iam::222222222222:role/deploy
external_id = acme:7
`,
}
const MORE_THAN_A_REQUEST = Array.from({ length: 90 }, (_, index) => `[role r-${index}]\n`).join('')

const generated = async (roles: string, target: 'stack-set' | 'terraform' = 'stack-set') => {
  const text = ORGANIZATION + roles
  return generateAll(target, await parseRolesFile(text, 'roles.ini', '.', { BRANCH: '$x' }))
}

const LINT = 'import sys; from cfnlint.runner import main; sys.exit(main())'
test('cfn-lint accepts the templates', { skip: withoutModules('cfnlint') }, async () => {
  const files = Object.values(ROLES).map(async (roles, index) => {
    const file = join(directory, `template-${index}.yaml`)
    writeFileSync(file, (await generated(roles)).files[0]?.text ?? '')
    return file
  })
  const { status, stdout, stderr } = runPython(['-c', LINT, ...(await Promise.all(files))])
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
})

for (const [name, roles] of Object.entries(ROLES)) {
  test(`shellcheck has nothing to say: ${name}`, { skip: without('shellcheck') }, async () => {
    const script = (await generated(roles)).files.find((file) => file.name === 'deploy.sh')?.text
    const options = { input: script, encoding: 'utf8' } as const
    const { status, stdout } = spawnSync(pathOf('shellcheck'), ['-'], options)
    assert.equal(status, 0, stdout)
  })
}

/** HashiCorp's own formatter and parser, built from the Go module by .ci/run; or `terraform fmt`. */
const HCLFMT = process.env['HCLFMT']
for (const [name, roles] of Object.entries(ROLES)) {
  test(`python-hcl2 parses the Terraform files: ${name}`, {
    skip: withoutModules('hcl2'),
  }, async () => {
    const { files } = await generated(roles, 'terraform')
    const program =
      'import hcl2,json,sys; print(json.dumps([hcl2.loads(one) for one in json.load(sys.stdin)]))'
    const { status, stdout, stderr } = runPython(
      ['-c', program],
      JSON.stringify(files.map(({ text }) => text)),
    )
    assert.equal(status, 0, stderr)
    const parsed = JSON.parse(stdout)
    const main = parsed[files.findIndex(({ name }) => name === 'main.tf')]
    assert.equal(main.module.length, 2, 'a module for each account')
    assert.equal(main.provider.length, 2)
  })

  test(`the formatter of Terraform leaves them as they are: ${name}`, {
    skip: HCLFMT ? false : without('terraform'),
  }, async () => {
    const [command = '', ...args] = HCLFMT ? [HCLFMT] : ['terraform', 'fmt', '-']
    for (const { text } of (await generated(roles, 'terraform')).files) {
      const { stdout, stderr } = spawnSync(command, args, { input: text, encoding: 'utf8' })
      assert.equal(stdout, text, stderr)
    }
  })
}

/** In the place of the AWS CLI: writes down what it is asked, and answers as the test wants. */
const AWS = `#!/bin/sh
echo "$*" >>"$LOG"
case $2 in
  list-stack-sets) printf %s "$FOUND" ;;
  create-stack-instances | update-stack-set) echo operation-1 ;;
  describe-stack-set-operation)
    read -r state rest <"$STATES"
    echo "$rest" >"$STATES"
    echo "$state" ;;
  list-stack-set-operation-results) echo '111111111111 FAILED: no permission' ;;
esac
`

interface Deployment {
  readonly roles?: string
  readonly found?: string
  readonly states?: string
  readonly env?: Readonly<Record<string, string>>
  readonly units?: readonly string[]
}

async function deploy({ roles = ROLES['one role everywhere'] ?? '', ...given }: Deployment) {
  const place = mkdtempSync(join(directory, 'run-'))
  for (const { name, text } of (await generated(roles)).files)
    writeFileSync(join(place, name), text)
  writeFileSync(join(place, 'aws'), AWS, { mode: 0o755 })
  writeFileSync(join(place, 'sleep'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(place, 'states'), given.states ?? 'SUCCEEDED SUCCEEDED')
  const { status, stdout, stderr } = spawnSync(
    'sh',
    [join(place, 'deploy.sh'), ...(given.units ?? ['ou-a', 'ou-b'])],
    {
      encoding: 'utf8',
      env: {
        PATH: `${place}:${process.env['PATH']}`,
        LOG: join(place, 'log'),
        STATES: join(place, 'states'),
        FOUND: given.found ?? '',
        ...given.env,
      },
    },
  )
  writeFileSync(join(place, 'log'), '', { flag: 'a' })
  const calls = readFileSync(join(place, 'log'), 'utf8').trim().split('\n')
  return { status, stdout, stderr, calls, named: calls.map((call) => call.split(' ')[1]) }
}

describe('deploy.sh, with an AWS CLI that answers as it is told', () => {
  test('waits for the end of each operation, as whoever it is told to be', async () => {
    const env = { CALL_AS: 'DELEGATED_ADMIN', STACK_SET_NAME: 'mine', CREATE_PROVIDER: 'false' }
    const states = 'RUNNING QUEUED SUCCEEDED SUCCEEDED'
    const { status, calls, named, stderr } = await deploy({ found: 'mine', states, env })
    assert.equal(status, 0, stderr)
    assert.deepEqual(named, [
      'validate-template',
      'list-stack-sets',
      'update-stack-set',
      ...Array(3).fill('describe-stack-set-operation'),
      'create-stack-instances',
      'describe-stack-set-operation',
      'list-stack-instances',
    ])
    for (const call of calls.slice(2)) {
      assert.match(call, /--stack-set-name mine .*--call-as DELEGATED_ADMIN/)
    }
    assert.match(calls[2] ?? '', /ParameterKey=CreateProvider,ParameterValue=false/)
    assert.match(calls[6] ?? '', /--deployment-targets OrganizationalUnitIds=ou-a,ou-b /)
  })

  test('an operation that failed: why, and nothing after it', async () => {
    const { status, stderr, named } = await deploy({ found: 'ci-oidc', states: 'FAILED' })
    assert.equal(status, 1)
    assert.match(
      stderr,
      /operation-1 on ci-oidc ended as FAILED:\n111111111111 FAILED: no permission/,
    )
    assert.ok(!named.includes('create-stack-instances'))
  })

  test('without a unit: how it is called, and nothing is done', async () => {
    const { status, stderr, calls } = await deploy({ units: [] })
    assert.deepEqual([status, stderr, calls], [2, 'Usage: sh deploy.sh OU_ID...\n', ['']])
  })

  test('a template that is too long for a request goes through the bucket', async () => {
    const roles = MORE_THAN_A_REQUEST
    const without = await deploy({ roles })
    assert.notEqual(without.status, 0)
    assert.match(without.stderr, /TEMPLATE_BUCKET/)
    const { status, calls, stderr } = await deploy({ roles, env: { TEMPLATE_BUCKET: 'b' } })
    assert.equal(status, 0, stderr)
    assert.match(calls[0] ?? '', /^s3 cp \S.*template\.yaml s3:\/\/b\/ci-oidc\.yaml$/)
    for (const call of [calls[1], calls[3]]) {
      assert.match(call ?? '', /--template-url https:\/\/b\.s3\.amazonaws\.com\/ci-oidc\.yaml/)
    }
  })
})
