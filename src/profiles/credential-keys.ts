/** The keys of static credentials that we write. */
export const STATIC_KEYS = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
] as const

/**
 * Every key that says where a profile's credentials come from, of whatever kind. A profile keeps
 * those of one kind only: SDKs differ in which kind they try first.
 */
export const CREDENTIAL_KEYS = [
  ...STATIC_KEYS,
  // botocore reads this old name before aws_session_token.
  'aws_security_token',
  // The account of the keys that were there; SDKs build endpoints from it.
  'aws_account_id',
  'role_arn',
  'source_profile',
  'credential_source',
  'web_identity_token_file',
  'credential_process',
  'sso_session',
  'sso_start_url',
  'sso_region',
  'sso_account_id',
  'sso_role_name',
  'sso_registration_scopes',
  'login_session',
  'external_id',
  'role_session_name',
  'duration_seconds',
  'mfa_serial',
] as const
