import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  generate,
  generateAll,
  organizationNotes,
  setupNotes,
} from '../../../src/trust/generate/generate.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import { ACCOUNT, circleci, ORG, PROJECT, setupFor } from '../setup.ts'

const DEV = '[account dev]\naccount_id = 111111111111\n'
const PROD = '[account prod]\naccount_id = 222222222222\nregion = eu-west-1\n'
const COMMON = `[organization]\norg_id = ${ORG}\nproject_id = ${PROJECT}\n`
const OTHER_PROJECT = '9b1f7a44-6c3d-4e0b-8f52-1d2c3b4a5e6f'
const organization = (text: string) => parseRolesFile(text, 'roles.ini', '.', {})
const role = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`
const [IN_DEV, IN_PROD] = ['111111111111', '222222222222']

/** A roles file, and the profiles file of the job: sections of the config file with the keys of docs/profiles-file.md. */
const PROFILES: Readonly<Record<string, readonly [text: string, profiles: string]>> = {
  'one account: profiles are called like the roles': [
    `${COMMON}${DEV}[role deploy]\n[role release]\nrole_name = releaser\n`,
    `[profile deploy]
role_arn = ${role(IN_DEV, 'deploy')}

[profile release]
role_arn = ${role(IN_DEV, 'releaser')}
`,
  ],
  'several accounts, their regions, and what a role says of its own': [
    `${COMMON}${DEV}${PROD}[role deploy]
[role release]
accounts = prod
region = us-east-1
duration_seconds = 900
partition = aws
`,
    `[profile dev-deploy]
role_arn = ${role(IN_DEV, 'deploy')}

[profile prod-deploy]
role_arn = ${role(IN_PROD, 'deploy')}
region = eu-west-1

[profile prod-release]
role_arn = ${role(IN_PROD, 'release')}
duration_seconds = 900
region = us-east-1
`,
  ],
  'a chained role has the profile of the role that it trusts for its source; without one it has none':
    [
      `${COMMON}${DEV}${PROD}[role deploy]
accounts = dev
[role playground]
accounts = prod
trusts_role = ${role(IN_DEV, 'deploy')}
external_id = acme:7
[role lost]
accounts = prod
trusts_role = ${role(IN_PROD, 'deploy')}
`,
      `[profile dev-deploy]
role_arn = ${role(IN_DEV, 'deploy')}

[profile prod-playground]
role_arn = ${role(IN_PROD, 'playground')}
source_profile = dev-deploy
external_id = acme:7
region = eu-west-1
`,
    ],
  'an audience that has to be minted, of CircleCI alone': [
    `${DEV}[role own]
org_id = ${ORG}
project_id = ${PROJECT}
audience = sts.amazonaws.com
[role usual]
org_id = ${ORG}
project_id = ${PROJECT}
audience = ${ORG}
[role of-github]
repository = acme/site
audience = mine
`,
    `[profile own]
role_arn = ${role(IN_DEV, 'own')}
audience = sts.amazonaws.com

[profile usual]
role_arn = ${role(IN_DEV, 'usual')}

[profile of-github]
role_arn = ${role(IN_DEV, 'of-github')}
`,
  ],
}

describe('the profiles of the job', () => {
  for (const [name, [text, profiles]] of Object.entries(PROFILES)) {
    test(name, async () => {
      const generated = generateAll('profiles', await organization(text))
      assert.equal(generated.text, profiles)
      assert.deepEqual(generated.files, [{ name: 'profiles', text: profiles }])
    })
  }

  test('of a role that is named alone, in another partition', () => {
    const { text } = generate('profiles', setupFor(circleci(), { partition: 'aws-cn' }))
    assert.equal(
      text,
      `[profile circleci-oidc]\nrole_arn = arn:aws-cn:iam::${ACCOUNT}:role/circleci-oidc\n`,
    )
  })

  test('a note on each role that has no profile, and on no other', async () => {
    const lost = `[role lost]\ntrusts_role = ${role(IN_PROD, 'deploy')}\n`
    const notes = organizationNotes(
      'profiles',
      await organization(`${COMMON}${DEV}[role deploy]\n${lost}`),
    )
    assert.equal(notes.length, 1)
    assert.match(notes[0] ?? '', new RegExp(`no profile lost: .* ${role(IN_PROD, 'deploy')},`))
  })
})

describe('the notes on the roles of an organization', () => {
  test('each stands once, with the roles that it is about', async () => {
    const chained = (name: string) =>
      `[role ${name}]\nrole_name = r\naccounts = ${name}\ntrusts_role = ${role(IN_DEV, 'deploy')}\n`
    const text = `${COMMON}${DEV}${PROD}[role deploy]\n${chained('dev')}${chained('prod')}`
    assert.deepEqual(organizationNotes('aws-cli', await organization(text)), [
      `[role dev] and 1 more: ${role(IN_DEV, 'deploy')} also needs the permission sts:AssumeRole for the role r.`,
    ])
    const one = `${COMMON}${DEV}${PROD}${chained('dev')}`
    const [note = ''] = organizationNotes('terraform', await organization(one))
    assert.match(note, /^\[role dev\]: arn:/)
  })

  test('a role that is named alone is said to be in its account', () => {
    const [note = ''] = setupNotes(setupFor(trustedRole(role(IN_DEV, 'a'), undefined)))
    assert.match(note, / for the role circleci-oidc in account 123456789012\.$/)
  })
})

test('a trust policy for each role of each account, on stdout by account', async () => {
  const text = `${COMMON}${DEV}${PROD}[role deploy]\n[role release]\naccounts = prod\nrole_name = r\n`
  const { files, text: all } = generateAll('trust-policy', await organization(text))
  assert.deepEqual(
    files.map(({ name }) => name),
    ['dev/deploy.json', 'prod/deploy.json', 'prod/r.json'],
  )
  const [dev, prod, r] = files.map((file) => JSON.parse(file.text))
  assert.deepEqual(JSON.parse(all), { [IN_DEV]: { deploy: dev }, [IN_PROD]: { deploy: prod, r } })
  const principals = [dev, prod, r].map(({ Statement: [one] }) => one.Principal.Federated)
  assert.deepEqual(
    principals.map((arn: string) => arn.split(':')[4]),
    [IN_DEV, IN_PROD, IN_PROD],
  )
})

const HOST = `oidc.circleci.com/org/${ORG}`
const BRANCH = 'vcs_origin = github.com/acme/website\nbranch = release/*\n'
const job = (project: string = PROJECT) => ({
  organization: ORG,
  project,
  issuer: `https://${HOST}`,
})

