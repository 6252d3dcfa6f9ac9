import { type ErrorText, OidcError } from '../errors.ts'
import type { Failure } from './failure.ts'
import type { FailedAttempts } from './retry.ts'

type Explain = (failure: Failure, url: URL) => ErrorText

/** The error for a request that failed for good, whatever it asked for: it is about the way to STS. */
export function failedConnection(failed: FailedAttempts, url: URL): OidcError {
  const explain = EXPLANATIONS[failed.failure.code as keyof typeof EXPLANATIONS] ?? unexplained
  return failedRequest(failed, explain(failed.failure, url))
}

/** The error with the number of attempts and AWS's request id added to the text. */
export function failedRequest(
  { failure, attempts, cause }: FailedAttempts,
  text: ErrorText,
): OidcError {
  const notes = [
    ...(attempts > 1 ? [`after ${attempts} attempts`] : []),
    ...(failure.requestId ? [`request id ${failure.requestId}`] : []),
  ]
  const what =
    notes.length > 0 ? `${text.what.replace(/\.$/, '')} (${notes.join(', ')}).` : text.what
  return new OidcError(failure.code, { ...text, what, cause })
}

const EXPLANATIONS = {
  'credentials-rejected': ({ detail }) => ({
    what: `AWS rejects the credentials: ${detail}.`,
    likely:
      'They have expired, were cut or mixed with those of another session, or belong to another partition.',
    next: 'Assume the role again; check that no AWS_* variable holds an older key or session token.',
  }),
  'aws-unavailable': ({ detail }, url) => ({
    what: `AWS STS at ${url.host} could not answer: ${detail}.`,
    next: 'Run the job again, or raise --max-attempts; see the AWS Health Dashboard if it stays.',
  }),
  'aws-unreachable': ({ detail }, url) => ({
    what: `AWS STS can't be reached at ${url.host}: ${detail}.`,
    next: connectionAdvice(detail),
  }),
  'unexpected-answer': ({ detail }, url) => ({
    what: `What answered at ${url.host} is not AWS STS: ${detail}.`,
    likely: 'A proxy, a captive portal or a wrong endpoint answers in its place.',
    next: 'Check HTTPS_PROXY and NO_PROXY, AWS_ENDPOINT_URL_STS and --sts-endpoint.',
  }),
} as const satisfies Partial<Record<Failure['code'], Explain>>

const unexplained: Explain = ({ detail }) => ({ what: `The request failed: ${detail}.` })

function connectionAdvice(detail: string): string {
  if (/ALTNAME/.test(detail)) {
    return 'The certificate is one for another name. Check AWS_ENDPOINT_URL_STS and --sts-endpoint, and what answers there.'
  }
  return /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_/.test(detail)
    ? 'The certificate is not trusted here. Behind a proxy that opens TLS, give its certificates with AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS.'
    : 'Check network, DNS, HTTPS_PROXY and NO_PROXY, --region and --sts-endpoint.'
}
