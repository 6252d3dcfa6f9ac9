import {
  HOST,
  ORG,
  PROVIDER,
  policies,
  policyOf,
  SUB,
  statement,
  type VerdictCase,
} from './case.ts'

const sub = (value: string, operator = 'StringLike') => ({ [operator]: { [`${HOST}:sub`]: value } })
const deny = (condition: Readonly<Record<string, unknown>>) =>
  statement(condition, { Effect: 'Deny' })
const ALLOW = statement(sub('*'))
const OTHER = statement(sub('repo:*'))
const UNKNOWN = { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }
const aud = (value: string) => ({ [`${HOST}:aud`]: value })

const by = (Principal: unknown) => policyOf({ ...ALLOW, Principal })
const act = (Action: unknown) => policyOf({ ...ALLOW, Action })
const without = (element: string, more: object = {}) => {
  const { [element]: _, ...rest } = ALLOW
  return policyOf({ ...rest, ...more })
}
const TAGGED = { 'https://aws.amazon.com/tags': { principal_tags: { team: ['web'] } } }
const BOTH = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']
const SOURCE = { 'https://aws.amazon.com/source_identity': 'ana' }
const ROOT = 'arn:aws:iam::111111111111:root'

export const STATEMENTS: readonly VerdictCase[] = [
  ...policies('logic', [
    [
      'two keys, both match',
      'allows',
      policyOf(statement({ StringLike: { [`${HOST}:sub`]: '*', ...aud(ORG) } })),
    ],
    [
      'two keys, one does not',
      'rejects',
      policyOf(statement({ StringLike: { [`${HOST}:sub`]: '*', ...aud('x') } })),
    ],
    [
      'two operators, both match',
      'allows',
      policyOf(statement({ ...sub('*'), StringEquals: aud(ORG) })),
    ],
    [
      'two operators, one does not',
      'rejects',
      policyOf(statement({ ...sub('*'), StringEquals: aud('x') })),
    ],
    [
      'one key under two operators',
      'allows',
      policyOf(statement({ ...sub('*'), ...sub('*/release', 'StringNotLike') })),
    ],
  ]),
  ...policies('evaluation', [
    ['no condition', 'allows', policyOf(statement(undefined))],
    ['one statement, not a list', 'allows', { Version: '2012-10-17', Statement: ALLOW }],
    ['the second of two statements allows', 'allows', policyOf(OTHER, ALLOW)],
    ['none of two statements allows', 'rejects', policyOf(OTHER, OTHER)],
    ['a Deny that applies', 'rejects', policyOf(ALLOW, deny(sub('*/main')))],
    ['a Deny that comes first', 'rejects', policyOf(deny(sub('*/main')), ALLOW)],
    ['a Deny that does not apply', 'allows', policyOf(ALLOW, deny(sub('*/release')))],
    [
      'a Deny for all but release',
      'rejects',
      policyOf(ALLOW, deny(sub('*/release', 'StringNotLike'))),
    ],
    ['a Deny for all but main', 'allows', policyOf(ALLOW, deny(sub('*/main', 'StringNotLike')))],
    [
      'a Deny without a condition',
      'rejects',
      policyOf(ALLOW, statement(undefined, { Effect: 'Deny' })),
    ],
    ['only a Deny', 'rejects', policyOf(deny(sub('*/release')))],
    [
      'a Deny of another provider',
      'allows',
      policyOf(
        ALLOW,
        statement(undefined, { Effect: 'Deny', Principal: { Federated: `${PROVIDER}x` } }),
      ),
    ],
    [
      'a Deny of another action',
      'allows',
      policyOf(ALLOW, statement(undefined, { Effect: 'Deny', Action: 'sts:TagSession' })),
    ],
    ['a Deny that hangs on an address', 'undecided', policyOf(ALLOW, deny(UNKNOWN))],
    ['an Allow that hangs on an address', 'undecided', policyOf(statement(UNKNOWN))],
    ['an Allow, and one that hangs on an address', 'allows', policyOf(ALLOW, statement(UNKNOWN))],
    [
      'a Deny, and an Allow that hangs on an address',
      'rejects',
      policyOf(statement(UNKNOWN), deny(sub('*'))),
    ],
    [
      'an address, in a statement that rejects anyhow',
      'rejects',
      policyOf(statement({ ...sub('repo:*'), ...UNKNOWN })),
    ],
  ]),
  ...policies('principal', [
    ['the provider in a list', 'allows', by({ Federated: [`${PROVIDER}2`, PROVIDER] })],
    ['another provider', 'rejects', by({ Federated: PROVIDER.replace(HOST, 'gitlab.com') })],
    [
      'the provider of another organization',
      'rejects',
      by({ Federated: PROVIDER.replace(ORG, 'other') }),
    ],
    ['a slash at its end', 'rejects', by({ Federated: `${PROVIDER}/` })],
    [
      'capitals in the provider',
      'rejects',
      by({ Federated: PROVIDER.replace(ORG, ORG.toUpperCase()) }),
    ],
    [
      'a SAML provider',
      'rejects',
      by({ Federated: 'arn:aws:iam::111111111111:saml-provider/okta' }),
    ],
    ['Cognito', 'rejects', by({ Federated: 'cognito-identity.amazonaws.com' })],
    ['the account', 'rejects', by({ AWS: '111111111111' })],
    ['the root of the account', 'rejects', by({ AWS: ROOT })],
    ['a role', 'rejects', by({ AWS: 'arn:aws:iam::111111111111:role/ci' })],
    ['a service', 'rejects', by({ Service: 'ec2.amazonaws.com' })],
    ['the account, or the provider', 'allows', by({ AWS: ROOT, Federated: PROVIDER })],
    ['everyone under AWS', 'allows', by({ AWS: '*' })],
    ['everyone, as a string', 'invalid', by('*')],
    ['a string', 'invalid', by(PROVIDER)],
    ['an empty object', 'invalid', by({})],
    ['a kind that is none', 'invalid', by({ AWSS: ROOT })],
    ['a wildcard in the account of the root', 'invalid', by({ AWS: 'arn:aws:iam::*:root' })],
    ['a wildcard in a role', 'invalid', by({ AWS: 'arn:aws:iam::111111111111:role/*' })],
    ['a wildcard in the provider', 'invalid', by({ Federated: PROVIDER.replace(ORG, '*') })],
    ['an account id of 11 digits', 'invalid', by({ AWS: '11111111111' })],
    ['a group', 'invalid', by({ AWS: 'arn:aws:iam::111111111111:group/ci' })],
    ['the URL of the issuer', 'invalid', by({ Federated: `https://${HOST}` })],
    ['no principal', 'invalid', without('Principal')],
    [
      'a principal beside NotPrincipal',
      'invalid',
      policyOf({ ...ALLOW, NotPrincipal: { AWS: ROOT } }),
    ],
  ]),
  ...policies('notPrincipal', [
    ['with Allow', 'invalid', without('Principal', { NotPrincipal: { AWS: ROOT } })],
    [
      'with Deny',
      'invalid',
      policyOf(ALLOW, { Effect: 'Deny', NotPrincipal: { Federated: PROVIDER }, Action: 'sts:*' }),
    ],
  ]),
  ...policies('action', [
    ['in a list', 'allows', act(['sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity'])],
    ['not case-sensitive', 'allows', act('STS:assumerolewithwebidentity')],
    ['a star', 'allows', act('sts:*')],
    ['a star within', 'allows', act('sts:AssumeRole*')],
    ['a question mark', 'allows', act('sts:AssumeRoleWithWebIdentit?')],
    ['sts:AssumeRole', 'rejects', act('sts:AssumeRole')],
    ['sts:AssumeRoleWithSAML', 'rejects', act('sts:AssumeRoleWithSAML')],
    ['sts:TagSession alone', 'rejects', act('sts:TagSession')],
    ['an action of another service', 'invalid', act('s3:GetObject')],
    ['without a service', 'invalid', act('AssumeRoleWithWebIdentity')],
    ['none', 'invalid', without('Action')],
    ['a number', 'invalid', act(7)],
    ['beside NotAction', 'invalid', policyOf({ ...ALLOW, NotAction: 'sts:TagSession' })],
  ]),
  ...policies('notAction', [
    ['of another action', 'allows', without('Action', { NotAction: 'sts:TagSession' })],
    [
      'of this action',
      'rejects',
      without('Action', { NotAction: 'sts:AssumeRoleWithWebIdentity' }),
    ],
    ['of all actions', 'rejects', without('Action', { NotAction: 'sts:*' })],
  ]),
  ...policies('tags', [
    ['a token with tags, and both actions', 'allows', act(BOTH), TAGGED],
    ['a token with tags, without sts:TagSession', 'rejects', policyOf(ALLOW), TAGGED],
    [
      'a token with tags, in two statements',
      'allows',
      policyOf(ALLOW, { ...ALLOW, Action: 'sts:TagSession' }),
      TAGGED,
    ],
    [
      'the tag that the policy wants',
      'allows',
      policyOf(statement({ StringEquals: { 'aws:RequestTag/team': 'web' } }, { Action: BOTH })),
      TAGGED,
    ],
    [
      'another tag than the policy wants',
      'rejects',
      policyOf(statement({ StringEquals: { 'aws:RequestTag/team': 'ops' } }, { Action: BOTH })),
      TAGGED,
    ],
    [
      'a tag that the token lacks',
      'rejects',
      policyOf(statement({ StringEquals: { 'aws:RequestTag/team': 'web' } })),
    ],
    [
      'keys of tags within a list',
      'allows',
      policyOf(
        statement({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } }, { Action: BOTH }),
      ),
      TAGGED,
    ],
  ]),
  ...policies('sourceIdentity', [
    ['a source identity, without its action', 'rejects', policyOf(ALLOW), SOURCE],
    [
      'a source identity, with its action',
      'allows',
      act(['sts:AssumeRoleWithWebIdentity', 'sts:SetSourceIdentity']),
      SOURCE,
    ],
    [
      'a condition on the source identity',
      'rejects',
      policyOf(statement({ StringLike: { 'sts:SourceIdentity': '*' } })),
    ],
  ]),
  ...policies('version', [
    ['2008-10-17', 'allows', { Version: '2008-10-17', Statement: [ALLOW] }],
    ['none', 'allows', { Statement: [ALLOW] }],
    ['another day', 'invalid', { Version: '2012-10-18', Statement: [ALLOW] }],
    ['a number', 'invalid', { Version: 2012, Statement: [ALLOW] }],
    ['a date of today', 'invalid', { Version: '2026-06-01', Statement: [ALLOW] }],
  ]),
  ...policies('variables', [
    ['a key of the token', 'allows', policyOf(statement(sub(`org/\${${HOST}:aud}/*`)))],
    [
      'a key of the token, with another value',
      'rejects',
      policyOf(statement(sub(`repo/\${${HOST}:aud}/*`))),
    ],
    [
      'in version 2008-10-17 it is plain text',
      'rejects',
      { Version: '2008-10-17', Statement: [statement(sub(`org/\${${HOST}:aud}/*`))] },
    ],
    ['a star that is a character', 'rejects', policyOf(statement(sub('org/${*}')))],
    [
      'a question mark that is a character',
      'rejects',
      policyOf(statement(sub(SUB.replace(/n$/, '${?}')))),
    ],
    ['a default value', 'allows', policyOf(statement(sub("${aws:RequestTag/team, 'org'}/*")))],
    [
      'a default value that does not match',
      'rejects',
      policyOf(statement(sub("${aws:RequestTag/team, 'repo'}/*"))),
    ],
    ['a key whose value only AWS knows', 'undecided', policyOf(statement(sub('${aws:userid}/*')))],
  ]),
]
