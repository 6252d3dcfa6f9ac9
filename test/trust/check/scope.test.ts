import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isShared,
  type Reach,
  requiredControl,
  subjectReach,
} from '../../../src/trust/check/scope.ts'

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
  [
    'https://app.terraform.io',
    'organization:acme:project:web:workspace:prod:run_phase:*',
    'project',
  ],
  [
    'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
    '*',
    'organization',
  ],
  // The claims of others that only look like these.
  ['https://id.example', 'my-project_path:*', 'project'],
  ['https://id.example', 'x/org/1/*', 'project'],
  ['https://gitlab.com', 'x_project_path:acme/site:*', 'everyone'],
  ['https://agent.buildkite.com', 'x_organization:acme:pipeline:site:*', 'everyone'],
  ['https://oidc.circleci.com/org/1', 'x/org/1/project/2/*', 'everyone'],
  ['https://id.example/gitlab.com', 'job*', 'project'],
  ['https://gitlab.com.example', 'job*', 'project'],
  ['https://agent.buildkite.com.example', 'job*', 'project'],
  ['https://id.example/agent.buildkite.com', 'job*', 'project'],
  ['https://id.example/oidc.circleci.com/org/1', 'job*', 'project'],
  ['https://id.example/token.actions.githubusercontent.com/', 'job*', 'project'],
  ['https://id.example/api.bitbucket.org/2.0/workspaces/x', 'job*', 'project'],
  ['https://api.bitbucket.org/2.0/workspaces/acme/x', 'x{5b8e2d14}:*', 'organization'],
  [GITHUB, 'enterprise:acme:*', 'organization'],
]
for (const [issuer, subject, reach] of CASES) {
  test(`${subject} of ${issuer}: ${reach}`, () => {
    assert.equal(subjectReach(subject, issuer), reach)
  })
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
const CONTROLS =
  'token.actions.githubusercontent.com:sub vstoken.actions.githubusercontent.com:sub oidc-configuration.audit-log.githubusercontent.com:sub gitlab.com:sub agent.buildkite.com:sub app.terraform.io:sub oidc.codefresh.io:sub studio.datachain.ai/api:sub scalr.io:sub tokens.cloud.shisho.dev:sub proidc.upbound.io:sub api.pulumi.com/oidc:aud oidc.vercel.com:aud sandboxes.cloud:aud'
for (const key of CONTROLS.split(' ')) {
  test(`IAM asks for a condition on ${key}`, () => {
    const [issuer = '', claim] = key.split(':')
    assert.equal(requiredControl(issuer), key)
    assert.equal(isShared(`https://${issuer}/`), claim === 'sub')
  })
}

test('other issuers', () => {
  assert.equal(requiredControl('oidc.circleci.com/org/1'), undefined)
  assert.equal(isShared('https://oidc.circleci.com/org/1'), false)
  assert.equal(isShared('https://accounts.google.com'), true)
})
