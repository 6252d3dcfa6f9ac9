import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { OidcError } from '../../../src/errors.ts'
import { rolesOfProjects } from '../../../src/trust/roles/organization.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'
import { ORG, PROJECT } from '../setup.ts'

const directory = mkdtempSync(join(tmpdir(), 'roles-file-'))
after(() => rmSync(directory, { recursive: true }))
writeFileSync(join(directory, 'permissions.json'), '{"Statement": []}')

const OTHER = '71c9e5a8-3b40-4d26-a1f7-c8e2d6b40953'
const ACCOUNTS = `[organization]
org_id = ${ORG}
[account dev]
account_id = 111111111111
region = eu-central-1
[account prod]
account_id = 222222222222
create_provider = false
`
const parse = (roles: string, env = {}) =>
  parseRolesFile(ACCOUNTS + roles, 'roles.ini', directory, env)

async function role(text: string, env = {}) {
  const { roles } = await parse(`[role a]\n${text}`, env)
  assert.ok(roles[0])
  return roles[0]
}

/** The subjects that the first role trusts. */
async function subjects(text: string): Promise<readonly string[]> {
  const { party } = (await role(text)).setup
  return party.kind === 'tokens' ? party.subjects : []
}

describe('roles', () => {
  test('in every account, or in those named by name or id', async () => {
    const everywhere = await role(`project_id = ${PROJECT}`)
    assert.deepEqual(
      everywhere.accounts.map(({ name, createProvider }) => [name, createProvider]),
      [
        ['dev', true],
        ['prod', false],
      ],
    )
    const some = await role(`project_id = ${PROJECT}\naccounts = 222222222222`)
    assert.deepEqual(
      some.accounts.map(({ name }) => name),
      ['prod'],
    )
  })

  test('for several projects and branches: each with each', async () => {
    const user = '????????-????-????-????-????????????'
    assert.deepEqual(
      await subjects(`project_id = ${PROJECT},
  ${OTHER}
vcs_origin = github.com/acme/website
branch = main, release/*`),
      [PROJECT, OTHER].flatMap((project) =>
        ['main', 'release/*'].map(
          (branch) =>
            `org/${ORG}/project/${project}/user/${user}/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/${branch}`,
        ),
      ),
    )
  })

  test('as many repositories as projects: one for each, not each with each', async () => {
    const found = await subjects(
      `project_id = ${PROJECT} ${OTHER}\nvcs_origin = github.com/a/one github.com/a/two\nbranch = main`,
    )
    assert.deepEqual(
      found.map((one) => /project\/(.{4}).*vcs-origin\/(.*)\/vcs-ref/.exec(one)?.slice(1)),
      [
        [PROJECT.slice(0, 4), 'github.com/a/one'],
        [OTHER.slice(0, 4), 'github.com/a/two'],
      ],
    )
  })

  test('[organization] holds for what a role leaves out, but not for another CI', async () => {
    const [circleci, github, gitlab] = (
      await parse(`[role a]\nproject_id = ${PROJECT}
[role b]\nrepository = acme/website\nref = main
[role c]\nproject_path = acme/website`)
    ).roles.map(({ setup }) => setup.party)
    assert.ok(circleci?.kind === 'tokens' && github?.kind === 'tokens' && gitlab?.kind === 'tokens')
    assert.equal(circleci.issuer, `https://oidc.circleci.com/org/${ORG}`)
    assert.equal(circleci.audience, ORG)
    assert.equal(github.audience, 'sts.amazonaws.com')
    assert.equal(gitlab.issuer, 'https://gitlab.com')
  })

  test('what a role is: policies, boundary, tags with blanks, variables', async () => {
    const { setup, durationSeconds, region } = await role(
      `project_id = \${PROJECT}
role_name = app+deploy
policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess
# a comment between
  arn:aws:iam::aws:policy/AmazonS3FullAccess
permission_policy = permissions.json
permissions_boundary = arn:aws:iam::aws:policy/PowerUserAccess
max_session_duration = 7200
duration_seconds = 7200
tags = Owner=Platform Team, for=ci
region = us-east-1`,
      { PROJECT },
    )
    assert.equal(setup.roleName, 'app+deploy')
    assert.equal(setup.policyArns.length, 2)
    assert.deepEqual(setup.permissionPolicy, { Statement: [] })
    assert.equal(setup.permissionsBoundary, 'arn:aws:iam::aws:policy/PowerUserAccess')
    assert.deepEqual(
      [...setup.tags],
      [
        ['Owner', 'Platform Team'],
        ['for', 'ci'],
      ],
    )
    assert.deepEqual([durationSeconds, region, setup.maxSessionDuration], [7200, 'us-east-1', 7200])
  })

  test('of a project: those that name it, and those that are assumed from them', async () => {
    const organization = await parse(`[role a]\nproject_id = ${PROJECT}\naccounts = dev
[role b]\nproject_id = ${OTHER}
[role c]\ntrusts_role = arn:aws:iam::111111111111:role/a\naccounts = prod
[role d]\ntrusts_role = arn:aws:iam::222222222222:role/c\naccounts = dev
[role e]\ntrusts_role = arn:aws:iam::222222222222:role/b\naccounts = dev`)
    const names = rolesOfProjects(organization, [PROJECT]).map(({ name }) => name)
    assert.deepEqual(names, ['a', 'c', 'd'])
  })
})

