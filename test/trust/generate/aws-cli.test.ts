import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { generate } from '../../../src/trust/generate/generate.ts'
import type { RoleSetup } from '../../../src/trust/roles/setup.ts'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import { pathOf, without } from '../../tools/programs.ts'
import { ACCOUNT, circleci, fullSetup, ORG, setupFor } from '../setup.ts'
import { type MotoAccount, openMotoAccount, withoutMoto as skip } from './moto-account.ts'

const HOST = `oidc.circleci.com/org/${ORG}`
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}`

let account: MotoAccount
const runScript: MotoAccount['runScript'] = (...args) => account.runScript(...args)
const state: MotoAccount['state'] = (roleName) => account.state(roleName)

before(async () => {
  if (!skip) account = await openMotoAccount()
})

after(() => account?.close())

test('from a directory with blanks: a missing client id is added, the trust policy is brought up to date', {
  skip,
}, async () => {
  assert.equal(runScript(generate('aws-cli', setupFor(circleci())).text).status, 0)
  const party = circleci({
    audience: 'sts.amazonaws.com',
    branch: `it's-\${x}-"q"`,
    vcsOrigin: 'github.com/acme/site',
  })
  const setup = setupFor(party)
  for (const { name, text } of generate('aws-cli', setup).files) {
    await writeFile(join(account.home, name), text)
  }
  const { status, stderr } = runScript('', [join(account.home, 'set-up.sh')])
  assert.equal(status, 0, stderr)
  const { role, providers } = state()
  assert.deepEqual(providers[PROVIDER].ClientIDList, [ORG, 'sts.amazonaws.com'])
  assert.deepEqual(role.AssumeRolePolicyDocument, JSON.parse(generate('trust-policy', setup).text))
})

test('the audience "None", which is also how the AWS CLI prints null', { skip }, () => {
  const { status, stderr } = runScript(
    generate('aws-cli', setupFor(circleci({ audience: 'None' }))).text,
  )
  assert.equal(status, 0, stderr)
  assert.ok(state().providers[PROVIDER].ClientIDList.includes('None'))
})

test('from a directory whose name begins with a dash', { skip }, async () => {
  await mkdir(join(account.home, '-d'))
  for (const { name, text } of generate('aws-cli', setupFor(circleci())).files) {
    await writeFile(join(account.home, '-d', name), text)
  }
  const { status, stderr } = spawnSync('sh', ['--', '-d/set-up.sh'], {
    env: account.env,
    cwd: account.home,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})

test('a chained role needs no provider', { skip }, () => {
  const trusted = `arn:aws:iam::${ACCOUNT}:role/circleci-oidc`
  const setup = setupFor(trustedRole(trusted, 'acme:7'), { roleName: 'playground' })
  const { status, stdout, stderr } = runScript(generate('aws-cli', setup).text)
  assert.equal(status, 0, stderr)
  assert.equal(stdout, `arn:aws:iam::${ACCOUNT}:role/playground\n`)
  assert.deepEqual(state('playground').role.AssumeRolePolicyDocument.Statement, [
    {
      Effect: 'Allow',
      Principal: { AWS: trusted },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'acme:7' } },
    },
  ])
})

const failures: readonly (readonly [string, Partial<RoleSetup>, RegExp])[] = [
  [
    'another account',
    { accountId: '999999999999' },
    /belong to account 123456789012, not to 999999999999/,
  ],
  [
    'a policy that does not exist',
    { policyArns: [`arn:aws:iam::${ACCOUNT}:policy/none`] },
    /NoSuchEntity[\s\S]*now has the trust policy, but not all/,
  ],
]
for (const [name, change, message] of failures) {
  test(`${name} ends the script`, { skip }, () => {
    const { status, stderr } = runScript(generate('aws-cli', setupFor(circleci(), change)).text)
    assert.notEqual(status, 0)
    assert.match(stderr, message)
  })
}

test('dash and bash read the script alike', () => {
  const { text } = generate('aws-cli', fullSetup(circleci()))
  for (const shell of ['sh', 'bash']) {
    const { status, stderr } = spawnSync(shell, ['-n'], { input: text, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
})

test('shellcheck has nothing to say', { skip: without('shellcheck') }, () => {
  const { text, files } = generate('aws-cli', fullSetup(circleci()))
  for (const input of [text, files.at(-1)?.text]) {
    const { status, stdout } = spawnSync(pathOf('shellcheck'), ['-'], { input, encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  }
})
