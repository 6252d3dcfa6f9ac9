import type { Readable } from 'node:stream'
import { AwsQueryProtocol } from '@aws-sdk/core/protocols'
import type { HttpRequest } from '@smithy/core/transport'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { MetadataBearer, NodeHttpHandlerOptions, StaticOperationSchema } from '@smithy/types'
import { version } from '../../package.json'
import type { Context } from '../context.ts'
import { now, pause } from '../deadline.ts'
import type { OidcError } from '../errors.ts'
import { agents, CONNECTION_TIMEOUT, CONNECTIONS, REQUEST_TIMEOUT } from '../network/agents.ts'
import type { Environment } from '../options.ts'
import type { Credentials } from '../role/request.ts'
import { printable } from '../text.ts'
import { askedHost, endpointUrl, type StsEndpoint } from './endpoint.ts'
import { FailedExchange, unexpectedAnswer } from './failure.ts'
import { type FailedAttempts, type WhenFailed, withRetries } from './retry.ts'

/** One request, of whatever operation. */
export interface StsCall<Answer> extends Pick<WhenFailed, 'mend'> {
  readonly operation: StaticOperationSchema
  /** Made anew for each attempt. */
  readonly input: () => object | Promise<object>
  /** Sign the request, where given. */
  readonly credentials?: Credentials
  /** What the answer says. Throws `FailedExchange` where something is missing. */
  readonly read: (answer: object) => Answer
  /** The error for a failure for good. */
  readonly explain: (failed: FailedAttempts, url: URL) => OidcError | Promise<OidcError>
}

/** Where STS is asked, and how. */
export interface StsConnection {
  /** Where the requests go. */
  readonly url: URL
  /** Asks until there is an answer, the attempts are used up or the time is. Throws `OidcError`. */
  request<Answer>(request: StsCall<Answer>, context: Context): Promise<Answer>
  destroy(): void
}

/**
 * The SDK's schemas, protocol, signature and HTTP handler, without its client: that one's
 * middleware for retries, shared configuration and the credential chain would do nothing here, and
 * double the time of a run.
 */
export function connectSts(endpoint: StsEndpoint, { env }: Pick<Context, 'env'>): StsConnection {
  const url = endpointUrl(endpoint)
  const { send, destroy } = openTransport(url, endpoint.region, env)
  return {
    url,
    destroy,
    request: ({ operation, input, credentials, read, explain, mend }, context) => {
      const { deadline, terminal } = context
      const attempt = async (number: number) => {
        const values = await input()
        return inTurn(async () => {
          const start = now()
          const took = () => `attempt ${number} at ${url.host} took ${Math.round(now() - start)} ms`
          try {
            const answer = await send(operation, values, deadline.signal, credentials)
            const result = read(answer)
            const { $metadata }: Partial<MetadataBearer> = answer
            terminal.debug(
              `${took()}; AWS request id ${printable($metadata?.requestId ?? 'missing')}`,
            )
            return result
          } catch (error) {
            terminal.debug(`${took()} and failed`)
            throw error
          }
        })
      }
      return withRetries(attempt, context, {
        explain: (failed) => explain(failed, url),
        mend,
        host: `AWS STS at ${askedHost(url, env)}`,
      })
    },
  }
}

/** A request that waits for its answer, or for its connection first. */
interface MadeRequest {
  /** Resolves once the connection is open that carries it. */
  readonly connected: Promise<unknown>
}

let onRequest: (request: MadeRequest) => void = () => {}
/** Resolves with the first request of the process: what comes after its answer can be prepared meanwhile. */
export const requestMade = new Promise<MadeRequest>((resolve) => {
  onRequest = resolve
})

/** Sends requests, each once. Throws what the SDK throws. */
function openTransport(url: URL, region: string, env: Environment) {
  const handler = httpHandler(url, env)
  const context = { endpoint: async () => ({ url }) } as unknown as Parameters<
    typeof protocol.serializeRequest
  >[2] &
    Parameters<typeof protocol.deserializeResponse>[1]
  const send = async (
    schema: StaticOperationSchema,
    values: object,
    abortSignal: AbortSignal,
    credentials: Credentials | undefined,
  ): Promise<object> => {
    const [, namespace, name, traits, input, output] = schema
    const operation = { namespace, name, traits, input, output }
    const request = await protocol.serializeRequest(operation, values, context)
    request.headers['host'] = url.host
    request.headers['content-length'] = String(Buffer.byteLength(request.body))
    const sent = credentials
      ? await (await import('./signature.ts')).sign(request, credentials, region)
      : request
    sent.headers['user-agent'] = `circleci-aws-oidc/${version} aws-sdk-js`
    const answered = handler.handle(sent as HttpRequest, { abortSignal })
    rehearsal ??= requestMade.then(({ connected }) => connected).then(() => rehearse(operation))
    const [{ response }] = await Promise.all([answered, rehearsal])
    try {
      response.body = await readAnswer(response.body, response.statusCode)
      // Dozens may come at once.
      await pause()
      return await protocol.deserializeResponse(operation, context, response)
    } catch (error) {
      throw Object.assign(withTexts(error as Error), { $response: response })
    }
  }
  /** Reads an answer of the same form, so that what reads the real one is compiled when that comes. */
  const rehearse = async (operation: Parameters<typeof protocol.deserializeResponse>[0]) => {
    const result = `${operation.name}Result`
    const credentials = '<Credentials><Expiration>2020-01-01T00:00:00Z</Expiration></Credentials>'
    const body = Buffer.from(`<Answer><${result}>${credentials}</${result}></Answer>`)
    await protocol.deserializeResponse(operation, context, { statusCode: 200, headers: {}, body })
  }
  return { send, destroy: handler.destroy }
}

