import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { jwt } from '../token/jwt.ts'
import { Job, ROLE, type RunOptions } from './job.ts'

/** What colours, rings, turns the direction of writing, goes back to the line's begin, and begins another line. */
const HOSTILE = 'a\u001b[31m\u0007\u202e\u200f\u009b1m\u2028\r\nforged: b'

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be shown
const RAW = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

const CLAIMS = { iss: 'https://issuer.example', aud: 'one', sub: 'me', exp: 4_000_000_000 }
const ARGS = ['assume-role', '--role-arn', ROLE]

interface Source {
  readonly name: string
  readonly args?: readonly string[]
  readonly env?: Record<string, string>
  readonly prepare?: (job: Job) => void
  /** Status and body of the answer of STS. */
  readonly answer?: readonly [number, string]
}

const keys = { AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' }

const SOURCES: readonly Source[] = [
  { name: 'the message of STS', answer: [400, error('ValidationError', HOSTILE)] },
  { name: 'the code of STS', answer: [400, error(HOSTILE, 'no')] },
  {
    name: 'the note of another attempt',
    args: [...ARGS, '--max-attempts', '2', '--debug'],
    answer: [400, error('IDPCommunicationError', HOSTILE)],
  },
  {
    name: 'who STS says one is',
    args: ['whoami'],
    env: keys,
    answer: [200, identity(HOSTILE)],
  },
  {
    name: 'who STS says one is, as JSON',
    args: ['whoami', '--format', 'json'],
    env: keys,
    answer: [200, identity(HOSTILE)],
  },
  {
    name: 'the claims of a token that STS refuses',
    env: token({ sub: HOSTILE, aud: HOSTILE }),
    answer: [403, error('AccessDenied', 'no')],
  },
  {
    name: 'the issuer of a token that STS does not know',
    env: token({ iss: HOSTILE }),
    answer: [400, error('InvalidIdentityToken', 'No OpenIDConnect provider found')],
  },
  {
    name: 'the claims of a token',
    args: ['token'],
    env: token({ iss: HOSTILE, sub: HOSTILE, [HOSTILE]: HOSTILE }),
  },
  {
    name: 'the claims of a token, as JSON',
    args: ['token', '--format', 'json'],
    env: token({ iss: HOSTILE, sub: HOSTILE, [HOSTILE]: HOSTILE }),
  },
  { name: 'a variable of ours', env: { AWS_OIDC_DURATION_SECONDS: HOSTILE } },
  { name: 'a variable of AWS', env: { AWS_REGION: HOSTILE } },
  { name: 'the path in a variable', env: { AWS_CONFIG_FILE: `/nowhere/$X/${HOSTILE}` } },
  { name: 'an option', args: [...ARGS, '--credentials', HOSTILE] },
  { name: 'a profile', args: [...ARGS, '--profile', HOSTILE] },
  { name: 'the name of a file', args: ['assume-role', '--profiles-file', HOSTILE] },
  { name: 'a command', args: [HOSTILE] },
  { name: 'an option that is none', args: ['assume-role', `--${HOSTILE}`] },
  {
    name: 'a program',
    args: ['exec', '--role-arn', ROLE, '--role-session-name', 'circleci', '--', HOSTILE],
    answer: [200, credentials()],
  },
  {
    name: 'a profiles file',
    args: ['assume-role', '--profiles-file', 'profiles'],
    prepare: (job) =>
      job.write('profiles', `[profile a]\nrole_arn = ${oneLine}\nsource_profile = ${oneLine}\n`),
  },
  {
    name: 'a shared file',
    prepare: (job) => job.write('.aws/config', `[profile ${oneLine}]\n[profile ${oneLine}]\n`),
    args: ['doctor'],
  },
  {
    name: 'a trust policy',
    args: ['trust', 'check', '--policy', 'policy', '--claims', 'claims'],
    prepare: (job) => {
      // IAM takes characters up to U+00FF.
      const text = HOSTILE.replace(/[^\0-\xff]/g, '')
      const statement = { Effect: 'Allow', Sid: text, Action: text, Principal: text }
      job.write('policy', JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
      job.write('claims', JSON.stringify({ ...CLAIMS, sub: HOSTILE }))
    },
  },
  {
    name: 'a program that mints',
    args: [...ARGS, '--audience', 'another'],
    env: { CIRCLECI: 'true' },
    prepare: (job) => job.program('circleci', `printf '%s' '${HOSTILE}' >&2; exit 1`),
  },
  {
    name: 'a credential_process',
    args: ['whoami', '--profile', 'a'],
    prepare: (job) => {
      job.program('keys', `printf '%s' '${HOSTILE}' >&2; exit 1`)
      job.write('.aws/config', `[profile a]\ncredential_process = ${job.bin}/keys\n`)
    },
  },
]

/** The same without line ends: what one line of a file can hold. */
const oneLine = HOSTILE.replace(/[\r\n]+/g, '')

const NO_ANSWER = [500, ''] as const

for (const { name, args = ARGS, prepare, answer = NO_ANSWER, ...more } of SOURCES) {
  test(`${name}: nothing raw reaches the terminal`, async (t) => {
    const url = await answering(t, ...answer)
    const job = new Job(t, { AWS_ENDPOINT_URL_STS: url, AWS_REGION: 'eu-west-1' })
    prepare?.(job)
    const options: RunOptions = { env: { ...token({}), ...more.env } }
    const { stdout, stderr } = await job.run(args, options)
    const shown = stdout + stderr
    assert.match(shown, /\\u001b\[31m/, shown)
    assert.doesNotMatch(shown, RAW)
    assert.doesNotMatch(shown, /^\s*forged/m)
  })
}

function token(claims: object): Record<string, string> {
  return { CIRCLE_OIDC_TOKEN_V2: jwt({ ...CLAIMS, ...claims }) }
}

function escaped(text: string): string {
  return [...text].map((char) => `&#${char.codePointAt(0)};`).join('')
}

function error(code: string, message: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${escaped(code)}</Code><Message>${escaped(message)}</Message></Error></ErrorResponse>`
}

function identity(arn: string): string {
  const result = `<Arn>${escaped(arn)}</Arn><UserId>${escaped(arn)}</UserId><Account>${escaped(arn)}</Account>`
  return `<GetCallerIdentityResponse><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`
}

function credentials(): string {
  const keys = `<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>example</SecretAccessKey><SessionToken>example</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>`
  const user = `<Arn>arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci</Arn><AssumedRoleId>AROAEXAMPLE:circleci</AssumedRoleId>`
  return `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>${keys}</Credentials><AssumedRoleUser>${user}</AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
}

/** An STS that gives one answer. */
async function answering(t: TestContext, status: number, body: string): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
