import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { jwt } from '../token/jwt.ts'
import { Job, ROLE, type RunOptions } from './job.ts'

/** Names that every object of JavaScript answers to. */
const WORDS = ['constructor', '__proto__', 'toString']
const ARGS = ['assume-role', '--role-arn', ROLE]

/** Where a user's word is looked up: what it is must say so, and never be a defect of ours. */
const PLACES: readonly [string, (word: string, job: Job) => [readonly string[], RunOptions?]][] = [
  ['a role ARN', (word) => [['assume-role', '--role-arn', word]]],
  ['a role ARN in a variable', (word) => [['assume-role'], { env: { AWS_OIDC_ROLE_ARN: word } }]],
  ['the variable of a token', (word) => [ARGS, { env: { AWS_OIDC_TOKEN_ENV: word } }]],
  ['a variable referred to', (word) => [ARGS, { env: { AWS_OIDC_REGION: `\${${word}}` } }]],
  ['a choice', (word) => [[...ARGS, '--credentials', word]]],
  ['a token source', (word) => [[...ARGS, '--token-source', word]]],
  ['a region', (word) => [[...ARGS, '--region', word]]],
  ['a command', (word) => [[word]]],
  ['an option', (word) => [['assume-role', `--${word}`, 'x']]],
  ['an error code', (word) => [['explain', word]]],
  ['a topic of help', (word) => [['help', word]]],
  ['a shell', (word) => [['completion', word]]],
  ['a profile', (word) => [['whoami', '--profile', word]]],
  [
    'a source profile',
    (word, job) => {
      job.write('profiles', `[profile a]\nrole_arn = ${ROLE}\nsource_profile = ${word}\n`)
      return [['assume-role', '--profiles-file', 'profiles']]
    },
  ],
  [
    'a key of a profile',
    (word, job) => {
      job.write('profiles', `[profile ${word}]\nrole_arn = ${ROLE}\n${word} = x\n`)
      return [['assume-role', '--profiles-file', 'profiles']]
    },
  ],
  [
    'a claim',
    (word) => [
      ['token', '--format', 'json'],
      { env: { CIRCLE_OIDC_TOKEN_V2: jwt({ iss: word, [word]: word }) } },
    ],
  ],
]

for (const [place, given] of PLACES) {
  test(`${place} that is a name of every object`, async (t) => {
    for (const word of WORDS) {
      const job = new Job(t, {
        AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1',
        CIRCLE_OIDC_TOKEN_V2: jwt({ iss: 'x', aud: 'x', sub: 'x', exp: 4_000_000_000 }),
      })
      const [args, options = {}] = given(word, job)
      const env = { AWS_OIDC_MAX_ATTEMPTS: '1', ...options.env }
      const { code, stderr } = await job.run(args, { env })
      assert.ok(place === 'a claim' ? code === 0 : (code ?? 1) > 1, `${word}: ${code} ${stderr}`)
      assert.doesNotMatch(stderr, /Error internal-error|\[native code\]|\[object Object\]/)
    }
  })
}

test('an error of STS whose code is such a name, or stands there twice', async (t) => {
  const codes = [...WORDS, 'AccessDenied</Code><Code>Throttling']
  for (const code of codes) {
    const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(400, { 'content-type': 'text/xml' }).end(body)
    }).listen(0, '127.0.0.1')
    t.after(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const job = new Job(t, {
      AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      CIRCLE_OIDC_TOKEN_V2: jwt({ iss: 'x', aud: 'x', sub: 'x', exp: 4_000_000_000 }),
    })
    await job.fails([...ARGS, '--max-attempts', '1'], 'request-rejected', /no/)
  }
})
