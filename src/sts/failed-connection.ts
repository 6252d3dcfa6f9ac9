import { type ErrorText, OidcError } from '../errors.ts'
import { CERTIFICATE_ERROR } from '../network/agents.ts'
import type { Environment } from '../options.ts'
import { clockTime } from '../text.ts'
import { type Way, wayTo } from './endpoint.ts'
import type { Failure } from './failure.ts'
import type { FailedAttempts } from './retry.ts'

type ExplainConnection = (failure: Failure, url: URL, env: Environment) => ErrorText

/** The error for a request that failed for good, whatever it asked for: it is about the way to STS. */
export function failedConnection(failed: FailedAttempts, url: URL, env: Environment): OidcError {
  const explain =
    CONNECTION_EXPLANATIONS[failed.failure.code as keyof typeof CONNECTION_EXPLANATIONS] ??
    unexplained
  return failedRequest(failed, explain(failed.failure, url, env))
}

/** The error with the number of attempts and AWS's request id added to the reason: the first line stays short. */
export function failedRequest(
  { failure, attempts, cause }: FailedAttempts,
  text: ErrorText,
): OidcError {
  const notes = [
    ...(attempts > 1 ? [`after ${attempts} attempts`] : []),
    ...(failure.requestId ? [`request id ${failure.requestId}`] : []),
  ]
  if (notes.length === 0) return new OidcError(failure.code, { ...text, cause })
  const noted = (lines: ErrorText['what']) => {
    const [last = '', ...before] = [lines].flat().reverse()
    return [...before.reverse(), last.replace(/\.?$/, ` (${notes.join(', ')}).`)]
  }
  const { what, why } = text
  const told = why === undefined ? { what: noted(what) } : { why: noted(why) }
  return new OidcError(failure.code, { ...text, ...told, cause })
}

const CONNECTION_EXPLANATIONS = {
  'credentials-rejected': ({ detail, awsTime }) =>
    (awsTime && clockText(detail, awsTime)) ?? {
      what: 'AWS rejects the credentials.',
      why: `${detail}.`,
      likely:
        'They have expired, were cut off or mixed with those of another session, or belong to another partition.',
      next: 'Assume the role again; check that no AWS_* variable holds an older key or session token.',
    },
  'aws-unavailable': ({ detail }, url) => ({
    what: `AWS STS at ${url.host} could not answer.`,
    why: `${detail}.`,
    next: 'Run the job again, or raise --timeout-seconds (and --max-attempts, if given). If it persists, see the AWS Health Dashboard.',
  }),
  'aws-unreachable': ({ detail }, url, env) => unreachable(detail, url, env),
  'unexpected-answer': ({ detail }, url, env) => unexpected(detail, url, env),
} as const satisfies Partial<Record<Failure['code'], ExplainConnection>>

const unexplained: ExplainConnection = ({ detail }) => ({
  what: `The request failed: ${detail}.`,
})

/** A refusal by a server that is not AWS: what it knows of roles and policies, only that server can tell. */
export function foreignRefusal({ detail }: Failure, what: string, url: URL, env: Environment) {
  const { host, setting } = wayTo(url, env)
  return {
    what: `The STS at ${host} does not let ${what}: ${detail.replace(/: (Unknown(Error)?)?$/, '')}.`,
    why: 'It answers like S3-compatible storage, not like AWS: its own settings decide.',
    next: `Check that it has an STS at this URL, with the OIDC provider, the audience and the role. If you mean AWS, ${setting === undefined ? 'check the proxy' : `remove ${setting}`}.`,
  } satisfies ErrorText
}

/** Where the clock of this machine is further off than AWS puts up with. */
export function clockText(detail: string, awsTime: Date): ErrorText | undefined {
  const minutes = Math.round((Date.now() - awsTime.getTime()) / 60_000)
  if (Math.abs(minutes) < 5) return undefined
  return {
    what: `The clock of this machine is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'ahead of' : 'behind'} AWS.`,
    why: `It is ${clockTime(new Date())} here, and ${clockTime(awsTime)} at AWS: ${detail}.`,
    next: 'Set the clock of the machine (NTP); AWS refuses requests that are more than 5 minutes off.',
  }
}

