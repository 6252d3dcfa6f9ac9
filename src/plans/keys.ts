import { CREDENTIAL_KEYS } from '../profiles/profile.ts'
import { nearest } from '../text.ts'

/** Keys that AWS's own readers know, and read from the same file. */
export const AWS_KEYS = [
  'role_arn',
  'source_profile',
  'role_session_name',
  'duration_seconds',
  'external_id',
  'region',
  'output',
] as const

/** Keys of ours, which AWS's readers pass over. */
const OUR_KEYS = [
  'audience',
  'policy',
  'policy_arns',
  'session_tags',
  'transitive_tag_keys',
  'source_identity',
  'credentials',
] as const

export const PROFILE_KEYS = [...AWS_KEYS, ...OUR_KEYS] as const
export type ProfileKey = (typeof PROFILE_KEYS)[number]

/** Values that may go on in indented lines. Those of AWS's keys may not: readers disagree on them. */
export const MULTI_LINE_KEYS: readonly string[] = [
  'policy',
  'policy_arns',
  'session_tags',
  'transitive_tag_keys',
]

/**
 * Settings that a user's own config file has for AWS's tools and that say nothing about credentials.
 * They are passed over: we write none of them, and what stands in the shared files stays there.
 */
const PASSED_OVER: readonly (string | RegExp)[] = [
  /^cli_/,
  /^csm_/,
  /^s3_/,
  /^ec2_metadata_/,
  /^metadata_service_/,
  'account_id_endpoint_mode',
  'api_versions',
  'auth_scheme_preference',
  'ca_bundle',
  'defaults_mode',
  'disable_host_prefix_injection',
  'disable_request_compression',
  'endpoint_discovery_enabled',
  'endpoint_url',
  'ignore_configured_endpoint_urls',
  'imds_use_ipv6',
  'max_attempts',
  'parameter_validation',
  'request_checksum_calculation',
  'request_min_compression_size_bytes',
  'response_checksum_validation',
  'retry_mode',
  'sdk_ua_app_id',
  'services',
  'sigv4a_signing_region_set',
  'sts_regional_endpoints',
  'tcp_keepalive',
  'use_dualstack_endpoint',
  'use_fips_endpoint',
]

type KeyKind =
  | { readonly kind: 'known'; readonly key: ProfileKey }
  | { readonly kind: 'passed over' }
  /** Another way to credentials, which a profile with a role cannot have beside it. */
  | { readonly kind: 'other credentials'; readonly problem: string }
  | { readonly kind: 'unknown'; readonly nearest: string | undefined }

/** What a key is to us. A `bare` one has nothing but a block of settings beneath, as any service's name may. */
export function keyKind(key: string, bare: boolean): KeyKind {
  const known = PROFILE_KEYS.find((one) => one === key)
  if (known) return { kind: 'known', key: known }
  if ((CREDENTIAL_KEYS as readonly string[]).includes(key) || /^(sso|mfa)_/.test(key)) {
    return { kind: 'other credentials', problem: otherCredentials(key) }
  }
  if (PASSED_OVER.some((one) => (typeof one === 'string' ? one === key : one.test(key)))) {
    return { kind: 'passed over' }
  }
  // What aws-vault calls it is nearer in meaning than in letters.
  const meant = key === 'transitive_session_tags' ? 'transitive_tag_keys' : undefined
  const near = meant ?? nearest(key, PROFILE_KEYS)
  return bare && near === undefined ? { kind: 'passed over' } : { kind: 'unknown', nearest: near }
}

function otherCredentials(key: string): string {
  if (key.startsWith('mfa_')) {
    return `${key} asks for a code, which nobody can type in a job. Remove it, and assume a role that needs none.`
  }
  if (key === 'credential_source') {
    return 'credential_source takes credentials from the machine, not from the token. Remove it: without source_profile the token is used.'
  }
  if (key === 'web_identity_token_file') {
    return 'web_identity_token_file names a token, but the command has its own token. Remove it; to use this token, pass --token-file.'
  }
  return `${key} gives the profile other credentials beside its role, and AWS tools differ in which they use. Keep it in a profile of the shared files, and name that profile in source_profile.`
}
