import type { IncomingMessage } from 'node:http'
import { AwsQueryProtocol } from '@aws-sdk/core/protocols'
import type { HeaderBag, HttpResponse, MetadataBearer, StaticOperationSchema } from '@smithy/types'
import { version } from '../../package.json'
import type { Context } from '../context.ts'
import { now, pause } from '../deadline.ts'
import type { OidcError } from '../errors.ts'
import { CONNECTIONS, reach } from '../network/agents.ts'
import { bodyOf, send } from '../network/request.ts'
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
}

/**
 * The SDK's schemas, protocol and signature, without its client: that one's middleware for retries, shared
 * configuration and the credential chain would do nothing here, and double the time of a run.
 */
export function connectSts(endpoint: StsEndpoint, { env }: Pick<Context, 'env'>): StsConnection {
  const url = endpointUrl(endpoint)
  const ask = transport(url, endpoint.region, env)
  return {
    url,
    request: ({ operation, input, credentials, read, explain, mend }, context) => {
      const { deadline, terminal } = context
      const attempt = async (number: number) => {
        const values = await input()
        return inTurn(async () => {
          const start = now()
          const took = () => `attempt ${number} at ${url.host} took ${Math.round(now() - start)} ms`
          try {
            const answer = await ask(operation, values, deadline.signal, credentials)
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

/** What sends requests, each once. Throws what Node throws, and the SDK. */
function transport(url: URL, region: string, env: Environment) {
  const context = { endpoint: async () => ({ url }) } as unknown as Parameters<
    typeof protocol.serializeRequest
  >[2] &
    Parameters<typeof protocol.deserializeResponse>[1]
  const ask = async (
    schema: StaticOperationSchema,
    values: object,
    signal: AbortSignal,
    credentials: Credentials | undefined,
  ): Promise<object> => {
    const [, namespace, name, traits, input, output] = schema
    const operation = { namespace, name, traits, input, output }
    const request = await protocol.serializeRequest(operation, values, context)
    request.headers['host'] = url.host
    request.headers['content-length'] = String(Buffer.byteLength(request.body))
    const { method, headers, body } = credentials
      ? await (await import('./signature.ts')).sign(request, credentials, region)
      : request
    headers['user-agent'] = `circleci-aws-oidc/${version} aws-sdk-js`
    const { agent, connected } = await reach(url, env)
    const target = new URL(url)
    target.pathname = request.path
    const answered = send(target, { method, headers, body, agent, signal })
    onRequest({ connected })
    rehearsal ??= connected.then(() => rehearse(operation))
    const [answer] = await Promise.all([answered, rehearsal])
    const { statusCode = 0 } = answer
    const response: HttpResponse = { statusCode, headers: answer.headers as HeaderBag }
    try {
      response.body = await readAnswer(answer, statusCode)
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
  return ask
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

/** The body of an answer; an empty one in the place of HTML. Throws `FailedExchange` for one that is longer than any of STS. */
async function readAnswer(answer: IncomingMessage, status: number): Promise<Buffer> {
  const body = await bodyOf(answer, MAXIMUM_BYTES)
  if (!body && status < 300) {
    throw new FailedExchange(unexpectedAnswer(`longer than ${MAXIMUM_BYTES / 1000} kB`))
  }
  // An error page tells enough by its status. XML of STS has no declarations, over which the SDK's parser takes
  // quadratic time.
  return !body || body.includes('<!') ? Buffer.alloc(0) : body
}

/** Ten times what STS answers at most; the SDK's parser takes 0.1 s for as much. */
const MAXIMUM_BYTES = 100_000

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
