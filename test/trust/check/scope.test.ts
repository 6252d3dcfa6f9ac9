import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Reach, subjectReach } from '../../../src/trust/check/scope.ts'

const GITHUB = 'https://token.actions.githubusercontent.com'
const CASES: readonly (readonly [issuer: string, subject: string, reach: Reach])[] = [
  [GITHUB, 'repo:acme/website:*', 'project'],
  [GITHUB, 'repo:acme@123/website@456:ref:refs/heads/main', 'project'],
  [GITHUB, 'repository_id:456:*', 'project'],
  [GITHUB, 'repo:acme/*', 'organization'],
  [GITHUB, 'repo:acme@123/*', 'organization'],
  [GITHUB, 'repo:acme/web*:ref:refs/heads/main', 'organization'],
  [GITHUB, 'repository_owner:acme:*', 'organization'],
  // A workflow that is public can be called by any repository.
  [GITHUB, 'job_workflow_ref:acme/shared/.github/workflows/deploy.yml@*', 'everyone'],
  [GITHUB, 'job_workflow_ref:acme/shared/.github/workflows/deploy.yml@refs/heads/main', 'everyone'],
  [GITHUB, 'environment:production', 'everyone'],
  [GITHUB, 'environment:production:repository_owner:acme', 'organization'],
  [GITHUB, 'environment:production:repository:acme/site', 'project'],
  [GITHUB, 'repository_owner:acme', 'organization'],
  [GITHUB, 'repository_id:456', 'project'],
  // An enterprise has an issuer of its own.
  [`${GITHUB}/acme`, 'environment:production', 'project'],
  [GITHUB, 'environment:prod:repository_owner:acme:*', 'organization'],
  [GITHUB, 'repo:*', 'everyone'],
  [GITHUB, 'repo:acme*/website:*', 'everyone'],
  [GITHUB, 'repo:acme@*/website@456:*', 'everyone'],
  [GITHUB, 'repository_id:45*', 'everyone'],
  [GITHUB, 'repository_visibility:private:*', 'everyone'],
  [GITHUB, 'environment:production:*', 'everyone'],
  ['https://github.example.com/_services/token', 'repo:*', 'everyone'],
  ['https://gitlab.com', 'project_path:acme/website:*', 'project'],
  ['https://gitlab.com', 'project_path:acme/*:ref_type:branch:ref:main', 'organization'],
  ['https://gitlab.com/', 'project_path:*', 'everyone'],
  ['https://gitlab.com', 'project_path:acme*', 'everyone'],
  ['https://agent.buildkite.com', 'organization:acme:pipeline:website:*', 'project'],
  ['https://agent.buildkite.com', 'organization:acme:*', 'organization'],
  ['https://agent.buildkite.com', 'organization:*', 'everyone'],
  ['https://app.terraform.io', 'organization:acme:project:web:workspace:*', 'organization'],
  ['https://oidc.codefresh.io', '*:account:*', 'everyone'],
  ['https://oidc.circleci.com/org/1', 'org/1/project/2/user/*', 'project'],
  ['https://oidc.circleci.com/org/1', 'org/1/project/*', 'organization'],
  ['https://oidc.circleci.com/org/1', 'org/*', 'everyone'],
  ['https://id.example', 'job:*', 'project'],
  ['https://id.example', '*/main', 'project'],
  ['https://id.example', '*:*', 'everyone'],
  ['https://id.example', '${*}', 'project'],
]
for (const [issuer, subject, reach] of CASES) {
  test(`${subject} of ${issuer}: ${reach}`, () => {
    assert.equal(subjectReach(subject, issuer), reach)
  })
}
