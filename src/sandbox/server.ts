import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { OidcError } from '../errors.ts'
import type { Fault } from './fault.ts'
import { faultEffect, faultQueue } from './fault.ts'
import { flatHeaders, omitElement, readBody, send, sendHalf } from './http-message.ts'
import type { Issuer, MintOptions } from './issuer.ts'
import { createIssuer, discover } from './issuer.ts'
import { MINT_PATH, mintForJob } from './mint-endpoint.ts'
import type { StsRequest } from './operation.ts'
import { parseQuery } from './query.ts'
import type { RequestRecord } from './request-record.ts'
import { recordRequest } from './request-record.ts'
import { Sessions } from './session.ts'
import { answerSts } from './sts.ts'
import { StsError } from './sts-error.ts'
import { TokenVerification } from './token-verification.ts'
import type { World } from './world.ts'
import { readWorld } from './world.ts'

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

const HOST = '127.0.0.1'

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
    const forced = effect?.kind === 'error' ? new StsError(effect.code, effect.message) : undefined
    const { answer, requestId, refusal } = await answerSts(sts, request, forced)
    record.status = answer.status
    record.code = refusal?.code
    record.succeeded = !refusal && (!effect || effect.kind === 'delay')
    if (refusal && !forced) log(describeRefusal(record, refusal))
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

async function route(
  incoming: IncomingMessage,
  response: ServerResponse,
  issuer: Issuer,
  serveSts: (request: StsRequest, response: ServerResponse) => Promise<void>,
  url: string,
): Promise<void> {
  const target = incoming.url ?? '/'
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
    const query = parseQuery(incoming.method === 'GET' ? search : body)
    const method = incoming.method ?? 'GET'
    await serveSts({ method, target, headers: flatHeaders(incoming), body, query }, response)
  }
}

function describeRefusal({ action, parameters }: RequestRecord, refusal: StsError): string {
  const role = parameters['RoleArn'] ? ` for ${parameters['RoleArn']}` : ''
  const reason = refusal.reason ? ` (AWS would not say: ${refusal.reason})` : ''
  return `refused ${action}${role}: ${refusal.code}: ${refusal.message}${reason}`
}

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
    server.listen(port, HOST, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
