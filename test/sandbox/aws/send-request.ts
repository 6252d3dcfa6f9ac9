import { readWorld, type Sandbox, type SandboxOptions } from '../../../src/sandbox/index.ts'
import type { Row } from './request-row.ts'
import { ROWS } from './request-table.ts'
import { CIRCLECI_ROLE, PLAYGROUND_ROLE, post, sessionCredentials } from './sandbox-client.ts'
import { outcome, sendSigned } from './signed-request.ts'

const SESSION_NAME = 'job-42'

/** Makes the request of a row, for whoever sends it: its parameters and who signs it. */
export async function requestOf(sandbox: Sandbox, row: Row) {
  const { operation, session, condition, change, token, spoil = (text: string) => text } = row
  const isExchange = operation === 'AssumeRoleWithWebIdentity'
  const credentials = isExchange ? undefined : await callerOf(sandbox, session)
  const role = condition ? `condition-${ROWS.indexOf(row)}` : undefined
  const good: Readonly<Record<string, () => object | Promise<object>>> = {
    AssumeRole: () => ({
      RoleArn: role ? `arn:aws:iam::222222222222:role/${role}` : PLAYGROUND_ROLE,
      RoleSessionName: SESSION_NAME,
    }),
    AssumeRoleWithWebIdentity: async () => ({
      RoleArn: role ? `arn:aws:iam::111111111111:role/${role}` : CIRCLECI_ROLE,
      RoleSessionName: SESSION_NAME,
      WebIdentityToken: spoil(await sandbox.mint(token?.())),
    }),
    DecodeAuthorizationMessage: () => ({ EncodedMessage: 'message' }),
    GetAccessKeyInfo: () => ({ AccessKeyId: credentials?.accessKeyId }),
    GetFederationToken: () => ({ Name: 'ann' }),
  }
  const parameters = { ...(await good[operation]?.()), ...change } as Record<string, unknown>
  return { operation, parameters, credentials }
}

export type Request = Awaited<ReturnType<typeof requestOf>>

/** Of a sandbox, the credentials that requests are signed with. */
const callers = new WeakMap<Sandbox, ReturnType<typeof sessionCredentials>>()

function callerOf(sandbox: Sandbox, change: Row['session']) {
  if (change) return sessionCredentials(sandbox, change)
  const caller = callers.get(sandbox) ?? sessionCredentials(sandbox)
  callers.set(sandbox, caller)
  return caller
}

/** Sends it without any client; the code of the error, if it is one. */
export async function sendRaw(sandbox: Sandbox, row: Row): Promise<string | undefined> {
  const { operation, parameters, credentials } = await requestOf(sandbox, row)
  const query: Record<string, string> = { Action: operation, Version: '2011-06-15' }
  const add = (name: string, value: unknown): void => {
    if (Array.isArray(value)) {
      for (const [at, one] of value.entries()) add(`${name}.member.${at + 1}`, one)
    } else if (typeof value === 'object') {
      for (const [key, one] of Object.entries(value ?? {})) add(`${name}.${key}`, one)
    } else if (value !== undefined) query[name] = String(value)
  }
  for (const [name, value] of Object.entries(parameters)) add(name, value)
  const body = String(new URLSearchParams(query))
  const answer = credentials
    ? await sendSigned(sandbox, credentials, { ...row.signing, body })
    : outcome(await (await post(sandbox, query)).text())
  return /^\w+(?=: )/.exec(answer)?.[0]
}

/** A world with a role for every condition of the table, and one that trusts every caller. */
export function worldOfRows(): NonNullable<SandboxOptions['world']> {
  const { issuer, organization } = readWorld({})
  const subject = `org/${organization}/*`
  const Federated = `arn:aws:iam::111111111111:oidc-provider/${issuer.slice(8)}`
  const role = (name: string, Principal: object, Condition: object = {}) => ({
    name,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal, Action: 'sts:*', Condition },
    },
  })
  const conditional = (operation: string, Principal: object) =>
    ROWS.flatMap((row, at) =>
      row.condition && row.operation === operation
        ? [role(`condition-${at}`, Principal, row.condition)]
        : [],
    )
  return readWorld({
    accounts: {
      '111111111111': {
        providers: [{ url: issuer, clientIds: [organization] }],
        roles: [
          role(
            'circleci-oidc',
            { Federated },
            { StringLike: { [`${issuer.slice(8)}:sub`]: subject } },
          ),
          ...conditional('AssumeRoleWithWebIdentity', { Federated }),
        ],
      },
      '222222222222': {
        roles: [role('playground', { AWS: '*' }), ...conditional('AssumeRole', { AWS: '*' })],
      },
    },
  })
}

/** A row in a few words, for messages. */
export function describeRow({ operation, source, change, condition }: Row): string {
  const differences = JSON.stringify({ ...change, ...condition }, (_, one) =>
    typeof one === 'string' && one.length > 40 ? `${one.slice(0, 30)}…${one.length}` : one,
  )
  return `${operation} ${differences.slice(0, 160)} (${source})`
}
