import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownTokenNotes } from '../../../src/trust/generate/own-token.ts'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import { circleci, ORG, PROJECT, setupFor, USER } from '../setup.ts'

const claims = {
  iss: `https://oidc.circleci.com/org/${ORG}`,
  aud: ORG,
  sub: `org/${ORG}/project/${PROJECT}/user/${USER}`,
}
const other = { ...claims, sub: claims.sub.replace(PROJECT, ORG) }
const setup = setupFor(circleci())

test('of a token that the role allows there is nothing to say', () => {
  assert.deepEqual(ownTokenNotes(setup, claims, false), [])
  assert.deepEqual(ownTokenNotes({ ...setup, accountId: undefined }, claims, true), [])
})

test('a role that was narrowed down may reject the token: a note, with the reason', () => {
  const notes = ownTokenNotes(setup, other, true)
  assert.equal(notes.length, 1)
  assert.match(notes[0] ?? '', /own token is not allowed: .*:sub/)
})

test('a role that was not: nothing is printed', () => {
  assert.throws(() => ownTokenNotes(setup, other, false), {
    code: 'invalid-usage',
    message: /would reject the very token/,
    why: /:sub.*\.$/,
  })
})

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
test('a token with session tags needs sts:TagSession', () => {
  const tags = { principal_tags: { team: ['a'] }, transitive_tag_keys: ['team'] }
  const notes = ownTokenNotes(setup, { ...claims, 'https://aws.amazon.com/tags': tags }, false)
  assert.deepEqual(notes, [
    'The token also needs sts:TagSession: add it to the Action of the trust policy.',
  ])
})

test('a chained role allows no token', () => {
  const chained = setupFor(trustedRole('arn:aws:iam::111111111111:role/a', undefined))
  assert.deepEqual(ownTokenNotes(chained, claims, false), [])
})
