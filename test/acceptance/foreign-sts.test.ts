import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Job, ROLE, startJob } from './job.ts'

/** A server in the place of STS that refuses everything with this answer. */
async function startForeign(t: TestContext, status: number, body: string) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/xml' }).end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { job, sandbox } = await startJob(t)
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { job, sandbox, host, env: { AWS_ENDPOINT_URL_STS: `http://${host}` } }
}

const ASSUME = ['assume-role', '--role-arn', ROLE]
/** S3 API Reference, "REST error responses"; the RADOS Gateway of Ceph answers so for STS, too. */
const S3 =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>tx1</RequestId><HostId>h1</HostId></Error>'

/** What only an AWS account has. */
const OF_AWS = /aws iam|In account|trust policy|vcs-ref/

test('AccessDenied in the form of S3: the code and the server are named, and no advice for AWS is given', async (t) => {
  const { job, host, env } = await startForeign(t, 403, S3)
  const refused = `The STS at ${host} \\(from AWS_ENDPOINT_URL_STS\\) does not let this token assume ${ROLE}: AccessDenied: Access Denied\\.`
  const { stderr } = await job.fails(ASSUME, 'access-denied', new RegExp(refused), { env })
  assert.match(stderr, /Next: .*remove AWS_ENDPOINT_URL_STS\.$/m)
  assert.doesNotMatch(stderr, OF_AWS)
})

test('the same without a message, and for a chained role', async (t) => {
  const bare = await startForeign(t, 403, '<Error><Code>AccessDenied</Code></Error>')
  await bare.job.fails(ASSUME, 'access-denied', /this token assume \S+: AccessDenied\.\n/, {
    env: bare.env,
  })
  const { stderr } = await chained(bare.job, bare.env)
  assert.match(
    stderr,
    /does not let the profile "mine" assume arn:aws:iam::222222222222:role\/x: AccessDenied\./,
  )
  assert.doesNotMatch(stderr, OF_AWS)
})

function chained(job: Job, env: Record<string, string>) {
  const keys = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = of/the/user\n'
  job.write('.aws/credentials', `[mine]\n${keys}`)
  const role = 'role_arn = arn:aws:iam::222222222222:role/x\nsource_profile = mine\n'
  const file = job.write('p.ini', `[profile x]\n${role}`)
  return job.fails(['assume-role', '--profiles-file', file], 'access-denied', /./, { env })
}

test("a code that is not one of AWS's STS is shown", async (t) => {
  const body = '<Error><Code>InvalidArgument</Code><Message>unknown action</Message></Error>'
  const { job, env } = await startForeign(t, 400, body)
  const shown = /is not AWS STS\..*HTTP 400, InvalidArgument: unknown action\./s
  await job.fails(ASSUME, 'unexpected-answer', shown, { env })
})

test("AccessDenied in AWS's form, from another host: the role is to be that server's", async (t) => {
  const { job, sandbox } = await startJob(t)
  const role = 'arn:aws:iam::111111111111:role/none'
  const host = new URL(sandbox.url).host
  const endpoint = new RegExp(
    `endpoint {2}${host} \\(from AWS_ENDPOINT_URL_STS\\), so the role must be`,
  )
  await job.fails(['assume-role', '--role-arn', role], 'access-denied', endpoint)
})
