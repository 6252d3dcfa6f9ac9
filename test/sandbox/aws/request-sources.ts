const IAM = 'https://docs.aws.amazon.com/IAM/latest/UserGuide'
const API = 'https://docs.aws.amazon.com/STS/latest/APIReference'

/** Where the answers to the requests stand: pages of AWS, and reports of what AWS answered where they say nothing. */
export const SOURCES = {
  'API AssumeRole': `${API}/API_AssumeRole.html`,
  'API AssumeRoleWithWebIdentity': `${API}/API_AssumeRoleWithWebIdentity.html`,
  'API GetAccessKeyInfo': `${API}/API_GetAccessKeyInfo.html`,
  'API GetCallerIdentity': `${API}/API_GetCallerIdentity.html`,
  'API DecodeAuthorizationMessage': `${API}/API_DecodeAuthorizationMessage.html`,
  'API actions': `${API}/API_Operations.html`,
  'common errors': `${API}/CommonErrors.html`,
  'condition keys': `${IAM}/reference_policies_condition-keys.html`,
  'condition keys of STS': `${IAM}/reference_policies_iam-condition-keys.html`,
  consistency: `${IAM}/troubleshoot.html#troubleshoot_general_eventual-consistency`,
  credentials: `${IAM}/id_credentials_sts-comparison.html`,
  grammar: `${IAM}/reference_policies_grammar.html`,
  'integer times': 'https://github.com/spiffe/spire/pull/5115',
  'OIDC federation': `${IAM}/id_roles_providers_oidc.html`,
  regions: `${IAM}/id_credentials_temp_enable-regions.html`,
  'session policies': `${IAM}/access_policies.html#policies_session`,
  'session tags': `${IAM}/id_session-tags.html`,
  'signing a request': `${IAM}/reference_sigv-create-signed-request.html`,
  'signing troubles': `${IAM}/reference_sigv-troubleshooting.html`,
  'tag rules': `${IAM}/id_tags.html`,
  thumbprints: `${IAM}/id_roles_providers_create_oidc_verify-thumbprint.html`,
  'token age': 'https://github.com/mozilla-iam/mozilla-aws-cli/issues/146',
} as const

/** A key of `SOURCES`, or a member of an operation's input in botocore's copy of the API model. */
export type Source = keyof typeof SOURCES | `model ${string}`
