import type { CommandContext, OptionsOf } from '../../command-table.ts'
import { type Deadline, startDeadline } from '../../deadline.ts'
import { EXIT, errorJson, OidcError } from '../../errors.ts'
import type { Environment } from '../../options.ts'
import { readRoleArn } from '../../plans/named-role.ts'
import { parseRoleArn, type RoleArn } from '../../role/arn.ts'
import type { Claims } from '../../token/claims.ts'
import { readToken } from '../../token/source.ts'
import { checkTrust, type TrustReport } from '../../trust/check/check.ts'
import { checkJson, checkText } from '../../trust/check/report.ts'
import { type PolicyFile, readClaimsFile, readPolicyFile } from '../../trust/input.ts'
import { conflict, missing } from '../../trust/subjects/coordinate.ts'

export async function run(
  options: OptionsOf<'trust check'>,
  context: CommandContext,
): Promise<number> {
  const deadline = startDeadline(options['timeout-seconds'], context.terminal.progress)
  try {
    return await check(options, context, deadline)
  } finally {
    deadline.clear()
  }
}

async function check(
  options: OptionsOf<'trust check'>,
  context: CommandContext,
  deadline: Deadline,
): Promise<number> {
  const { env, terminal } = context
  const path = options.policy
  if (path === undefined) throw missing('policy', 'There is nothing to check.')
  refuseStdinTwice(options)
  const reading = readPolicyFile(path, deadline.signal)
  const file = await deadline.race('reading the trust policy', reading)
  const { policy, length } = file
  const role = roleOf(file, options, context)
  const clientIds = options['provider-client-ids']
  const report = (claims: Claims | undefined) =>
    checkTrust({ policy, length, claims, clientIds, role, now: new Date() })
  const print = (one: TrustReport, error: object = {}) =>
    terminal.print(
      options.format === 'json'
        ? JSON.stringify({ ...checkJson(one), ...error }, null, 2)
        : checkText(one, terminal.paint),
    )
  let claims: Claims
  try {
    claims = await readClaims(options, env, deadline)
  } catch (error) {
    // The policy alone is worth a look, but the question was not answered: the exit code says so.
    if (error instanceof OidcError && error.exitCode === EXIT.noToken) {
      print(report(undefined), errorJson(error))
    }
    throw error
  }
  const answer = report(claims)
  print(answer)
  return answer.verdict === 'allows' ? EXIT.done : EXIT.refused
}

/** The role of the policy: what the file says of it, else what is given. */
function roleOf(
  { role }: PolicyFile,
  options: OptionsOf<'trust check'>,
  { env, typed }: CommandContext,
): RoleArn | undefined {
  const given = options['role-arn']
  // A variable may be there for the other commands of the job.
  if (given === undefined || (role && !typed.has('role-arn'))) return role
  const named = parseRoleArn(readRoleArn(given, env))
  if (role === undefined || role.arn === named.arn) return named
  throw new OidcError('invalid-usage', {
    what: `--role-arn is ${named.arn}, but the file describes the role ${role.arn}.`,
    next: 'Leave --role-arn out, or give the trust policy of the role that it names.',
  })
}

function refuseStdinTwice(options: OptionsOf<'trust check'>): void {
  if (options.policy !== '-') return
  if (options.claims === '-') throw conflict('policy -', 'claims -')
  if (options.claims === undefined && options['token-source'] === 'stdin') {
    throw conflict('policy -', 'token-source stdin')
  }
}

async function readClaims(
  options: OptionsOf<'trust check'>,
  env: Environment,
  deadline: Deadline,
): Promise<Claims> {
  if (options.claims !== undefined) {
    const reading = readClaimsFile(options.claims, deadline.signal)
    return deadline.race('reading the claims', reading)
  }
  const reading = readToken(options, env, deadline.signal)
  const { claims } = await deadline.race('reading the web identity token', reading)
  return claims
}
