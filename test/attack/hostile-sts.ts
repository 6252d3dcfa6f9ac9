import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** What a request for a role asks for, as far as an answer must agree with it. */
export interface Asked {
  readonly role: string
  readonly session: string
}

export type Answering = (asked: Asked, response: ServerResponse, number: number) => void

/** A server in the place of STS that answers as it is told; `number` counts the requests from 1. */
export async function answeringServer(t: TestContext, answer: Answering): Promise<string> {
  let number = 0
  const server = createServer((request, response) => {
    response.on('error', () => {})
    read(request).then((body) => {
      const values = new URLSearchParams(body)
      const [role = '', session = ''] = ['RoleArn', 'RoleSessionName'].map(
        (key) => values.get(key) ?? '',
      )
      number += 1
      answer({ role, session }, response, number)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** The parts of an answer of AWS by the names of their elements. */
export type Parts = Readonly<Record<string, string>>

export function partsFor({ role, session }: Asked): Parts {
  const [, , , , account = '', name = ''] = role.split(/[:]/)
  return {
    Arn: `arn:aws:sts::${account}:assumed-role/${name.split('/').at(-1)}/${session}`,
    AssumedRoleId: `AROA123:${session}`,
    AccessKeyId: 'ASIAEXAMPLEEXAMPLE12',
    SecretAccessKey: 'aSecretKeyOfFortyCharactersWithASlash/+1',
    SessionToken: `IQoJb3JpZ2lu${'A1b2'.repeat(80)}==`,
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  }
}

/** STS API Reference, AssumeRoleWithWebIdentity, "Sample Response". */
export function answerOf(parts: Parts): string {
  const element = (name: string) => (name in parts ? `<${name}>${parts[name]}</${name}>` : '')
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <AssumedRoleUser>${element('Arn')}${element('AssumedRoleId')}</AssumedRoleUser>
    <Credentials>
      ${['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map(element).join('\n      ')}
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>ad4156e9-bce1-11e2-82e6-6b6efEXAMPLE</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>
`
}

export function errorOf(code: string, message: string): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>
  <RequestId>ad4156e9-bce1-11e2-82e6-6b6efEXAMPLE</RequestId>
</ErrorResponse>
`
}

export function send(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'text/xml' })
  response.end(body)
}

/** Writes without end, as fast as it is taken. */
export function sendWithoutEnd(response: ServerResponse, head: string, more: string): void {
  response.writeHead(200, { 'content-type': 'text/xml' })
  response.write(head)
  const block = more.repeat(Math.ceil(65_536 / more.length))
  const write = () => {
    while (!response.destroyed && response.write(block));
  }
  response.on('drain', write)
  write()
}

/** Writes a byte, and then another one, each time after a pause. */
export function sendSlowly(response: ServerResponse, body: string, pause: number): void {
  response.writeHead(200, { 'content-type': 'text/xml' })
  let at = 0
  const timer = setInterval(() => {
    response.write(body[at] ?? ' ')
    at += 1
  }, pause)
  response.on('close', () => clearInterval(timer))
}