/** What stands on the way, and what helps against it. */
function unreachable(detail: string, url: URL, env: Environment): ErrorText {
  const way = wayTo(url, env)
  const { host, proxy, setting } = way
  const change = setting === undefined ? 'Check --region' : `Correct or unset ${setting}`
  if (proxy) {
    const [status] = /\b4\d\d\b/.exec(/HTTP (\d{3})/.exec(detail)?.[1] ?? '') ?? []
    const text = proxyText(status, detail, way, proxy)
    if (text) return text
  }
  if (/EAI_AGAIN/.test(detail)) {
    return {
      what: `The DNS of this job does not answer for ${host}.`,
      why: `${detail}.`,
      next: `Check the resolver and the network of the job (getent hosts ${url.hostname}); behind a proxy, set HTTPS_PROXY.${setting ? ` Or correct ${setting}.` : ''}`,
    }
  }
  if (/ENOTFOUND/.test(detail)) {
    return {
      what: `The DNS of this job does not know ${host}.`,
      why: `${detail}.`,
      next: `${change}${setting ? '' : ', and the network of the job'}. If only a proxy can resolve names, set HTTPS_PROXY.`,
    }
  }
  if (/ECONNREFUSED/.test(detail)) {
    return {
      what: `AWS STS can't be reached at ${host}: connection refused, nothing listens there.`,
      why: `${detail}.`,
      next: `${change}${setting ? '' : ', and the network of the job'}.`,
    }
  }
  if (/ALTNAME/.test(detail)) {
    return {
      what: `The certificate of ${host} is for another host.`,
      why: `${detail}.`,
      next: `${change}, and check what answers there.`,
    }
  }
  if (CERTIFICATE_ERROR.test(detail)) {
    return {
      what: `The certificate of ${host} is not from a CA that this job trusts.`,
      why: `${detail}.`,
      next: 'If a proxy inspects TLS, give its CA certificates with AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS.',
    }
  }
  return {
    what: `AWS STS can't be reached at ${host}: ${detail}.`,
    next: `${change}, the network, HTTPS_PROXY and NO_PROXY; --timeout-seconds and --max-attempts give it more time.`,
  }
}

function proxyText(
  status: string | undefined,
  detail: string,
  { url, host }: Way,
  { name, url: proxy }: NonNullable<Way['proxy']>,
): ErrorText | undefined {
  const at = `${proxy.hostname}:${proxy.port || '80'} (${name})`
  if (status === '407') {
    return {
      what: `The proxy ${at} asks for a user and password: HTTP 407.`,
      next: `Write ${name} as http://USER:PASSWORD@HOST:PORT, percent-encoded, in a context.`,
    }
  }
  if (status !== undefined) {
    return {
      what: `The proxy ${at} does not let this job connect to ${host}: HTTP ${status}.`,
      next: `Ask the administrator of the proxy to allow ${url.host}, or put ${url.hostname} in NO_PROXY if it can be reached directly.`,
    }
  }
  const ofProxy =
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|no answer/.test(detail) &&
    (detail.includes(proxy.hostname) || /no answer/.test(detail))
  if (!ofProxy) return undefined
  const what = /ECONNREFUSED/.test(detail)
    ? 'connection refused, nothing listens there'
    : 'no route to it'
  return {
    what: `The proxy ${at} can't be reached: ${what}.`,
    why: `${detail}.`,
    next: `Correct or unset ${name}, or put ${url.hostname} in NO_PROXY.`,
  }
}

/** What answered in the place of STS. */
function unexpected(detail: string, url: URL, env: Environment): ErrorText {
  const way = wayTo(url, env)
  const { host, proxy, setting } = way
  if (/wrong version number|EPROTO|packet length too long/i.test(detail)) {
    return {
      what: `The server at ${host} does not use TLS, although its URL has https://: it may use plain http.`,
      next: `Write http:// in ${setting ?? '--sts-endpoint'}, or give the port for TLS.`,
    }
  }
  const [, status] = /^HTTP ([34]\d\d)/.exec(detail) ?? []
  if (proxy && status) {
    const text = proxyText(status, detail, way, proxy)
    if (text) return text
  }
  const culprits = [
    ...(proxy ? [`the proxy in ${proxy.name}`] : ['a proxy']),
    'a captive portal',
    setting === undefined ? 'a wrong endpoint' : `another server than STS, named by ${setting}`,
  ]
  return {
    what: `What answered at ${host} is not AWS STS.`,
    why: `${detail}.`,
    likely: `It may be ${culprits.slice(0, -1).join(', ')} or ${culprits.at(-1)}.`,
    next: `See what answers with curl ${url.origin}; then correct ${setting ?? '--sts-endpoint'}, HTTPS_PROXY or NO_PROXY.`,
  }
}
