import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { AwsCredentialIdentity } from '@smithy/types'
import type { Sandbox } from '../../../src/sandbox/index.ts'
import { readWorld } from '../../../src/sandbox/index.ts'
import { clientFor, post, refused, sandboxFor, sessionCredentials } from './sandbox-client.ts'
import { sendSigned, sha256 } from './signed-request.ts'

const MISMATCH = /^The request signature we calculated does not match the signature you provided\./
const INVALID_TOKEN = 'The security token included in the request is invalid.'

function whoami(sandbox: Sandbox, credentials: AwsCredentialIdentity) {
  return clientFor(sandbox, credentials).send(new GetCallerIdentityCommand({}))
}

test('wrong secret, missing, foreign and expired tokens', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  const other = await sessionCredentials(sandbox)
  const { accessKeyId, secretAccessKey, sessionToken = '' } = credentials
  await refused(
    whoami(sandbox, { ...credentials, secretAccessKey: other.secretAccessKey }),
    'SignatureDoesNotMatch',
    403,
    MISMATCH,
  )
  for (const wrong of [
    { accessKeyId, secretAccessKey },
    { ...credentials, sessionToken: other.sessionToken ?? '' },
    { ...credentials, sessionToken: sessionToken.slice(0, -1) },
    { ...credentials, accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' },
    { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x' },
  ]) {
    await refused(whoami(sandbox, wrong), 'InvalidClientTokenId', 403, INVALID_TOKEN)
  }
})

test('expired credentials', async (t) => {
  const world = readWorld({ credentialsLifetimeSeconds: 1 })
  const { sandbox } = await sandboxFor(t, { world })
  const credentials = await sessionCredentials(sandbox)
  await delay(1100)
  await refused(
    whoami(sandbox, credentials),
    'ExpiredToken',
    403,
    'The security token included in the request is expired',
  )
})

test('an unsigned request', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const answer = await post(sandbox, { Action: 'GetCallerIdentity' })
  assert.equal(answer.status, 403)
  assert.match(await answer.text(), /<Code>MissingAuthenticationToken<\/Code>/)
  const odd = await post(sandbox, { Action: 'GetCallerIdentity' }, { authorization: 'Bearer x' })
  assert.match(await odd.text(), /<Code>IncompleteSignature<\/Code>/)
})

test('signed by hand: accepted, in any region of the partition', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  assert.match(await sendSigned(sandbox, credentials), /<Arn>arn:aws:sts::111111111111:/)
  assert.match(await sendSigned(sandbox, credentials, { region: 'il-central-1' }), /<Arn>/)
  assert.equal(
    await sendSigned(sandbox, credentials, { region: 'cn-north-1' }),
    `InvalidClientTokenId: ${INVALID_TOKEN}`,
  )
})

test('signed by hand: a tampered body', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  const sentBody = 'Action=GetCallerIdentity&Version=2011-06-15&Evil=1'
  assert.match(await sendSigned(sandbox, credentials, { sentBody }), /^SignatureDoesNotMatch: /)
  // A signed hash of the original body does not excuse another body.
  const headers = {
    'x-amz-content-sha256': sha256('Action=GetCallerIdentity&Version=2011-06-15'),
  }
  assert.match(await sendSigned(sandbox, credentials, { headers }), /<Arn>/)
  assert.match(
    await sendSigned(sandbox, credentials, { sentBody, headers }),
    /^SignatureDoesNotMatch: /,
  )
})

test('signed by hand: the clock may be 15 minutes off, no more', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  const at = (minutes: number) => ({ date: new Date(Date.now() + minutes * 60_000) })
  assert.match(await sendSigned(sandbox, credentials, at(-14)), /<Arn>/)
  assert.match(await sendSigned(sandbox, credentials, at(14)), /<Arn>/)
  assert.match(
    await sendSigned(sandbox, credentials, at(-16)),
    /^SignatureDoesNotMatch: Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/,
  )
  assert.match(
    await sendSigned(sandbox, credentials, at(16)),
    /^SignatureDoesNotMatch: Signature not yet current: /,
  )
})

test('signed by hand: credential scope', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  assert.equal(
    await sendSigned(sandbox, credentials, { service: 's3' }),
    "SignatureDoesNotMatch: Credential should be scoped to correct service: 'sts'. ",
  )
  assert.match(
    await sendSigned(sandbox, credentials, { scopeDate: '20200101' }),
    /^SignatureDoesNotMatch: Date in Credential scope does not match/,
  )
})
