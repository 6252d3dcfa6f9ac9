import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
} from '@aws-sdk/client-sts'
import type { AwsCredentialIdentity } from '@smithy/types'
import type { Sandbox } from '../../../src/sandbox/index.ts'
import { readWorld } from '../../../src/sandbox/index.ts'
import {
  clientFor,
  PLAYGROUND_ROLE,
  refused,
  sandboxFor,
  sessionCredentials,
} from './sandbox-client.ts'

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
const SESSION = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/job-42'

async function assume(sandbox: Sandbox, change: Partial<AssumeRoleCommandInput> = {}) {
  const client = clientFor(sandbox, await sessionCredentials(sandbox))
  return client.send(
    new AssumeRoleCommand({ RoleArn: PLAYGROUND_ROLE, RoleSessionName: 'chained', ...change }),
  )
}

function denied(action: string, role = PLAYGROUND_ROLE): string {
  return `User: ${SESSION} is not authorized to perform: ${action} on resource: ${role}`
}

test('GetCallerIdentity names the session', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const client = clientFor(sandbox, await sessionCredentials(sandbox))
  const { UserId, Account, Arn } = await client.send(new GetCallerIdentityCommand({}))
  assert.match(UserId ?? '', /^AROA[A-Z2-7]{17}:job-42$/)
  assert.deepEqual({ Account, Arn }, { Account: '111111111111', Arn: SESSION })
})

test('a chained role, into another account', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const answer = await assume(sandbox)
  assert.equal(
    answer.AssumedRoleUser?.Arn,
    'arn:aws:sts::222222222222:assumed-role/playground/chained',
  )
  assert.equal(answer.SourceIdentity, undefined)
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {}
  const client = clientFor(sandbox, {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  })
  const { Account } = await client.send(new GetCallerIdentityCommand({}))
  assert.equal(Account, '222222222222')
})

test('a role that does not trust the caller, and one that does not exist', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  const circleci = 'arn:aws:iam::111111111111:role/circleci-oidc'
  await refused(
    assume(sandbox, { RoleArn: circleci }),
    'AccessDenied',
    403,
    denied('sts:AssumeRole', circleci),
  )
  assert.match(lines.join(), /Principal: names Federated .*; the caller is AWS /)
  const missing = 'arn:aws:iam::222222222222:role/missing'
  await refused(
    assume(sandbox, { RoleArn: missing }),
    'AccessDenied',
    403,
    denied('sts:AssumeRole', missing),
  )
})

const chainable = (statement: object, role: object = {}) =>
  readWorld({
    accounts: {
      ...(JSON.parse(JSON.stringify(circleciAccount())) as object),
      '222222222222': {
        roles: [
          {
            name: 'playground',
            ...role,
            trustPolicy: {
              Statement: {
                Effect: 'Allow',
                Principal: { AWS: '111111111111' },
                Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
                ...statement,
              },
            },
          },
        ],
      },
    },
  })

function circleciAccount() {
  const { organization, issuer } = readWorld({})
  const provider = `arn:aws:iam::111111111111:oidc-provider/${issuer.replace('https://', '')}`
  return {
    '111111111111': {
      providers: [{ url: issuer, clientIds: [organization] }],
      roles: [
        {
          name: 'circleci-oidc',
          trustPolicy: {
            Statement: { Effect: 'Allow', Principal: { Federated: provider }, Action: 'sts:*' },
          },
        },
      ],
    },
  }
}

test('durations: the role’s maximum comes before the one-hour limit of chaining', async (t) => {
  const { sandbox } = await sandboxFor(t)
  await refused(
    assume(sandbox, { DurationSeconds: 7200 }),
    'ValidationError',
    400,
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  )
  const longer = await sandboxFor(t, { world: chainable({}, { maxSessionDuration: 43_200 }) })
  await refused(
    assume(longer.sandbox, { DurationSeconds: 3601 }),
    'ValidationError',
    400,
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
  )
  await assume(longer.sandbox, { DurationSeconds: 3600 })
})

test('external id', async (t) => {
  const condition = { StringEquals: { 'sts:ExternalId': 'customer-7' } }
  const { sandbox, lines } = await sandboxFor(t, { world: chainable({ Condition: condition }) })
  await assume(sandbox, { ExternalId: 'customer-7' })
  for (const ExternalId of ['customer-8', undefined]) {
    const change = ExternalId === undefined ? {} : { ExternalId }
    await refused(assume(sandbox, change), 'AccessDenied', 403, denied('sts:AssumeRole'))
  }
  assert.match(lines.join(), /sts:ExternalId is "customer-8", but the policy requires "customer-7"/)
  assert.match(lines.join(), /sts:ExternalId is absent/)
})

test('session tags need sts:TagSession and obey conditions on them', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const Tags = [{ Key: 'team', Value: 'web' }]
  await refused(assume(sandbox, { Tags }), 'AccessDenied', 403, denied('sts:TagSession'))
  const condition = { StringEquals: { 'aws:RequestTag/team': 'web' } }
  const tagged = await sandboxFor(t, { world: chainable({ Condition: condition }) })
  const answer = await assume(tagged.sandbox, { Tags, TransitiveTagKeys: ['team'] })
  assert.ok((answer.PackedPolicySize ?? 0) > 0)
  await refused(
    assume(tagged.sandbox, { Tags: [{ Key: 'team', Value: 'ops' }] }),
    'AccessDenied',
    403,
    denied('sts:AssumeRole'),
  )
  await refused(
    assume(tagged.sandbox, { Tags: [...Tags, { Key: 'TEAM', Value: 'x' }] }),
    'InvalidParameterValue',
    400,
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  )
  await refused(
    assume(tagged.sandbox, { Tags, TransitiveTagKeys: ['cost'] }),
    'InvalidParameterValue',
    400,
    /transitive tag key/,
  )
})

