import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Home, run } from '../in-process.ts'

const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
const [ONE, TWO] = ['3c2d5e10-77aa-4f6b-8d0e-fedcba987654', '71c9e5a8-3b40-4d26-a1f7-c8e2d6b40953']
const IN_ACCOUNT = ['trust', 'generate', '--account-id', '123456789012']
const CIRCLECI = [...IN_ACCOUNT, '--org-id', ORG]
const USER = '????????-????-????-????-????????????'

/** The subjects of each role that a policy is generated for. */
async function subjectsOf(args: readonly string[]): Promise<Record<string, unknown>> {
  const { out, error } = await run(args)
  assert.equal(error, undefined, error?.message)
  const roles: Record<string, { Statement: { Condition: Record<string, object> }[] }> =
    JSON.parse(out)['123456789012']
  return Object.fromEntries(
    Object.entries(roles).map(([name, { Statement }]) => {
      const conditions = Statement.flatMap(({ Condition }) => Object.values(Condition))
      const keys = conditions.flatMap((one) => Object.entries(one))
      return [name, keys.filter(([key]) => key.endsWith(':sub')).flatMap(([, value]) => value)]
    }),
  )
}

describe('as many names as projects: a role for each', () => {
  const projects = ['--project-id', `${ONE},${TWO}`]
  const onMain = (project: string, repository: string) => [
    `org/${ORG}/project/${project}/user/${USER}/vcs-origin/github.com/a/${repository}/vcs-ref/refs/heads/main`,
  ]

  test('with a repository for each, or one for all', async () => {
    const named = [...CIRCLECI, ...projects, '--role-name', 'one,two', '--branch', 'main']
    const each = await subjectsOf([...named, '--vcs-origin', 'github.com/a/x,github.com/a/y'])
    assert.deepEqual(each, { one: onMain(ONE, 'x'), two: onMain(TWO, 'y') })
    const all = await subjectsOf([...named, '--vcs-origin', 'github.com/a/x'])
    assert.deepEqual(all, { one: onMain(ONE, 'x'), two: onMain(TWO, 'x') })
  })

  test('of GitHub and GitLab, too', async () => {
    const github = [...IN_ACCOUNT, '--repository', 'o/a,o/b', '--ref', 'main']
    assert.deepEqual(await subjectsOf([...github, '--role-name', 'one,two']), {
      one: ['repo:o/a:ref:refs/heads/main'],
      two: ['repo:o/b:ref:refs/heads/main'],
    })
    const gitlab = [...IN_ACCOUNT, '--project-path', 'g/a,g/b', '--ref', 'main']
    assert.deepEqual(await subjectsOf([...gitlab, '--role-name', 'one,two']), {
      one: ['project_path:g/a:ref_type:branch:ref:main'],
      two: ['project_path:g/b:ref_type:branch:ref:main'],
    })
  })

  test('another number of names is refused', async () => {
    const { code, error } = await run([...CIRCLECI, ...projects, '--role-name', 'one,two,three'])
    assert.deepEqual(
      [code, error?.message],
      [2, '--role-name has 3 names, but the number of projects differs.'],
    )
  })

  test('one name is a role that trusts all of them', async () => {
    const { out } = await run([...CIRCLECI, ...projects, '--role-name', 'one', '--for', 'aws-cli'])
    for (const one of [ONE, TWO, '"one"'])
      assert.ok(out.includes(one) || out.includes("'one'"), one)
  })
})

test('a policy is printed as JSON, with one line end after it', async () => {
  const { out } = await run([...CIRCLECI, '--project-id', `${ONE}`])
  assert.equal(out, JSON.stringify(JSON.parse(out), null, 2))
})