/** Texts, and what is said of them: line and words. */
const PROBLEMS: readonly (readonly [text: string, ...expected: RegExp[]])[] = [
  ['[rol a]', /line 1: "\[rol a\]" is not a section.*Did you mean "role"/],
  ['[role]', /line 1: \[role\] takes a name/],
  ['[organization x]', /line 1: \[organization\] takes no name/],
  ['key = 1', /line 1: there is text before the first \[section\]/],
  ['[organization]\n[role a', /line 2: the section header lacks a name or "\]"/],
  ['[account a]\nacount_id = 1', /line 2: "acount_id" is not a key.*Did you mean "account_id"/],
  ['[account a]\naccount_id = 12345678901', /line 2: account_id has "12345678901".*12 digits/],
  ['[account a]', /line 1: \[account a\] has no account_id/],
  ['[account a/b]\naccount_id = 111111111111', /line 1: "a\/b" may have only letters/],
  [
    '[account a]\naccount_id = 111111111111\n[account b]\naccount_id = 111111111111',
    /line 3: the account 111111111111 is \[account a\] already/,
  ],
  ['[account a]\naccount_id = ${NONE}', /line 2: account_id refers to .* NONE/],
  ['[role a]\nproject_id = x', /line 1: .*No trusted entity is given/, /there is no account/],
  [`[role a]\norg_id = ${ORG}\nproject_id = x`, /line 1: project_id is "x", but it must be a UUID/],
  [`[role a]\norg_id = ${ORG}`, /line 1: project_id is missing/],
  [
    `[role a]\norg_id = ${ORG}\nrepository = a/b`,
    /line 1: org_id and repository cannot be combined/,
  ],
  [`[role a]\nproject_path = a/b\nbranch = main`, /branch does not apply with project_path/],
  [
    `[role a]\nproject_path = a/b\nref = main\nref_type = x`,
    /line 4: ref_type is "x"; choose branch/,
  ],
  [`[role a]\nproject_path = a/b\npolicy_arns = x`, /line 1: policy_arns has "x"/],
  [`[role a]\nproject_path = a/b\ntags = x`, /line 3: tags has "x", which has no "="/],
  [`[role a]\nproject_path = a/b\nmax_session_duration = 60`, /line 3: .*from 3600 to 43200/],
  [`[role a]\nproject_path = a/b\nduration_seconds = 7200`, /line 3: .*more than the max_session/],
  [`[role a]\nproject_path = a/b\naccounts = x`, /line 3: accounts has "x"/],
  [`[role a]\nproject_path = a/b\npermission_policy = none.json`, /line 3: .*ENOENT/],
  [
    `[role a]\nproject_path = a/b\nproject_path = a/c`,
    /line 3: "project_path" is on line 2 already/,
  ],
  [
    `[role a]\nproject_path = a/b\n[role a]\nproject_path = a/c`,
    /line 3: "\[role a\]" is on line 1/,
  ],
  [`[role a]\nproject_path =`, /line 2: project_path has no value/],
  [
    `[account x]\naccount_id = 111111111111\n[role a]\nproject_path = a/b\n[role b]\nrole_name = A\nproject_path = a/c`,
    /The account 111111111111 would get two roles named A/,
  ],
  [
    `[account x]\naccount_id = 111111111111\n[role a]\nproject_path = a/b\nrole_name = ..`,
    /role_name is "\.\."/,
  ],
  ['', /there is no account/, /there is no role/],
]
for (const [text, ...expected] of PROBLEMS) {
  test(`refused: ${JSON.stringify(text).slice(0, 90)}`, async () => {
    await assert.rejects(parseRolesFile(text, 'roles.ini', directory, {}), (error: OidcError) => {
      assert.equal(error.code, 'invalid-roles-file')
      for (const one of expected) assert.match(error.message, one)
      return true
    })
  })
}

test('all problems at once, in the order of their lines', async () => {
  await assert.rejects(parse('[role a]\nprojekt_id = 1\n[rolle b]\nx'), (error: OidcError) => {
    const lines = [...error.message.matchAll(/^ {2}line (\d+): /gm)].map(([, line]) => Number(line))
    assert.deepEqual(lines, [10, 11, 12], error.message)
    return true
  })
})
