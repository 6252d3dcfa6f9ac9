import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { readWorld } from '../../../src/sandbox/index.ts'
import { generateAll } from '../../../src/trust/generate/generate.ts'
import type { Organization } from '../../../src/trust/roles/organization.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'
import { CLI } from '../../acceptance/built-cli.ts'
import { Job, startJob } from '../../acceptance/job.ts'
import { jwt, secondsFromNow } from '../../token/jwt.ts'
import { ORG, PROJECT, USER } from '../setup.ts'
import {
  type AccountState,
  type MotoAccount,
  openMotoAccount,
  withoutMoto as skip,
} from './moto-account.ts'
import {
  blocksOf,
  inProject,
  organizationalUnits,
  worldOf,
  writeProfile,
} from './moto-organization.ts'

const ACCOUNTS = Array.from({ length: 20 }, (_, index) => `${100_000_000_001 + index}`)
/** The scripts call the AWS CLI some twenty times for each account: `npm run test:organization` has them set up all. */
const isFull = process.env['ORGANIZATION'] === 'full'
const SET_UP = isFull ? ACCOUNTS : ACCOUNTS.slice(0, 2)
const BOUNDARY = 'arn:aws:iam::aws:policy/PowerUserAccess'

/** Accounts with three roles each. */
function rolesFile(ids = ACCOUNTS, change: { duration?: number; more?: string } = {}): string {
  const accounts = ids.map(
    (id, index) => `[account team-${index}]\naccount_id = ${id}\nregion = eu-central-1\n`,
  )
  return `[organization]
org_id = ${ORG}
project_id = ${PROJECT}
tags = owner=platform, for=ci
${accounts.join('')}
[role deploy]
policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess
max_session_duration = ${change.duration ?? 7200}
[role release]
vcs_origin = github.com/acme/website
branch = main
permissions_boundary = ${BOUNDARY}
[role audit]
policy_arns = arn:aws:iam::aws:policy/SecurityAudit
${change.more ?? ''}`
}

// moto answers one request at a time, and sixty come at once.
const PATIENCE = ['--timeout-seconds', '600', '--max-attempts', '50']

const organization = (text: string): Promise<Organization> =>
  parseRolesFile(text, 'roles.ini', '.', {})

const ANYBODY = '????????-????-????-????-????????????'
const subject = (user: string, rest: string) => ({
  StringEquals: { [`oidc.circleci.com/org/${ORG}:aud`]: ORG },
  StringLike: {
    [`oidc.circleci.com/org/${ORG}:sub`]: `org/${ORG}/project/${PROJECT}/user/${user}${rest}`,
  },
})
const MAIN = '/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main'

/** What the file says of each account. */
const EXPECTED = {
  deploy: {
    conditions: subject('*', ''),
    duration: 7200,
    boundary: null,
    attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
  },
  release: {
    conditions: subject(ANYBODY, MAIN),
    duration: 3600,
    boundary: BOUNDARY,
    attached: [],
  },
  audit: {
    conditions: subject('*', ''),
    duration: 3600,
    boundary: null,
    attached: ['arn:aws:iam::aws:policy/SecurityAudit'],
  },
}

/** What was asked for, of what an account has. */
function rolesOf({ roles }: AccountState) {
  const entries = Object.entries(roles).map(([name, role]) => {
    const { trustPolicy, duration, boundary, attached, tags } = role
    assert.deepEqual(tags, { owner: 'platform', for: 'ci' })
    return [name, { conditions: trustPolicy.Statement[0]?.Condition, duration, boundary, attached }]
  })
  return Object.fromEntries(entries)
}

/** The generated files of a target, in a directory of their own. */
async function filesOf(target: 'aws-cli' | 'stack-set', text: string, home: string) {
  const directory = mkdtempSync(join(home, `${target}-`))
  for (const file of generateAll(target, await organization(text)).files) {
    const path = join(directory, file.name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, file.text)
  }
  return directory
}