/** A roles file, the projects asked for, and whose job is rehearsed. */
const REHEARSED: Readonly<
  Record<string, readonly [text: string, projects: readonly string[], expected: object]>
> = {
  'the first role that names a project': [`${COMMON}${DEV}[role deploy]\n`, [], job()],
  'on a branch that one of its roles asks for; a pattern is filled': [
    `${COMMON}${DEV}[role deploy]\n[role release]\n${BRANCH}`,
    [],
    { ...job(), job: { repository: 'github.com/acme/website', branch: 'release/rehearsal' } },
  ],
  'on a branch as it is named': [
    `${COMMON}${DEV}[role release]\n${BRANCH.replace('release/*', 'main')}`,
    [],
    { ...job(), job: { repository: 'github.com/acme/website', branch: 'main' } },
  ],
  'the branch of another project is none of its own': [
    `${COMMON}${DEV}[role deploy]\n[role other]\nproject_id = ${OTHER_PROJECT}\n${BRANCH}`,
    [],
    job(),
  ],
  'the project that is asked for': [
    `${COMMON}${DEV}[role deploy]\n[role other]\nproject_id = ${OTHER_PROJECT}\n${BRANCH}`,
    [OTHER_PROJECT],
    {
      ...job(OTHER_PROJECT),
      job: { repository: 'github.com/acme/website', branch: 'release/rehearsal' },
    },
  ],
  'one of those that are asked for': [
    `${COMMON}${DEV}[role other]\nproject_id = ${OTHER_PROJECT}\n`,
    [PROJECT, OTHER_PROJECT],
    job(OTHER_PROJECT),
  ],
  'any project': [
    `${DEV}[role deploy]\norg_id = ${ORG}\nany_project = true\n`,
    [],
    { organization: ORG, issuer: `https://${HOST}` },
  ],
  'another CI has an issuer alone': [
    `${DEV}[role deploy]\nrepository = acme/site\n[role chained]\ntrusts_role = ${role(IN_PROD, 'a')}\n`,
    [],
    { issuer: 'https://token.actions.githubusercontent.com' },
  ],
  'roles of another CI before those of CircleCI': [
    `${DEV}[role a]\nrepository = acme/site\n[role b]\norg_id = ${ORG}\nproject_id = ${PROJECT}\n`,
    [],
    job(),
  ],
  'chained roles have none': [
    `${DEV}[role chained]\ntrusts_role = ${role(IN_PROD, 'a')}\n`,
    [],
    {},
  ],
}

describe('the world of the sandbox', () => {
  for (const [name, [text, projects, expected]] of Object.entries(REHEARSED)) {
    test(`whose job is rehearsed: ${name}`, async () => {
      const generated = generateAll('world', await organization(text), projects)
      const { accounts, ...rest } = JSON.parse(generated.text)
      assert.deepEqual(rest, expected)
      assert.deepEqual(Object.keys(accounts), [IN_DEV])
      assert.deepEqual(generated.files, [{ name: 'world.json', text: generated.text }])
    })
  }

  test('its accounts, providers and roles', async () => {
    const text = `${COMMON}partition = aws-cn\n${DEV}${PROD}[account none]\naccount_id = 333333333333
[role deploy]
accounts = dev, prod
max_session_duration = 7200
[role of-github]
accounts = prod
repository = acme/site
ref = main
`
    const made = await organization(text)
    const { accounts } = JSON.parse(generateAll('world', made).text)
    const policies = JSON.parse(generateAll('trust-policy', made).text)
    const provider = { url: `https://${HOST}`, clientIds: [ORG] }
    const deploy = (account: string) => ({
      name: 'deploy',
      maxSessionDuration: 7200,
      trustPolicy: policies[account].deploy,
    })
    const github = {
      url: 'https://token.actions.githubusercontent.com',
      clientIds: ['sts.amazonaws.com'],
    }
    assert.deepEqual(accounts, {
      [IN_DEV]: { partition: 'aws-cn', providers: [provider], roles: [deploy(IN_DEV)] },
      [IN_PROD]: {
        partition: 'aws-cn',
        providers: [provider, github],
        roles: [
          deploy(IN_PROD),
          { name: 'of-github', trustPolicy: policies[IN_PROD]['of-github'] },
        ],
      },
      333333333333: { providers: [], roles: [] },
    })
  })

  test('of a role that is named alone', () => {
    const { accounts, ...rest } = JSON.parse(generate('world', setupFor(circleci())).text)
    assert.deepEqual(rest, job())
    assert.equal(accounts[ACCOUNT].roles[0].name, 'circleci-oidc')
    assert.equal('partition' in accounts[ACCOUNT], false)
  })
})
