import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { generateAll } from '../../../src/trust/generate/generate.ts'
import type { Organization } from '../../../src/trust/roles/organization.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'
import { CLI } from '../../acceptance/built-cli.ts'
import { Job } from '../../acceptance/job.ts'
import { jwt, secondsFromNow } from '../../token/jwt.ts'
import { ORG, PROJECT, USER } from '../setup.ts'
import { type MotoAccount, openMotoAccount, withoutMoto as skip } from './moto-account.ts'

const ACCOUNTS = Array.from({ length: 20 }, (_, index) => `${100_000_000_001 + index}`)
const BOUNDARY = 'arn:aws:iam::aws:policy/PowerUserAccess'

/** Twenty accounts with three roles each. */
function rolesFile(duration = 7200): string {
  const accounts = ACCOUNTS.map(
    (id, index) => `[account team-${index}]\naccount_id = ${id}\nregion = eu-central-1\n`,
  )
  return `[organization]
org_id = ${ORG}
project_id = ${PROJECT}
tags = owner=platform, for=ci
${accounts.join('')}
[role deploy]
policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess
max_session_duration = ${duration}
[role release]
vcs_origin = github.com/acme/website
branch = main
permissions_boundary = ${BOUNDARY}
[role audit]
policy_arns = arn:aws:iam::aws:policy/SecurityAudit
`
}

// moto answers one request at a time, and sixty come at once.
const PATIENCE = ['--timeout-seconds', '600', '--max-attempts', '50']

const organization = (text: string): Promise<Organization> =>
  parseRolesFile(text, 'roles.ini', '.', {})

describe('20 accounts with 3 roles each, from one file', { skip }, () => {
  let moto: MotoAccount
  before(async () => {
    moto = await openMotoAccount()
  })
  after(() => moto?.close())

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
    const { text } = generateAll('profiles', await organization(rolesFile()))
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
    const expected = ACCOUNTS.flatMap((account) =>
      ['deploy', 'release', 'audit'].map((name) => `arn:aws:sts::${account}:assumed-role/${name}`),
    )
    assert.deepEqual(arns.sort(), expected.sort())
  })
})

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
