import {
  conditions,
  HOST,
  ORG,
  PROVIDER,
  policies,
  policyOf,
  SUB,
  statement,
  type VerdictCase,
} from './case.ts'

const amr = `${HOST}:amr`
const two = { amr: ['mfa', 'pwd'] }
const time = 'aws:CurrentTime'
const epoch = 'aws:EpochTime'
const secure = 'aws:SecureTransport'
const tag = 'aws:RequestTag/team'

/** A custom issuer whose subject is an ARN. */
const ARN = 'arn:aws:iam::111111111111:role/ci/deploy'
const arnIssuer = { iss: 'https://ci.example.com', sub: ARN }
const arnPolicy = (operator: string, value: string) =>
  policyOf(
    statement(
      { [operator]: { 'ci.example.com:sub': value } },
      { Principal: { Federated: PROVIDER.replace(HOST, 'ci.example.com') } },
    ),
  )

export const OPERATORS: readonly VerdictCase[] = [
  ...conditions('operators', [
    ['StringEquals, key absent', 'rejects', { StringEquals: { [amr]: 'mfa' } }],
    ['StringLike, key absent', 'rejects', { StringLike: { [amr]: '*' } }],
    ['StringEqualsIgnoreCase, key absent', 'rejects', { StringEqualsIgnoreCase: { [amr]: 'mfa' } }],
    ['StringNotEquals, key absent', 'allows', { StringNotEquals: { [amr]: 'mfa' } }],
    ['StringNotLike, key absent', 'allows', { StringNotLike: { [amr]: '*' } }],
    ['NumericEquals, key absent', 'rejects', { NumericEquals: { [tag]: '1' } }],
    ['NumericNotEquals, key absent', 'allows', { NumericNotEquals: { [tag]: '1' } }],
    ['Bool, key absent', 'rejects', { Bool: { [tag]: 'false' } }],
    ['ArnLike, key absent', 'rejects', { ArnLike: { [tag]: 'arn:aws:iam::*:role/*' } }],
    ['ArnNotLike, key absent', 'allows', { ArnNotLike: { [tag]: 'arn:aws:iam::*:role/*' } }],
    ['DateLessThan, key absent', 'rejects', { DateLessThan: { [tag]: '2030-01-01T00:00:00Z' } }],
  ]),
  ...conditions('ifExists', [
    ['StringEqualsIfExists, absent', 'allows', { StringEqualsIfExists: { [amr]: 'mfa' } }],
    ['StringLikeIfExists, absent', 'allows', { StringLikeIfExists: { [amr]: 'm*' } }],
    ['NumericEqualsIfExists, absent', 'allows', { NumericEqualsIfExists: { [tag]: '1' } }],
    ['BoolIfExists, absent', 'allows', { BoolIfExists: { [tag]: 'true' } }],
    ['ArnLikeIfExists, absent', 'allows', { ArnLikeIfExists: { [tag]: 'arn:aws:iam::*:role/*' } }],
    [
      'DateLessThanIfExists, absent',
      'allows',
      { DateLessThanIfExists: { [tag]: '2020-01-01T00:00:00Z' } },
    ],
    ['StringEqualsIfExists, present', 'allows', { StringEqualsIfExists: { [`${HOST}:sub`]: SUB } }],
    [
      'StringEqualsIfExists, present and other',
      'rejects',
      { StringEqualsIfExists: { [`${HOST}:sub`]: 'x' } },
    ],
    [
      'StringLikeIfExists, present and other',
      'rejects',
      { StringLikeIfExists: { [`${HOST}:sub`]: 'repo:*' } },
    ],
    ['NullIfExists', 'invalid', { NullIfExists: { [amr]: 'true' } }],
  ]),
  ...conditions('null', [
    ['true, absent', 'allows', { Null: { [amr]: 'true' } }],
    ['true, present', 'rejects', { Null: { [`${HOST}:sub`]: 'true' } }],
    ['false, present', 'allows', { Null: { [`${HOST}:sub`]: 'false' } }],
    ['false, absent', 'rejects', { Null: { [amr]: 'false' } }],
    ['a JSON boolean', 'allows', { Null: { [amr]: true } }],
    ['neither true nor false', 'invalid', { Null: { [amr]: 'maybe' } }],
  ]),
  ...conditions('multivalued', [
    ['ForAnyValue, one matches', 'allows', { 'ForAnyValue:StringEquals': { [amr]: 'mfa' } }, two],
    ['ForAnyValue, none matches', 'rejects', { 'ForAnyValue:StringEquals': { [amr]: 'x' } }, two],
    ['ForAnyValue, absent', 'rejects', { 'ForAnyValue:StringEquals': { [amr]: 'mfa' } }],
    ['ForAnyValue with a pattern', 'allows', { 'ForAnyValue:StringLike': { [amr]: 'm*' } }, two],
    [
      'ForAllValues, all match',
      'allows',
      { 'ForAllValues:StringEquals': { [amr]: ['mfa', 'pwd', 'otp'] } },
      two,
    ],
    [
      'ForAllValues, one does not',
      'rejects',
      { 'ForAllValues:StringEquals': { [amr]: ['mfa'] } },
      two,
    ],
    ['ForAllValues, absent', 'allows', { 'ForAllValues:StringEquals': { [amr]: 'mfa' } }],
    [
      'ForAllValues and Null, absent',
      'rejects',
      { 'ForAllValues:StringEquals': { [amr]: 'mfa' }, Null: { [amr]: 'false' } },
    ],
    [
      'ForAllValues with a pattern',
      'allows',
      { 'ForAllValues:StringLike': { [amr]: ['m*', 'p*'] } },
      two,
    ],
    [
      'ForAllValues, negated',
      'allows',
      { 'ForAllValues:StringNotEquals': { [amr]: ['x', 'y'] } },
      two,
    ],
    [
      'ForAllValues, negated, with one of them',
      'rejects',
      { 'ForAllValues:StringNotEquals': { [amr]: ['x', 'mfa'] } },
      two,
    ],
    [
      'ForAnyValue of a key with one value',
      'allows',
      { 'ForAnyValue:StringEquals': { [`${HOST}:aud`]: ORG } },
    ],
    ['ForSomeValue', 'invalid', { 'ForSomeValue:StringEquals': { [amr]: 'mfa' } }],
    ['forAnyValue with two colons', 'invalid', { 'ForAnyValue::StringEquals': { [amr]: 'mfa' } }],
  ]),
  ...conditions('date', [
    ['before a time to come', 'allows', { DateLessThan: { [time]: '2030-01-01T00:00:00Z' } }],
    ['before a time that is past', 'rejects', { DateLessThan: { [time]: '2020-01-01T00:00:00Z' } }],
    [
      'after a time that is past',
      'allows',
      { DateGreaterThan: { [time]: '2020-01-01T00:00:00Z' } },
    ],
    ['after a time to come', 'rejects', { DateGreaterThan: { [time]: '2030-01-01T00:00:00Z' } }],
    ['at most', 'allows', { DateLessThanEquals: { [time]: '2030-01-01T00:00:00Z' } }],
    ['at least', 'rejects', { DateGreaterThanEquals: { [time]: '2030-01-01T00:00:00Z' } }],
    ['a day without a time', 'allows', { DateLessThan: { [time]: '2030-01-01' } }],
    ['with another zone', 'allows', { DateLessThan: { [time]: '2030-01-01T00:00:00+02:00' } }],
    ['seconds since 1970', 'allows', { DateLessThan: { [epoch]: '1900000000' } }],
    ['not this time', 'allows', { DateNotEquals: { [time]: '2020-01-01T00:00:00Z' } }],
    ['exactly another time', 'rejects', { DateEquals: { [time]: '2020-01-01T00:00:00Z' } }],
    [
      'between two times',
      'allows',
      {
        DateGreaterThan: { [time]: '2020-01-01T00:00:00Z' },
        DateLessThan: { [time]: '2030-01-01T00:00:00Z' },
      },
    ],
    ['a word', 'invalid', { DateLessThan: { [time]: 'tomorrow' } }],
    ['a 13th month', 'invalid', { DateLessThan: { [time]: '2026-13-01T00:00:00Z' } }],
    ['another order', 'invalid', { DateLessThan: { [time]: '31.12.2030' } }],
    ['a policy variable', 'invalid', { DateLessThan: { [time]: `\${${HOST}:sub}` } }],
  ]),
  ...conditions('numeric', [
    ['less than', 'allows', { NumericLessThan: { [epoch]: '1900000000' } }],
    ['not less than', 'rejects', { NumericLessThan: { [epoch]: '1000000000' } }],
    ['greater than', 'allows', { NumericGreaterThan: { [epoch]: 1_000_000_000 } }],
    ['at least', 'rejects', { NumericGreaterThanEquals: { [epoch]: 1_900_000_000 } }],
    ['not equal', 'allows', { NumericNotEquals: { [epoch]: 5 } }],
    ['a decimal', 'allows', { NumericGreaterThan: { [epoch]: '1.5' } }],
    ['a word', 'invalid', { NumericLessThan: { [epoch]: 'ten' } }],
    ['a policy variable', 'invalid', { NumericLessThan: { [epoch]: `\${${HOST}:aud}` } }],
  ]),
  ...conditions('boolean', [
    ['true', 'allows', { Bool: { [secure]: 'true' } }],
    ['a JSON boolean', 'allows', { Bool: { [secure]: true } }],
    ['false', 'rejects', { Bool: { [secure]: 'false' } }],
    ['a word', 'invalid', { Bool: { [secure]: 'yes' } }],
  ]),
  ...conditions('ip', [
    ['an address nobody knows', 'undecided', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }],
    ['not an address', 'undecided', { NotIpAddress: { 'aws:SourceIp': '203.0.113.7/32' } }],
    ['no address', 'invalid', { IpAddress: { 'aws:SourceIp': 'office' } }],
    ['a number above 255', 'invalid', { IpAddress: { 'aws:SourceIp': '203.0.113.300/24' } }],
    ['a prefix above 32', 'invalid', { IpAddress: { 'aws:SourceIp': '203.0.113.0/33' } }],
  ]),
  ...policies('arn', [
    ['ArnEquals, the very value', 'allows', arnPolicy('ArnEquals', ARN), arnIssuer],
    [
      'ArnEquals, with a star',
      'allows',
      arnPolicy('ArnEquals', 'arn:aws:iam::*:role/*'),
      arnIssuer,
    ],
    [
      'ArnLike, with a star',
      'allows',
      arnPolicy('ArnLike', 'arn:aws:iam::111111111111:role/*'),
      arnIssuer,
    ],
    [
      'ArnLike, another account',
      'rejects',
      arnPolicy('ArnLike', 'arn:aws:iam::222222222222:role/*'),
      arnIssuer,
    ],
    [
      'ArnLike, another service',
      'rejects',
      arnPolicy('ArnLike', 'arn:aws:sts::111111111111:*'),
      arnIssuer,
    ],
    ['ArnNotLike, a match', 'rejects', arnPolicy('ArnNotLike', 'arn:aws:iam::*:role/*'), arnIssuer],
    ['ArnNotEquals, another', 'allows', arnPolicy('ArnNotEquals', `${ARN}2`), arnIssuer],
    [
      'ArnEquals, other case',
      'rejects',
      arnPolicy('ArnEquals', ARN.replace('deploy', 'Deploy')),
      arnIssuer,
    ],
  ]),
  ...policies(
    'operators',
    [
      ['StringContains', 'StringContains'],
      ['StringLikes', 'StringLikes'],
      ['StringMatches', 'StringMatches'],
      ['StringStartsWith', 'StringStartsWith'],
      ['StringEqual', 'StringEqual'],
      ['StringLikeIfExist', 'StringLikeIfExist'],
      ['StringNotContains', 'StringNotContains'],
      ['Equals', 'Equals'],
      ['Like', 'Like'],
      ['RegexMatch', 'RegexMatch'],
      ['IfExistsStringLike', 'IfExistsStringLike'],
      ['StringLike with a blank', 'StringLike '],
      ['ArnMatches', 'ArnMatches'],
      ['an empty name', ''],
    ].map(([name = '', operator = '']) => [
      `no operator: ${name}`,
      'invalid',
      policyOf(statement({ [operator]: { [`${HOST}:sub`]: SUB } })),
    ]),
  ),
  ...policies('operators', [
    [
      'an unknown operator beside a statement that allows',
      'invalid',
      policyOf(
        statement({ StringLike: { [`${HOST}:sub`]: '*' } }),
        statement({ StringContains: { [`${HOST}:sub`]: 'acme' } }),
      ),
    ],
    [
      'an unknown operator beside a condition that rejects',
      'invalid',
      policyOf(
        statement({
          StringLike: { [`${HOST}:sub`]: 'repo:*' },
          StringContains: { [`${HOST}:sub`]: 'acme' },
        }),
      ),
    ],
    [
      'an unknown operator in a Deny',
      'invalid',
      policyOf(
        statement({ StringLike: { [`${HOST}:sub`]: '*' } }),
        statement({ StringContains: { [`${HOST}:sub`]: 'x' } }, { Effect: 'Deny' }),
      ),
    ],
  ]),
]