describe('accounts with 3 roles each, from one file', { skip }, () => {
  let moto: MotoAccount
  before(async () => {
    moto = await openMotoAccount()
  })
  after(() => moto?.close())

  async function setUp(text: string) {
    const directory = await filesOf('aws-cli', text, moto.home)
    const { status, stdout, stderr } = moto.runScript('', [join(directory, 'set-up.sh')])
    assert.equal(status, 0, stderr)
    return stdout.trim().split('\n')
  }

  test(`the generated scripts set up ${SET_UP.length} accounts, and apply a changed file`, async (t) => {
    const arns = SET_UP.flatMap((id) =>
      Object.keys(EXPECTED).map((name) => `arn:aws:iam::${id}:role/${name}`),
    )
    assert.deepEqual(await setUp(rolesFile(SET_UP)), arns)
    const first = moto.accounts(SET_UP)
    for (const state of Object.values(first)) {
      assert.deepEqual(state.providers, { [`oidc.circleci.com/org/${ORG}`]: [ORG] })
      assert.deepEqual(rolesOf(state), EXPECTED)
    }
    if (isFull) {
      assert.deepEqual(await setUp(rolesFile(SET_UP)), arns)
      assert.deepEqual(moto.accounts(SET_UP), first, 'the same roles, with the same ids')
    }

    const nightly = '[role nightly]\nvcs_origin = github.com/acme/website\nbranch = main\n'
    await setUp(rolesFile(SET_UP, { duration: 14_400, more: nightly }))
    const { deploy, release } = EXPECTED
    const changed = {
      ...EXPECTED,
      deploy: { ...deploy, duration: 14_400 },
      nightly: { ...release, boundary: null },
    }
    const last = moto.accounts(SET_UP)
    for (const id of SET_UP) {
      assert.deepEqual(rolesOf(last[id] as AccountState), changed)
      for (const name of Object.keys(EXPECTED)) {
        assert.equal(last[id]?.roles[name]?.id, first[id]?.roles[name]?.id, 'the same role')
      }
    }
    await t.test('what is there then lets the profiles of the same file in', (t) =>
      assumeAll(t, worldOf(last)),
    )
  })

  test('deploy.sh deploys the stack set to the accounts of a unit, and brings it up to date', async (t) => {
    const { units, ids } = organizationalUnits(moto)
    const [one = ''] = ids
    const text = (more: string) => rolesFile(ids, { more: `accounts = team-0\n${more}` })
    const deploy = async (given: string) => {
      const directory = await filesOf('stack-set', given, moto.home)
      return { directory, ...moto.runScript('', [join(directory, 'deploy.sh'), ...units]) }
    }
    for (const given of [text(''), text('[role nightly]\n')]) {
      const { directory, status, stdout, stderr } = await deploy(given)
      assert.equal(status, 0, stderr)
      assert.deepEqual(stdout.trim().split('\n').sort(), ids.map((id) => `${id}\tSUCCEEDED`).sort())
      const query = '--query StackSet.[PermissionModel,TemplateBody] --output json'
      const set = moto.runScript(
        `aws cloudformation describe-stack-set --stack-set-name ci-oidc ${query}`,
      )
      const template = readFileSync(join(directory, 'template.yaml'), 'utf8')
      assert.deepEqual(JSON.parse(set.stdout), ['SERVICE_MANAGED', template])
    }
    for (const [id, { roles }] of Object.entries(moto.accounts(ids))) {
      // The role that Organizations makes in an account is none of ours.
      const { OrganizationAccountAccessRole, ...made } = roles
      assert.ok(OrganizationAccountAccessRole)
      const names = id === one ? ['audit', 'deploy', 'release'] : ['deploy', 'release']
      assert.deepEqual(Object.keys(made).sort(), names)
      assert.equal(roles['deploy']?.duration, 7200)
    }
    await t.test('as docs/organization.md says', () => {
      const commands = blocksOf('docs/organization.md', '### With CloudFormation StackSets')
        .replace('ou-abcd-11111111 ou-abcd-22222222', units.join(' '))
        .replace('ou-abcd-11111111', units[0] ?? '')
        .replace('333333333333', one)
      assert.match(inProject(moto, commands), /"OperationId": "[\w-]+"/)
    })
  })

  test('the audit reads what the AWS CLI prints of such an account', async (t) => {
    const [id = '', other = ''] = SET_UP
    writeProfile(moto, 'prod', id)
    writeProfile(moto, 'dev', other)
    await t.test('as docs/trust-audit.md says', () => {
      const said = inProject(
        moto,
        blocksOf('docs/trust-audit.md', '# trust audit').split('cat >')[0],
      )
      assert.match(said, /^8 of 8 roles trust a CI\. Findings: 4 low\.$/m)
      assert.match(said, /^low +100000000002 +deploy +project 3c2d5e10-/m)
    })
    const answers = `aws iam list-roles --profile prod
aws iam get-role --role-name release --profile prod
aws iam list-open-id-connect-providers --profile prod`
    const audit = (options: string) =>
      moto.runScript(
        `{ ${answers}; } | "${process.execPath}" "${CLI}" trust audit --input - ${options}`,
      )
    const failed = audit('--format json --fail-on low')
    assert.equal(failed.status, 4, failed.stderr)
    const report = JSON.parse(failed.stdout)
    assert.equal(JSON.stringify(report).includes('any-branch'), true)
  })

  test('all assumed in one step by the generated profiles file', async (t) => {
    const job = new Job(t, {
      AWS_ENDPOINT_URL_STS: moto.url,
      CIRCLE_OIDC_TOKEN_V2: jwt({
        iss: `https://oidc.circleci.com/org/${ORG}`,
        aud: ORG,
        sub: `org/${ORG}/project/${PROJECT}/user/${USER}`,
        exp: secondsFromNow(600),
      }),
    })
    const { text } = generateAll('profiles', await organization(rolesFile(SET_UP)))
    const path = join(moto.home, 'profiles')
    writeFileSync(path, text)
    const { stdout } = await job.done([
      'assume-role',
      '--profiles-file',
      path,
      '--format',
      'json',
      ...PATIENCE,
    ])
    const arns = JSON.parse(stdout).profiles.map((one: { assumedRoleArn: string }) =>
      one.assumedRoleArn.replace(/\/[^/]*$/, ''),
    )
    const expected = SET_UP.flatMap((account) =>
      ['deploy', 'release', 'audit'].map((name) => `arn:aws:sts::${account}:assumed-role/${name}`),
    )
    assert.deepEqual(arns.sort(), expected.sort())
  })
})

