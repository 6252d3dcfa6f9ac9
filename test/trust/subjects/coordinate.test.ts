import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import { circleci, github, gitlab, issuer, ORG } from '../setup.ts'

// git-check-ref-format(1), the providers' own rules for names, and what would break a policy, a shell or a template.
const BAD: readonly (readonly [option: string, make: () => unknown])[] = [
  ['org-id', () => circleci({ orgId: 'acme' })],
  ['org-id', () => circleci({ orgId: `${ORG}\n` })],
  ['org-id', () => circleci({ orgId: ORG.toUpperCase() })],
  ['org-id', () => circleci({ orgId: `${ORG}"` })],
  ['project-id', () => circleci({ projectId: undefined })],
  ['project-id', () => circleci({ projectId: '*' })],
  ['project-id', () => circleci({ anyProject: true })],
  ['user-id', () => circleci({ userId: '*' })],
  ['vcs-origin', () => circleci({ branch: 'main' })],
  ['vcs-origin', () => circleci({ vcsOrigin: 'github.com/acme/*' })],
  ['vcs-origin', () => circleci({ vcsOrigin: 'https://github.com/acme/site' })],
  ['vcs-origin', () => circleci({ vcsOrigin: 'acme/site', branch: 'main' })],
  ...[
    '',
    '*',
    'a*',
    '*/main',
    'a b',
    'a\nb',
    'a..b',
    'a?',
    'a:b',
    'a^',
    '/a',
    'a/',
    'a.lock',
    '@{u}',
    '.a',
    'a//b',
    'a\\b',
    '&{x}',
    'ünïcödë→',
    'a'.repeat(256),
  ].map((branch) => ['branch', () => circleci({ vcsOrigin: 'h/o/r', branch })] as const),
  ['audience', () => circleci({ audience: 'a b' })],
  ['audience', () => circleci({ audience: "a'" })],
  ['audience', () => circleci({ audience: '$(x)' })],
  ['issuer', () => circleci({ issuer: 'http://ci.example/org/x' })],
  ['gitlab-url', () => gitlab({ url: 'https://gitlab.example:8443' })],
  ['project-path', () => gitlab({ projectPath: 'g/*' })],
  ['project-path', () => gitlab({ projectPath: 'p' })],
  ['project-path', () => gitlab({ projectPath: 'g/p', anyProject: true })],
  ['ref', () => gitlab({ refType: 'tag' })],
  ['ref', () => gitlab({ ref: 'refs/pull/refs/heads/x' })],
  ['ref', () => gitlab({ ref: 'refs/heads/' })],
  ['repository', () => github({ repository: 'o/*' })],
  ['repository', () => github({ repository: 'o/r:ref:*' })],
  ['environment', () => github({ environment: 'a\nb' })],
  ['environment', () => github({ environment: 'a', ref: 'b' })],
  ['repository', () => github({ repository: 'o@1/r' })],
  ['repository', () => github({ repository: 'o@*/r@1' })],
  ['subject', () => issuer({ subject: '*' })],
  ['subject', () => issuer({ subject: '*:*' })],
  ['subject', () => issuer({ issuer: 'https://gitlab.com', subject: 'project_path:g/*' })],
  ['subject', () => issuer({ issuer: 'https://gitlab.com', subject: 'project_path:*' })],
  ['subject', () => issuer({ issuer: 'https://gitlab.com', subject: '*', anyProject: true })],
  ['subject', () => issuer({ subject: undefined })],
  ['subject', () => issuer({ subject: 'a\u0000' })],
  ['audience', () => issuer({ audience: undefined })],
  ['issuer', () => issuer({ issuer: 'https://id.example/?x' })],
  ['issuer', () => issuer({ issuer: 'https://${x}.example' })],
  ['trusts-role', () => trustedRole('arn:aws:iam::123456789012:user/x', undefined)],
  ['trusts-role', () => trustedRole('*', undefined)],
  ['trusts-role', () => trustedRole('arn:aws:iam::123456789012:role/*/x', undefined)],
  ['external-id', () => trustedRole('arn:aws:iam::123456789012:role/x', '"')],
]
for (const [option, make] of BAD) {
  test(`refused with --${option} named: ${String(make).slice(0, 70)}`, () => {
    assert.throws(make, (error: Error & { code?: string }) => {
      assert.equal(error.code, option === 'trusts-role' ? 'invalid-role-arn' : 'invalid-usage')
      assert.match(error.message, new RegExp(`--${option}`))
      return true
    })
  })
}
