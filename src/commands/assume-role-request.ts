import { OidcError } from '../errors.ts'
import { expandVariables, unsetVariable } from '../expansion.ts'
import type { Environment, OptionValues } from '../options.ts'
import { checkAccount } from '../sts/allowed-accounts.ts'
import { parseRoleArn } from '../sts/arn.ts'
import type { AssumeRoleRequest } from '../sts/assume-role.ts'
import { roleSessionName } from '../sts/role-session-name.ts'
import { checkPolicyArns, readSessionPolicy } from '../sts/session-policy.ts'

type RequestOptions = OptionValues<
  | 'role-arn'
  | 'allowed-account-ids'
  | 'role-session-name'
  | 'duration-seconds'
  | 'policy'
  | 'policy-arns'
>

/** The request for STS, with everything checked that can be before the network is asked. */
export async function readRequest(
  options: RequestOptions,
  env: Environment,
): Promise<AssumeRoleRequest> {
  const role = parseRoleArn(readRoleArn(options['role-arn'], env))
  checkAccount(role.accountId, options['allowed-account-ids'], `The role ${role.arn}`)
  checkPolicyArns(options['policy-arns'])
  const policy = options.policy === undefined ? undefined : await readSessionPolicy(options.policy)
  return {
    role,
    roleSessionName: roleSessionName(options['role-session-name'], env),
    durationSeconds: options['duration-seconds'],
    ...(policy === undefined ? {} : { policy }),
    policyArns: options['policy-arns'],
  }
}

/** A role ARN may stand in a variable: `NAME`, `$NAME` or `${NAME}` is as good as the ARN itself. */
function readRoleArn(given: string | undefined, env: Environment): string {
  if (given === undefined) {
    throw new OidcError('invalid-usage', {
      what: 'The role ARN is missing.',
      next: 'Pass --role-arn (in the orb: role-arn or profiles), or set AWS_OIDC_ROLE_ARN.',
    })
  }
  if (!/^[A-Za-z_]\w*$/.test(given)) return expandVariables(given, env, '--role-arn')
  const value = env[given]
  if (value) return value
  throw unsetVariable(given, '--role-arn')
}