test('a role without a name is called after its CI', async () => {
  const nameIn = async (args: readonly string[]) => {
    const { out } = await run([...IN_ACCOUNT, ...args, '--for', 'cloudformation'])
    return /^ {2}RoleName:\n(?: {4}.*\n)*? {4}Default: "?([\w-]+)/m.exec(out)?.[1] ?? out
  }
  assert.equal(await nameIn(['--org-id', ORG, '--project-id', ONE]), 'circleci-oidc')
  assert.equal(await nameIn(['--repository', 'o/r']), 'github-oidc')
  assert.equal(await nameIn(['--project-path', 'g/p', '--ref', 'main']), 'gitlab-oidc')
  const other = 'arn:aws:iam::123456789012:role/base'
  assert.equal(await nameIn(['--trusts-role', other]), 'ci-oidc')
})

describe('a roles file', () => {
  const FILE = `[organization]
org_id = ${ORG}
[account dev]
account_id = 111111111111
[role one]
project_id = ${ONE}
[role two]
project_id = ${TWO}
`

  test('has all that a role needs: what else is given is refused', async (t) => {
    const args = ['trust', 'generate', '--roles-file', new Home(t).write('roles.ini', FILE)]
    for (const [stray, value] of [
      ['org-id', ORG],
      ['role-name', 'x'],
      ['partition', 'aws-cn'],
      ['token-env', 'TOKEN'],
    ]) {
      const { code, error } = await run([...args, `--${stray}`, `${value}`])
      assert.equal(code, 2, stray)
      assert.match(error?.message ?? '', new RegExp(`--${stray} does not apply with --roles-file`))
      assert.match(`${error?.why} ${error?.next}`, /--project-id, --for, --out-dir, --force/)
    }
    assert.equal((await run([...args, '--partition', 'aws', '--timeout-seconds', '60'])).code, 0)
  })

  test('for one of its projects: the profiles, or the world with all roles', async (t) => {
    const args = ['trust', 'generate', '--roles-file', new Home(t).write('roles.ini', FILE)]
    const ofOne = [...args, '--project-id', ONE]
    const { out } = await run([...ofOne, '--for', 'profiles'])
    assert.match(out, /role\/one$/m)
    assert.doesNotMatch(out, /role\/two/)
    assert.match((await run([...args, '--for', 'profiles'])).out, /role\/two$/m)
    const world = await run([...ofOne, '--for', 'world'])
    assert.match(world.out, /"two"|role\/two/)
    const refused = await run([...ofOne, '--for', 'terraform'])
    assert.match(refused.error?.message ?? '', /^--for terraform takes every role of --roles-file/)
    const nobody = await run([...args, '--project-id', ORG, '--for', 'profiles'])
    assert.equal(nobody.error?.message, `No role in --roles-file names the project ${ORG}.`)
  })

  test('goes into a directory, one line for each file', async (t) => {
    const home = new Home(t)
    const file = home.write('roles.ini', FILE)
    const directory = join(home.path, 'out')
    const args = ['trust', 'generate', '--roles-file', file, '--out-dir', directory]
    const { code, out } = await run(args)
    assert.equal(code, 0)
    for (const path of out.split('\n')) assert.ok(path.startsWith(directory), path)
    assert.equal((await run(args)).error?.code, 'file-unwritable')
    assert.equal((await run([...args, '--force'])).code, 0)
  })
})

describe('from a token', () => {
  test('a role, coordinates or an audience of none are refused beside it', async () => {
    for (const [args, message] of [
      [
        ['--trusts-role', 'arn:aws:iam::123456789012:role/x'],
        /--from-token and --trusts-role cannot/,
      ],
      [['--vcs-origin', 'github.com/a/b'], /--vcs-origin does not apply with --from-token/],
    ] as const) {
      const { error } = await run([...IN_ACCOUNT, '--from-token', ...args])
      assert.match(error?.message ?? '', message)
    }
    for (const option of ['token-env', 'token-version']) {
      const { error } = await run([...CIRCLECI, '--project-id', ONE, `--${option}`, 'v2'])
      assert.match(error?.message ?? '', new RegExp(`--${option} does not apply with --org-id`))
    }
  })
})
