import { issuerHostPath } from '../../trust/policy/context-keys.ts'
import { invalidParts } from '../../trust/policy/invalid.ts'
import { parseTrustPolicy, type TrustPolicy } from '../../trust/policy/policy.ts'
import { JsonReader } from './json-reader.ts'

/** An IAM OIDC provider: CreateOpenIDConnectProvider's `Url` and `ClientIDList`. */
export interface Provider {
  readonly url: string
  readonly clientIds: readonly string[]
}

export interface Role {
  readonly name: string
  /** Begins and ends with `/`, as in IAM. */
  readonly path: string
  /** Seconds. */
  readonly maxSessionDuration: number
  readonly trustPolicy: TrustPolicy
}

export interface Account {
  readonly id: string
  readonly partition: string
  readonly providers: readonly Provider[]
  readonly roles: readonly Role[]
}

/** The accounts of a world; what IAM would not store is refused. Throws `invalid-world`. */
export function readAccounts(accounts: JsonReader): Account[] {
  return accounts.entries().map(([account, reader]) => {
    if (!/^\d{12}$/.test(account)) reader.fail('must be named by an account id of 12 digits')
    reader.expectOnly(['partition', 'trustPolicyQuota', 'providers', 'roles'])
    // "Role trust policy length: 2048 characters", up to 4096 on request: reference_iam-quotas.html
    const quota = reader.field('trustPolicyQuota').or(2048, (one) => one.integer(2048, 4096))
    const providers = reader.field('providers')
    const roles = reader.field('roles')
    const found = {
      id: account,
      partition: reader.field('partition').or('aws', (one) => one.text(/^aws[a-z-]*$/, 'like aws')),
      providers: providers.items().map(readProvider),
      roles: roles.items().map((role) => readRole(role, quota)),
    }
    refuseDuplicates(
      providers,
      found.providers.map(({ url }) => issuerHostPath(url)),
      'provider',
    )
    // "Role names must be unique within the account … not distinguished by case", whatever their path: API_CreateRole.html
    refuseDuplicates(
      roles,
      found.roles.map(({ name }) => name.toLowerCase()),
      'role name',
    )
    return found
  })
}

function refuseDuplicates(reader: JsonReader, names: readonly string[], what: string): void {
  const again = names.find((name, index) => names.indexOf(name) < index)
  if (again !== undefined) reader.fail(`has the ${what} ${JSON.stringify(again)} twice`)
}

const MAXIMUM_CLIENT_IDS = 100

function readProvider(provider: JsonReader): Provider {
  provider.expectOnly(['url', 'clientIds'])
  const ids = provider.field('clientIds')
  const clientIds = ids
    .items()
    .map((one) => one.text(/^\S{1,255}$/, 'a string of at most 255 characters without spaces'))
  if (clientIds.length > MAXIMUM_CLIENT_IDS) {
    ids.fail(`has ${clientIds.length} client ids; IAM accepts at most ${MAXIMUM_CLIENT_IDS}`)
  }
  refuseDuplicates(ids, clientIds, 'client id')
  return { url: readIssuer(provider.field('url')), clientIds }
}

/**
 * "The URL must begin with https://", has no query, and "should not contain a port number": id_roles_providers_create_oidc.html
 * An issuer on this machine may have both http and a port, since it stands in for one on the internet.
 */
export function readIssuer(reader: JsonReader): string {
  const local = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/[^\s?#]*)?$/
  if (typeof reader.value === 'string' && local.test(reader.value)) return reader.value
  return reader.text(
    /^https:\/\/[^\s/?#:@]+(\/[^\s?#]*)?$/,
    'an https:// URL without a port, query or fragment',
  )
}

function readRole(role: JsonReader, quota: number): Role {
  role.expectOnly(['name', 'path', 'maxSessionDuration', 'trustPolicy'])
  return {
    trustPolicy: readTrustPolicy(role.field('trustPolicy'), quota),
    name: role.field('name').text(/^[\w+=,.@-]{1,64}$/, 'a role name'),
    path: role
      .field('path')
      .or('/', (one) => one.text(/^\/([\x21-\x7e]{1,510}\/)?$/, 'a path such as / or /team/')),
    maxSessionDuration: role
      .field('maxSessionDuration')
      .or(3600, (one) => one.integer(3600, 43_200)),
  }
}

function readTrustPolicy(trust: JsonReader, quota: number): TrustPolicy {
  const parsed = parseTrustPolicy(trust.value)
  if (!('policy' in parsed)) {
    const path = parsed.path === '' ? trust.path : `${trust.path}.${parsed.path}`
    return new JsonReader(trust.value, path).fail(parsed.problem)
  }
  // "IAM doesn't count white space when calculating the size of a policy": reference_iam-quotas.html
  const text = typeof trust.value === 'string' ? trust.value : JSON.stringify(trust.value)
  const length = text.replace(/\s/g, '').length
  if (length > quota) {
    trust.fail(`has ${length} characters without spaces; IAM accepts at most ${quota}`)
  }
  const [invalid] = invalidParts(parsed.policy)
  if (invalid)
    new JsonReader(trust.value, `${trust.path}.${invalid.path}`).fail(
      `is not valid: ${invalid.problem}`,
    )
  return parsed.policy
}
