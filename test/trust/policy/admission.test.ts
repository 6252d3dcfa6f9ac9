import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readWorld, type Sandbox, startSandbox } from '../../../src/sandbox/index.ts'
import { checkTrust } from '../../../src/trust/check/check.ts'
import { issuerHostPath } from '../../../src/trust/policy/context-keys.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'
import { trustPolicyDocument } from '../../../src/trust/roles/policy-document.ts'
import type { TrustedTokens } from '../../../src/trust/subjects/trusted-tokens.ts'
import { post } from '../../sandbox/aws/sandbox-client.ts'
import { ACCOUNT, circleci, github, gitlab, ORG, PROJECT, setupFor, USER } from '../setup.ts'

const OTHER = '71c9e5a8-3b40-4d26-a1f7-c8e2d6b40953'
const ORIGIN = 'github.com/acme/site'
const v1 = (project = PROJECT, user = USER) => `org/${ORG}/project/${project}/user/${user}`
const v2 = (ref: string, origin = ORIGIN, project?: string) =>
  `${v1(project)}/vcs-origin/${origin}/vcs-ref/${ref}`
const MAIN = 'refs/heads/main'

type Token = readonly [sub: string, admittedTo: string, aud?: string]
interface World {
  readonly roles: Readonly<Record<string, TrustedTokens>>
  readonly tokens: readonly Token[]
}

// Subjects as the providers document them:
// https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
// https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
// https://docs.github.com/actions/reference/security/oidc#example-subject-claims
const WORLDS: readonly World[] = [
  {
    roles: {
      project: circleci(),
      branch: circleci({ branch: 'main', vcsOrigin: ORIGIN }),
      releases: circleci({ branch: 'release/*', vcsOrigin: ORIGIN }),
      origin: circleci({ vcsOrigin: ORIGIN }),
      user: circleci({ userId: USER }),
      any: circleci({ projectId: undefined, anyProject: true }),
    },
    tokens: [
      [v1(), 'project user any'],
      [v2(MAIN), 'project branch origin user any'],
      [v2('refs/heads/release/1.2'), 'project releases origin user any'],
      [v2('refs/tags/main'), 'project origin user any'],
      [v2('refs/heads/mainline'), 'project origin user any'],
      [v2('refs/heads/Main'), 'project origin user any'],
      [v2('refs/heads/feature/main'), 'project origin user any'],
      // A branch whose name imitates the end of another branch's subject.
      [v2(`refs/heads/x/vcs-origin/${ORIGIN}/vcs-ref/${MAIN}`), 'project origin user any'],
      // A fork's pull request: its own origin, a ref of pull/<number>.
      [v2('refs/heads/pull/7', 'github.com/eve/site'), 'project user any'],
      [v2(MAIN, 'github.com/eve/site'), 'project user any'],
      [v2(MAIN, 'github.com/acme/site2'), 'project user any'],
      [`${v1(PROJECT, OTHER)}/vcs-origin/${ORIGIN}/vcs-ref/${MAIN}`, 'project branch origin any'],
      [v1(PROJECT, OTHER), 'project any'],
      [v1(OTHER), 'any'],
      [v2(MAIN, ORIGIN, OTHER), 'any'],
      [`org/${OTHER}/project/${PROJECT}/user/${USER}`, ''],
      [v1(), '', 'sts.amazonaws.com'],
      [v2(MAIN), '', 'sts.amazonaws.com'],
    ],
  },
  {
    roles: {
      project: gitlab({ projectPath: 'acme/site' }),
      main: gitlab({ projectPath: 'acme/site', ref: 'main' }),
      tags: gitlab({ projectPath: 'acme/site', refType: 'tag', ref: 'v/*' }),
      group: gitlab({ projectPath: 'acme/*', anyProject: true }),
    },
    tokens: [
      ['project_path:acme/site:ref_type:branch:ref:main', 'project main group'],
      ['project_path:acme/site:ref_type:branch:ref:mainline', 'project group'],
      ['project_path:acme/site:ref_type:tag:ref:main', 'project group'],
      ['project_path:acme/site:ref_type:tag:ref:v/1', 'project tags group'],
      ['project_path:acme/site2:ref_type:branch:ref:main', 'group'],
      ['project_path:acme2/site:ref_type:branch:ref:main', ''],
      ['project_path:acme/site:ref_type:branch:ref:main', '', 'sts.amazonaws.com'],
    ],
  },
  {
    roles: {
      repository: github({ repository: 'acme/site' }),
      main: github({ repository: 'acme/site', ref: 'main' }),
      production: github({ repository: 'acme/site', environment: 'prod: eu' }),
      owner: github({ repository: 'acme/*', anyProject: true }),
    },
    tokens: [
      ['repo:acme/site:ref:refs/heads/main', 'repository main owner'],
      ['repo:acme/site:environment:prod%3A eu', 'repository production owner'],
      ['repo:acme/site:pull_request', 'repository owner'],
      ['repo:acme/site2:ref:refs/heads/main', 'owner'],
      ['repo:acme2/site:ref:refs/heads/main', ''],
      ['repo:acme/site:ref:refs/heads/main', '', 'https://github.com/acme'],
    ],
  },
]

for (const { roles, tokens } of WORLDS) {
  const parties = Object.entries(roles)
  const { issuer, audience } = Object.values(roles)[0] ?? circleci()
  const documents = parties.map(
    ([name, party]) => [name, trustPolicyDocument(setupFor(party))] as const,
  )
  let sandbox: Sandbox

  before(async () => {
    const provider = {
      url: issuer,
      clientIds: [...new Set([audience, 'sts.amazonaws.com', 'https://github.com/acme'])],
    }
    const account = {
      providers: [provider],
      roles: documents.map(([name, trustPolicy]) => ({ name, trustPolicy })),
    }
    sandbox = await startSandbox({
      log: () => {},
      world: readWorld({ issuer, accounts: { [ACCOUNT]: account } }),
    })
  })

  after(() => sandbox.close())

  for (const [sub, admittedTo, aud = audience] of tokens) {
    test(`${issuerHostPath(issuer)}, ${aud}, ${sub}: ${admittedTo || 'nowhere'}`, async () => {
      const claims = { iss: issuer, sub, aud }
      const token = await sandbox.mint({ audience: aud, claims })
      const admitted = { sandbox: [] as string[], check: [] as string[] }
      for (const [name, document] of documents) {
        const answer = await post(sandbox, {
          Action: 'AssumeRoleWithWebIdentity',
          RoleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
          RoleSessionName: 'job-42',
          WebIdentityToken: token,
        })
        await answer.arrayBuffer()
        if (answer.ok) admitted.sandbox.push(name)
        const parsed = parseTrustPolicy(document)
        assert.ok('policy' in parsed)
        const question = {
          policy: parsed.policy,
          length: 0,
          claims,
          clientIds: [],
          now: new Date(),
        }
        if (checkTrust(question).verdict === 'allows') admitted.check.push(name)
      }
      const expected = admittedTo.split(' ').filter((name) => name !== '')
      assert.deepEqual(admitted, { sandbox: expected, check: expected })
    })
  }
}

test('the table has at least 30 tokens', () => {
  assert.ok(WORLDS.flatMap(({ tokens }) => tokens).length >= 30)
})