let rehearsal: Promise<unknown> | undefined

/** What STSs of storage servers say in an `Error` that stands alone, as S3's, the SDK would not look at. */
class Protocol extends AwsQueryProtocol {
  protected override loadQueryError(data: Partial<Record<'Code' | 'Error', unknown>>) {
    return super.loadQueryError(data) ?? (data.Code ? data : undefined)
  }

  protected override loadQueryErrorCode(
    ...[output, data]: Parameters<AwsQueryProtocol['loadQueryErrorCode']>
  ) {
    return super.loadQueryErrorCode(output, data) ?? data.Code
  }
}

const protocol = new Protocol({
  defaultNamespace: 'com.amazonaws.sts',
  version: '2011-06-15',
  xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
})

/** What an answer says twice, or with elements in it, is no text in the error that the SDK makes of it. */
function withTexts(error: { name: unknown; message: unknown; Code?: unknown }): object {
  for (const name of ['name', 'message', 'Code'] as const) {
    if (typeof error[name] !== 'string') error[name] = JSON.stringify(error[name])
  }
  return error
}

/**
 * The body of an answer; an empty one in the place of HTML. Throws `FailedExchange` for one that is longer than any of STS,
 * or does not come to its end in time.
 */
async function readAnswer(body: Readable, status: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  const stalled = new FailedExchange({
    code: 'aws-unreachable',
    transient: true,
    detail: `the answer did not come to its end in ${ANSWER_TIMEOUT / 1000} s`,
  })
  const limit = setTimeout(() => body.destroy(stalled), ANSWER_TIMEOUT)
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size <= MAXIMUM_BYTES) continue
      // An error page tells enough by its status.
      if (status >= 300) return Buffer.alloc(0)
      throw new FailedExchange(unexpectedAnswer(`longer than ${MAXIMUM_BYTES / 1000} kB`))
    }
  } finally {
    clearTimeout(limit)
  }
  const bytes = Buffer.concat(chunks)
  // XML of STS has no declarations, over which the SDK's parser takes quadratic time.
  return bytes.includes('<!') ? Buffer.alloc(0) : bytes
}

/** Ten times what STS answers at most; the SDK's parser takes 0.1 s for as much. */
const MAXIMUM_BYTES = 100_000

/** Milliseconds from the header of an answer to its end. */
const ANSWER_TIMEOUT = 5_000

/**
 * The SDK's HTTP handler, made with the first request: what is wrong with proxy or certificates fails that. Requests to
 * one origin share their connections, which are closed when there has been none for a while.
 */
export function httpHandler(url: URL, env: Environment) {
  const own: Shared = open.get(url.origin) ?? { users: 0 }
  open.set(url.origin, own)
  own.users += 1
  const make = async () => {
    const { opened: connected = new Promise(setImmediate), ...reached } = await agents(url, env)
    return { handler: new NodeHttpHandler({ ...LIMITS, ...reached }), connected }
  }
  const leave = () => {
    own.users -= 1
    if (own.users > 0) return
    open.delete(url.origin)
    own.made?.then(
      ({ handler }) => handler.destroy(),
      () => {},
    )
  }
  return {
    handle: async (...args: Parameters<NodeHttpHandler['handle']>) => {
      own.made ??= make()
      const { handler, connected } = await own.made.catch((error) => {
        own.made = undefined
        throw error
      })
      const answer = handler.handle(...args)
      onRequest({ connected })
      return answer
    },
    destroy: () => void setTimeout(leave, LINGER_MS).unref(),
  }
}

interface Shared {
  users: number
  made?:
    | Promise<{ readonly handler: NodeHttpHandler; readonly connected: Promise<unknown> }>
    | undefined
}

const open = new Map<string, Shared>()

/** For a role that is asked for after another one; closing takes a while, too, which the process may not have. */
const LINGER_MS = 1_000

/** Timeouts that the SDK's HTTP handler lacks. */
const LIMITS = {
  connectionTimeout: CONNECTION_TIMEOUT,
  requestTimeout: REQUEST_TIMEOUT,
  socketTimeout: REQUEST_TIMEOUT,
  throwOnRequestTimeout: true,
} as const satisfies NodeHttpHandlerOptions

/** Runs at most `limit` of the works given to it at the same time, the others in their order. */
export function concurrency(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running < limit) running += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      // The place goes to the next in line, or is free.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}

const inTurn = concurrency(CONNECTIONS)
