import type { Context } from '../command.ts'
import { startDeadline } from '../deadline.ts'
import { EXIT, OidcError } from '../errors.ts'
import type { Environment, OptionValues } from '../options.ts'
import type { Claims } from '../token/claims.ts'
import { readToken } from '../token/source.ts'
import { checkTrust, type TrustReport } from '../trust/check.ts'
import { checkJson } from '../trust/check-json.ts'
import { checkText } from '../trust/check-text.ts'
import { readClaimsFile } from '../trust/claims-file.ts'
import { readPolicyFile } from '../trust/policy-file.ts'
import { missing } from '../trust/usage.ts'
import type { TRUST_CHECK_OPTIONS } from './trust-options.ts'

type CheckOptions = OptionValues<(typeof TRUST_CHECK_OPTIONS)[number]>

export async function run(options: CheckOptions, { env, terminal }: Context): Promise<number> {
  if (options.policy === undefined) throw missing('policy', 'There is nothing to check.')
  const { policy, length } = await readPolicyFile(options.policy)
  const clientIds = options['provider-client-ids']
  const check = (claims: Claims | undefined) =>
    checkTrust({ policy, length, claims, clientIds, now: new Date() })
  const print = (report: TrustReport) =>
    terminal.print(
      options.format === 'json' ? JSON.stringify(checkJson(report), null, 2) : checkText(report),
    )
  let claims: Claims
  try {
    claims = await readClaims(options, env)
  } catch (error) {
    // The policy alone is worth a look, but the question was not answered: the exit code says so.
    if (error instanceof OidcError && error.exitCode === EXIT.noToken) print(check(undefined))
    throw error
  }
  const report = check(claims)
  print(report)
  return report.verdict === 'admits' ? EXIT.done : EXIT.refused
}

async function readClaims(options: CheckOptions, env: Environment): Promise<Claims> {
  if (options.claims !== undefined) return readClaimsFile(options.claims)
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const reading = readToken(options, env, deadline.signal)
    const { claims } = await deadline.race('reading the web identity token', reading)
    return claims
  } finally {
    deadline.clear()
  }
}