async function assumeAll(t: TestContext, world: object) {
  const { job } = await startJob(t, { world: readWorld(world) })
  const { text } = generateAll('profiles', await organization(rolesFile(SET_UP)))
  const args = ['assume-role', '--profiles-file', job.write('profiles', text), '--format', 'json']
  const { stdout } = await job.done(args)
  assert.equal(JSON.parse(stdout).profiles.length, 3 * SET_UP.length)
}

test('the sandbox rehearses the same file: 60 roles in one step, and another branch refused', async (t) => {
  const made = await organization(rolesFile())
  const job = new Job(t)
  writeFileSync(join(job.home, 'world.json'), generateAll('world', made).text)
  const world = JSON.parse(generateAll('world', made).text)
  writeFileSync(join(job.home, 'profiles'), generateAll('profiles', made).text)
  assert.deepEqual([world.organization, world.project], [ORG, PROJECT])
  const run = (path: string) =>
    job.run([
      'sandbox',
      '--world',
      path,
      '--',
      process.execPath,
      CLI,
      'assume-role',
      '--profiles-file',
      join(job.home, 'profiles'),
      '--format',
      'json',
    ])
  const { code, stdout, stderr } = await run(join(job.home, 'world.json'))
  assert.equal(code, 0, stderr)
  assert.equal(JSON.parse(stdout).profiles.length, 60)
  writeFileSync(
    join(job.home, 'other.json'),
    JSON.stringify({ ...world, job: { ...world.job, branch: 'feature' } }),
  )
  const refused = await run(join(job.home, 'other.json'))
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /release/)
})

const OTHER_PROJECT = '9b1f7a44-6c3d-4e0b-8f52-1d2c3b4a5e6f'

test('of many projects, the sandbox rehearses the one that is chosen', async (t) => {
  const more = `[role other]
project_id = ${OTHER_PROJECT}
vcs_origin = github.com/acme/other
branch = main
[role shared]
project_id = ${PROJECT}, ${OTHER_PROJECT}
`
  const job = new Job(t)
  const roles = job.write('roles.ini', rolesFile(SET_UP, { more }))
  const made = async (...args: string[]) =>
    (await job.done(['trust', 'generate', '--roles-file', roles, ...args])).stdout
  const chosen = ['--project-id', OTHER_PROJECT]
  const world = job.write('world.json', await made('--for', 'world', ...chosen))
  const profiles = job.write('profiles', await made('--for', 'profiles', ...chosen))
  const { stdout } = await job.done([
    ...['sandbox', '--world', world, '--', process.execPath, CLI],
    ...['assume-role', '--profiles-file', profiles, '--format', 'json'],
  ])
  const names = JSON.parse(stdout).profiles.map(({ profile }: { profile: string }) => profile)
  assert.deepEqual(
    names.sort(),
    SET_UP.flatMap((_, index) => [`team-${index}-other`, `team-${index}-shared`]),
  )
  const refused = await job.run([
    'trust',
    'generate',
    '--roles-file',
    roles,
    '--for',
    'terraform',
    ...chosen,
  ])
  assert.equal(refused.code, 2)
})

test('a note on several roles stands once, with how many they are', async (t) => {
  const job = new Job(t)
  const more = '[role nightly]\nvcs_origin = github.com/acme/website\nbranch = main\n'
  const roles = job.write('roles.ini', rolesFile(SET_UP, { more }))
  const { stderr } = await job.done(['trust', 'generate', '--roles-file', roles])
  assert.match(stderr, /^Note: \[role release\] and 1 more: Only V2 tokens .*\n$/)
})
