import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { OidcError } from '../errors.ts'
import { type Answer, StsError } from './aws/answer.ts'
import { parseQuery, type Query, type StsRequest } from './aws/request.ts'
import { Sessions } from './aws/session.ts'
import { answerSts } from './aws/sts.ts'
import { TokenVerification } from './aws/token-verification.ts'
import { readWorld, type World } from './aws/world.ts'
import { type Fault, type FaultName, faultEffect, faultQueue } from './fault.ts'
import {
  createIssuer,
  discover,
  type Issuer,
  MINT_PATH,
  type MintOptions,
  mintForJob,
} from './issuer.ts'

/** Starts an OIDC issuer and an STS that really verify, on one local port. Throws `invalid-usage` when the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const world = options.world ?? readWorld({})
  const issuer = await createIssuer(world)
  const requests: RequestRecord[] = []
  const sts = { world, tokens: new TokenVerification(world, issuer), sessions: new Sessions(world) }
  const nextFault = faultQueue(options.faults ?? [])
  const log = options.log ?? (() => {})

  const serveSts = async (request: StsRequest, response: ServerResponse): Promise<void> => {
    const record = recordRequest(request.query)
    requests.push(record)
    const fault = nextFault()
    const effect = fault && faultEffect(fault)
    if (fault) {
      record.fault = fault
      log(`fault ${fault} for ${record.action}`)
    }
    await delay(world.latencyMs + (effect?.kind === 'delay' ? effect.ms : 0))
    if (effect?.kind === 'reset') {
      response.socket?.resetAndDestroy()
      return
    }
    if (effect?.kind === 'body') {
      record.status = effect.status
      send(response, { status: effect.status, contentType: effect.type, body: effect.body })
      return
    }
    const account = request.query.get('RoleArn')?.split(':')[4] ?? ''
    const forced =
      effect?.kind === 'error'
        ? new StsError(effect.code, effect.message.replace('ACCOUNT', account))
        : undefined
    const { answer, requestId, refusal } = await answerSts(sts, request, forced)
    record.status = answer.status
    record.code = refusal?.code
    record.succeeded = !refusal && (!effect || effect.kind === 'delay')
    // Without an action it is somebody who asks whether anyone is there.
    if (refusal && !forced && record.action !== '') log(describeRefusal(record, refusal))
    response.setHeader('x-amzn-RequestId', requestId)
    if (effect?.kind === 'truncate') sendHalf(response, answer)
    else send(response, effect?.kind === 'omit' ? omitElement(answer, effect.element) : answer)
  }

  const server = createServer((incoming, response) => {
    route(incoming, response, issuer, serveSts, `http://${incoming.headers.host}`).catch(
      (error: unknown) => {
        log(`the sandbox failed: ${error}`)
        response.destroy()
      },
    )
  })
  const port = await listen(server, options.port ?? 0)
  return {
    url: `http://${HOST}:${port}`,
    world,
    mint: issuer.mint,
    requests,
    get exchanges() {
      return requests.filter(
        ({ action, succeeded }) => action === 'AssumeRoleWithWebIdentity' && succeeded,
      ).length
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface SandboxOptions {
  /** Default: the default world. */
  readonly world?: World
  /** Default 0: any free port. */
  readonly port?: number
  readonly faults?: readonly Fault[]
  /** Gets a line per refusal, with the reason AWS would not tell, and per fault. Never a token or key. */
  readonly log?: (line: string) => void
}

export interface Sandbox {
  /** `http://127.0.0.1:PORT`, without a trailing slash: the STS endpoint. */
  readonly url: string
  readonly world: World
  /** A CircleCI-shaped token, signed with the sandbox's key. */
  readonly mint: (options?: MintOptions) => Promise<string>
  /** Every STS request so far, in order of arrival. */
  readonly requests: readonly RequestRecord[]
  /** How many web identity tokens were exchanged for credentials. */
  readonly exchanges: number
  readonly close: () => Promise<void>
}

/** One STS request in the sandbox's log. */
interface RequestRecord {
  readonly action: string
  /** As sent, `WebIdentityToken` replaced by `***`. */
  readonly parameters: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number
  /** HTTP status of the answer; `undefined` while there is none. */
  status: number | undefined
  /** AWS's error code, when refused. */
  code: string | undefined
  fault: FaultName | undefined
  /** The client was sent a whole, unspoilt answer without an error. */
  succeeded: boolean
}

function recordRequest(query: Query): RequestRecord {
  const parameters = Object.fromEntries(query)
  if ('WebIdentityToken' in parameters) parameters['WebIdentityToken'] = '***'
  return {
    action: query.get('Action') ?? '',
    parameters,
    arrivedAt: Date.now(),
    status: undefined,
    code: undefined,
    fault: undefined,
    succeeded: false,
  }
}

function describeRefusal({ action, parameters }: RequestRecord, refusal: StsError): string {
  const role = parameters['RoleArn'] ? ` for ${parameters['RoleArn']}` : ''
  const reason = refusal.reason ? ` (AWS would not say: ${refusal.reason})` : ''
  return `refused ${action}${role}: ${refusal.code}: ${refusal.message}${reason}`
}

const HOST = '127.0.0.1'

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new OidcError('invalid-usage', {
          what: `The sandbox cannot listen on ${HOST}:${port}: ${error.message}.`,
          next: 'Choose another --port, or leave it out for any free port.',
          cause: error,
        }),
      )
    })
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port))
  })
}

async function route(
  incoming: IncomingMessage,
  response: ServerResponse,
  issuer: Issuer,
  serveSts: (request: StsRequest, response: ServerResponse) => Promise<void>,
  url: string,
): Promise<void> {
  const { url: target = '/', method = 'GET' } = incoming
  const { pathname, search } = new URL(target, url)
  const body = await readBody(incoming)
  const document = discover(issuer, pathname, url)
  if (document) {
    send(response, { status: 200, contentType: 'application/json', body: JSON.stringify(document) })
  } else if (pathname === MINT_PATH) {
    const minted = await mintForJob(issuer, body)
    const status = 'token' in minted ? 200 : 400
    send(response, { status, contentType: 'application/json', body: JSON.stringify(minted) })
  } else if (pathname !== '/') {
    send(response, { status: 404, contentType: 'text/plain', body: `Nothing at ${pathname}.\n` })
  } else {
    const query = parseQuery(method === 'GET' ? search : body)
    await serveSts({ method, target, headers: flatHeaders(incoming), body, query }, response)
  }
}

const BODY_LIMIT_BYTES = 1024 * 1024

/** Where a header comes more than once, its values with commas between. */
function flatHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    chunks.push(chunk)
    size += chunk.length
    if (size > BODY_LIMIT_BYTES) throw new Error(`a request of more than ${BODY_LIMIT_BYTES} bytes`)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Promises the whole answer and hangs up after half of it. */
function sendHalf(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  })
  response.write(body.slice(0, body.length / 2), () => response.destroy())
}

/** The answer without that element, XML or JSON. */
function omitElement(answer: Answer, element: string): Answer {
  const body = answer.body
    .replace(new RegExp(` *<${element}>[^<]*</${element}>\n?`), '')
    .replace(new RegExp(`"${element}":"[^"]*",?`), '')
  return { ...answer, body }
}
