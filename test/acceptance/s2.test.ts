import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, type TestContext, test } from 'node:test'
import { jobOf } from '../orb/config.ts'
import { openHost, runJob } from '../orb/job-runner.ts'
import { addTool } from '../orb/tools.ts'
import { AWS_CLI, withoutAwsCli } from '../tools/aws-cli.ts'
import { without } from '../tools/programs.ts'
import { runPython, withoutModules } from '../tools/python.ts'
import { type MotoAccount, openMotoAccount, withoutMoto } from '../trust/generate/moto-account.ts'
import { ACCOUNT, ORG, PROJECT } from '../trust/setup.ts'
import { Job } from './job.ts'
import { assertFits } from './schemas.ts'
import { createAuthority, serveOverTls } from './tls-server.ts'

// S2, CircleCI with an orb: the thumbprint of the issuer's CA; provider and role by Terraform or by the AWS
// CLI; a job whose role is in a variable of a context, which may list buckets and not repositories.

const HOST = `oidc.circleci.com/org/${ORG}`
const COORDINATES = ['--org-id', ORG, '--project-id', PROJECT]
const POLICY = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
const CONTEXT = { AWS_ROLE_ARN: `arn:aws:iam::${ACCOUNT}:role/circleci-oidc` }
const JOB = jobOf(
  { run: `echo 'export AWS_DEFAULT_REGION=eu-central-1' >> "$BASH_ENV"` },
  { 'aws-oidc/assume-role': { 'role-arn': '${AWS_ROLE_ARN}' } },
  { run: 'aws s3 ls' },
  { run: 'aws ecr describe-repositories' },
)

/** An issuer behind a CA of its own. */
async function startIssuer(t: TestContext) {
  const { pem, server: tls } = await createAuthority('CA of the issuer')
  let issuer = ''
  const documents = createServer((_, response) => {
    response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/.well-known/jwks-pub.json` }))
  })
  await new Promise<void>((resolve) => documents.listen(0, '127.0.0.1', resolve))
  t.after(() => documents.close())
  const { port } = documents.address() as { port: number }
  const server = { ...tls, cert: `${tls.cert}\n${pem}` }
  issuer = await serveOverTls(t, `http://127.0.0.1:${port}`, { pem, server })
  return { issuer, pem }
}

test('S2: the thumbprint is the SHA-1 of the last certificate where the keys are', async (t) => {
  const { issuer, pem } = await startIssuer(t)
  const job = new Job(t)
  job.env['AWS_CA_BUNDLE'] = job.write('ca.pem', pem)
  const { stdout } = await job.done(['trust', 'thumbprint', '--issuer', issuer, '--format', 'json'])
  const sha1 = new X509Certificate(pem).fingerprint.replaceAll(':', '').toLowerCase()
  assert.equal(JSON.parse(stdout).thumbprint, sha1)
  assertFits('trust-thumbprint', stdout)
})

/** What Terraform makes of the files: the trust policy of the role. */
function trustPolicyOf(files: string) {
  const program = 'import hcl2, json, sys; print(json.dumps(hcl2.loads(sys.stdin.read())))'
  // It keeps the quotation marks of strings.
  const { data, variable } = JSON.parse(
    runPython(['-c', program], files).stdout.replaceAll('\\"', ''),
  )
  const block = (list: Record<string, unknown>[], name: string) =>
    list.map((one) => one[name]).find(Boolean) as ReturnType<typeof JSON.parse>
  const valuesOf = (values: string | string[]) =>
    typeof values === 'string' ? block(variable, values.slice(6, -1)).default : values
  const [{ actions, condition }] = block(data, 'aws_iam_policy_document').trust.statement
  const conditions = condition.map(({ test: operator, variable: key, values }: Condition) => [
    operator,
    { [key]: valuesOf(values) },
  ])
  const Principal = { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}` }
  const Statement = [
    { Effect: 'Allow', Principal, Action: actions, Condition: Object.fromEntries(conditions) },
  ]
  return { Version: '2012-10-17', Statement }
}

interface Condition {
  readonly test: string
  readonly variable: string
  readonly values: string | string[]
}

const ATTACHED = ['--policy-arns', POLICY, '--tags', 'Name=circleci-oidc']

async function terraform(t: TestContext) {
  const job = new Job(t)
  const generate = ['trust', 'generate', '--for', 'terraform', '--out-dir', 'infra']
  await job.done([...generate, ...COORDINATES, ...ATTACHED])
  const names = ['main.tf', 'variables.tf', 'outputs.tf']
  return { job, text: names.map((name) => job.read(`infra/${name}`)).join('\n') }
}

test('S2: terraform fmt finds nothing to change', {
  skip: without('terraform'),
}, async (t) => {
  const { job } = await terraform(t)
  const args = ['fmt', '-check', '-diff', `${job.home}/infra`]
  const { status, stdout } = spawnSync('terraform', args, { encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})

test('S2: the role that Terraform makes allows the job, and no other project', {
  skip: withoutModules('hcl2'),
}, async (t) => {
  const trustPolicy = trustPolicyOf((await terraform(t)).text)
  const providers = [{ url: `https://${HOST}`, clientIds: [ORG] }]
  const roles = [{ name: 'circleci-oidc', trustPolicy }]
  const host = await openHost(t, { world: { accounts: { [ACCOUNT]: { providers, roles } } } })
  const { succeeded, output } = await runJob(host, JOB, { env: CONTEXT })
  assert.ok(succeeded, output)
  assert.match(
    output,
    new RegExp(`aws s3 ls as arn:aws:sts::${ACCOUNT}:assumed-role/circleci-oidc/`),
  )
  const sub = `org/${ORG}/project/00000000-0000-4000-8000-000000000000/user/u`
  const token = await host.sandbox.mint({ claims: { sub } })
  const refused = await runJob(host, JOB, { env: { ...CONTEXT, CIRCLE_OIDC_TOKEN_V2: token } })
  assert.match(refused.output, /Error access-denied: /)
})

let account: MotoAccount
before(async () => {
  if (!withoutMoto) account = await openMotoAccount()
})
after(() => account?.close())

test('S2: the AWS CLI makes the role; s3 ls works, and AWS refuses what the role may not do', {
  skip: withoutMoto || withoutAwsCli,
}, async (t) => {
  const job = new Job(t)
  const generate = ['trust', 'generate', '--for', 'aws-cli', '--account-id', ACCOUNT]
  const { stdout: script } = await job.done([...generate, ...COORDINATES, ...ATTACHED])
  assert.equal(account.runScript(script).status, 0)
  account.runScript('aws s3 mb s3://builds')

  const host = await openHost(t)
  addTool(host.bin, 'aws', `exec '${AWS_CLI}' "$@"`)
  // From the second request on, moto asks for permission: the first is the exchange.
  await fetch(`${account.url}/moto-api/reset-auth`, { method: 'POST', body: '1' })
  const aws = { AWS_ENDPOINT_URL: account.url, AWS_ENDPOINT_URL_STS: account.url }
  const { steps, output } = await runJob(host, JOB, { env: { ...CONTEXT, ...aws } })
  assert.deepEqual(
    steps.map(({ code }) => code === 0),
    [true, true, true, true, false],
    output,
  )
  assert.match(steps[3]?.stdout ?? '', / builds$/m)
  assert.match(steps[4]?.stderr ?? '', /AccessDenied.* not authorized to perform: ecr:DescribeRepo/)
})