test('source identity', async (t) => {
  const { sandbox } = await sandboxFor(t)
  await refused(
    assume(sandbox, { SourceIdentity: 'ann' }),
    'AccessDenied',
    403,
    denied('sts:SetSourceIdentity'),
  )
  const free = await sandboxFor(t, { world: chainable({}) })
  assert.equal((await assume(free.sandbox, { SourceIdentity: 'ann' })).SourceIdentity, 'ann')
})

test('parameters', async (t) => {
  const { sandbox } = await sandboxFor(t)
  await refused(
    assume(sandbox, { RoleArn: 'arn:aws:iam::222222222222:user/ann' }),
    'ValidationError',
    400,
    'arn:aws:iam::222222222222:user/ann is invalid',
  )
  await refused(
    assume(sandbox, { ExternalId: 'a b' }),
    'ValidationError',
    400,
    "1 validation error detected: Value 'a b' at 'externalId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@:\\/-]*",
  )
})

async function chain(sandbox: Sandbox, from: AwsCredentialIdentity, change: object) {
  const command = new AssumeRoleCommand({
    RoleArn: PLAYGROUND_ROLE,
    RoleSessionName: 'chained',
    ...change,
  })
  const answer = await clientFor(sandbox, from).send(command)
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {}
  const credentials = {
    ...{ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  }
  return { answer, credentials }
}

// "persists across chained role sessions" and "transitive": id_credentials_temp_control-access_monitor.html, id_session-tags.html
test('source identity and transitive tags stay for the whole chain', async (t) => {
  const world = chainable({ Principal: { AWS: '*' } })
  const { sandbox } = await sandboxFor(t, { world })
  const first = await chain(sandbox, await sessionCredentials(sandbox), {
    SourceIdentity: 'ann',
    Tags: [
      { Key: 'team', Value: 'web' },
      { Key: 'stage', Value: 'dev' },
    ],
    TransitiveTagKeys: ['team'],
  })
  const second = await chain(sandbox, first.credentials, {})
  assert.equal(second.answer.SourceIdentity, 'ann')
  const third = await chain(sandbox, second.credentials, { SourceIdentity: 'ann' })
  assert.equal(third.answer.SourceIdentity, 'ann')
  for (const { credentials } of [first, second, third]) {
    await refused(
      chain(sandbox, credentials, { SourceIdentity: 'bob' }),
      'ValidationError',
      400,
      'The source identity is already set for this assume role session',
    )
    await refused(
      chain(sandbox, credentials, { Tags: [{ Key: 'TEAM', Value: 'x' }] }),
      'InvalidParameterValue',
      400,
      /conflicts with a transitive tag key from the calling session/,
    )
    await chain(sandbox, credentials, { Tags: [{ Key: 'stage', Value: 'live' }] })
  }
})

test('conditions see the tags and the source identity of the caller', async (t) => {
  const StringEquals = { 'aws:PrincipalTag/team': 'web', 'aws:SourceIdentity': 'ann' }
  const roles = [
    { name: 'playground', trustPolicy: trusting({}) },
    { name: 'inner', trustPolicy: trusting({ StringEquals }) },
    {
      name: 'without-stage',
      trustPolicy: trusting({ StringEquals, Null: { 'aws:PrincipalTag/stage': 'true' } }),
    },
  ]
  const accounts = { ...circleciAccount(), '222222222222': { roles } }
  const { sandbox } = await sandboxFor(t, { world: readWorld({ accounts }) })
  const inner = { RoleArn: 'arn:aws:iam::222222222222:role/inner' }
  const withoutStage = { RoleArn: 'arn:aws:iam::222222222222:role/without-stage' }
  const start = await sessionCredentials(sandbox)
  const Tags = [
    { Key: 'team', Value: 'web' },
    { Key: 'stage', Value: 'dev' },
  ]
  const tagged = { SourceIdentity: 'ann', Tags, TransitiveTagKeys: ['team'] }
  const { credentials } = await chain(sandbox, start, tagged)
  await chain(sandbox, credentials, inner)
  await assert.rejects(chain(sandbox, credentials, withoutStage), { name: 'AccessDenied' })
  // Of the two tags only the transitive one goes on.
  const next = await chain(sandbox, credentials, {})
  await chain(sandbox, next.credentials, withoutStage)
  for (const change of [{ Tags, TransitiveTagKeys: ['team'] }, { SourceIdentity: 'ann' }]) {
    const part = await chain(sandbox, start, change)
    await assert.rejects(chain(sandbox, part.credentials, inner), { name: 'AccessDenied' })
  }
})

const trusting = (Condition: object) => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:*', Condition },
})

test('a role of another partition, and the keys of another sandbox', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  const RoleArn = 'arn:aws-cn:iam::222222222222:role/playground'
  await refused(
    assume(sandbox, { RoleArn }),
    'AccessDenied',
    403,
    denied('sts:AssumeRole', RoleArn),
  )
  assert.match(lines.at(-1) ?? '', /a session of aws cannot assume a role of aws-cn\)$/)
  const credentials = await sessionCredentials(sandbox)
  const client = clientFor(sandbox, credentials)
  const info = new GetAccessKeyInfoCommand({ AccessKeyId: credentials.accessKeyId })
  assert.equal((await client.send(info)).Account, '111111111111')
  await refused(
    client.send(new GetAccessKeyInfoCommand({ AccessKeyId: 'ASIAAAAAAAAAAAAAAAAA' })),
    'AccessDenied',
    403,
    'Access Denied',
  )
  assert.match(lines.at(-1) ?? '', /the sandbox knows only the access keys it issued\)$/)
})
