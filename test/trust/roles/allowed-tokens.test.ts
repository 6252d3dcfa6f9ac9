import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { issuerHostPath, tokenContextKeys } from '../../../src/trust/policy/context-keys.ts'
import { evaluate } from '../../../src/trust/policy/evaluate.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'
import { rolesIn } from '../../../src/trust/roles/organization.ts'
import { trustPolicyDocument } from '../../../src/trust/roles/policy-document.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'

const ACCOUNT = '111111111111'
const uuid = fc.uuid()
const branch = fc.stringMatching(/^[a-z][a-z0-9_-]{0,10}(\/[a-z0-9]{1,8})?$/)
const role = fc.record({
  organization: uuid,
  projects: fc.uniqueArray(uuid, { minLength: 1, maxLength: 3 }),
  branches: fc.uniqueArray(branch, { maxLength: 2 }),
  user: uuid,
})

interface Job {
  readonly organization: string
  readonly project: string
  readonly user: string
  readonly repository: string
  readonly branch: string
}

/** Subjects as CircleCI documents them: https://circleci.com/docs/openid-connect-tokens/ */
function subjectOf({ organization, project, user, repository, branch: name }: Job): string {
  return `org/${organization}/project/${project}/user/${user}/vcs-origin/${repository}/vcs-ref/refs/heads/${name}`
}

test('each generated policy allows the jobs that the file names, and no other project, branch or organization', async () => {
  await fc.assert(
    fc.asyncProperty(role, uuid, uuid, branch, async (wanted, stranger, elsewhere, other) => {
      const { organization, projects, branches, user } = wanted
      fc.pre(
        !projects.includes(stranger) && elsewhere !== organization && !branches.includes(other),
      )
      const made = await parseRolesFile(
        [
          `[account a]\naccount_id = ${ACCOUNT}\n[role r]\norg_id = ${organization}`,
          `project_id = ${projects.join(', ')}`,
          ...(branches.length > 0
            ? [`vcs_origin = github.com/acme/site\nbranch = ${branches.join(', ')}`]
            : []),
        ].join('\n'),
        'roles.ini',
        '.',
        {},
      )
      const [account] = made.accounts
      assert.ok(account)
      const [setup] = rolesIn(made, account)
      assert.ok(setup)
      const parsed = parseTrustPolicy(trustPolicyDocument(setup))
      assert.ok('policy' in parsed)
      const verdict = (job: Job, issuer = organization) => {
        const iss = `https://oidc.circleci.com/org/${issuer}`
        return evaluate(parsed.policy, {
          action: 'sts:AssumeRoleWithWebIdentity',
          caller: {
            kind: 'federated',
            providerArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuerHostPath(iss)}`,
          },
          keys: tokenContextKeys({ iss, aud: issuer, sub: subjectOf(job) }),
        }).verdict
      }
      const repository = 'github.com/acme/site'
      for (const project of projects) {
        for (const name of branches.length > 0 ? branches : [other]) {
          const job = { organization, project, user, repository, branch: name }
          assert.equal(verdict(job), 'allows')
          assert.notEqual(verdict({ ...job, project: stranger }), 'allows')
          assert.notEqual(verdict({ ...job, organization: elsewhere }, elsewhere), 'allows')
          assert.notEqual(verdict({ ...job, organization: elsewhere }), 'allows')
          if (branches.length === 0) continue
          assert.notEqual(verdict({ ...job, branch: other }), 'allows')
          assert.notEqual(verdict({ ...job, repository: 'github.com/evil/site' }), 'allows')
          // A branch whose name goes on like a subject.
          const sly = `x/vcs-origin/${repository}/vcs-ref/refs/heads/${name}`
          assert.notEqual(
            verdict({ ...job, repository: 'github.com/evil/x', branch: sly }),
            'allows',
          )
        }
      }
    }),
    { numRuns: 100 },
  )
})
