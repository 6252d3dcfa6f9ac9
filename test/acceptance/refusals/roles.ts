import { ROLE } from '../job.ts'
import {
  ACCOUNT,
  aws,
  BY_ROLE,
  clock,
  HEALTHY_SET_UP,
  HOST,
  ORG,
  policyOf,
  type Refusal,
  statement,
} from './set-up.ts'

const withRole = (arn: string) => ({ call: () => ({ args: ['--role-arn', arn] }) })
const PROVIDER = { providers: [{ url: `https://${HOST}`, clientIds: [ORG] }], roles: [] }

/** A role ARN that can be told to be wrong before anybody is asked. */
function wrongArn(name: string, arn: string, cause: string, says: readonly RegExp[]): Refusal {
  return {
    name,
    cause,
    ...withRole(arn),
    says,
    code: 2,
    fix: [/arn:aws:iam::/],
    mended: HEALTHY_SET_UP,
  }
}

const FAR = 'arn:aws:iam::222222222222:role/far'

const chain = (keys: string) => (role: string) =>
  `[default]\nrole_arn = ${ROLE}\n[profile far]\nrole_arn = ${role}\nsource_profile = default\n${keys}`

/** A second role behind the first, whose trust policy has this statement. */
function chained(
  name: string,
  trust: object,
  keys: string,
  rest: Pick<Refusal, 'cause' | 'says' | 'fix'>,
  mended: { trust?: object; keys?: string },
  code = 4,
): Refusal {
  const side = (allow: object) =>
    aws({ more: { '222222222222': { roles: [{ name: 'far', trustPolicy: policyOf(allow) }] } } })
  const call =
    (text: string): NonNullable<Refusal['call']> =>
    ({ job }) => ({
      args: ['--profiles-file', job.write('profiles', chain(text)(FAR))],
    })
  return {
    name,
    ...rest,
    sandbox: side(trust),
    call: call(keys),
    code,
    mended: { sandbox: side(mended.trust ?? trust), call: call(mended.keys ?? keys) },
  }
}

/** A signature, which the first exchange has not, says when it was made. */
const CLOCK_BEHIND = {
  cause: 'The clock of the machine is 60 minutes behind.',
  says: [/clock/, /60 minutes|1 h/],
  fix: [/clock|NTP/],
}

const fromRole = (action: string | readonly string[], condition: object = {}) =>
  statement(condition, { Principal: { AWS: ROLE }, Action: action })

export const ROLES: readonly Refusal[] = [
  {
    name: 'capitals in the role name',
    cause: 'The role is circleci-oidc; the job asks for CircleCI-OIDC.',
    ...withRole(`arn:aws:iam::${ACCOUNT}:role/CircleCI-OIDC`),
    says: [/CircleCI-OIDC/, new RegExp(ACCOUNT), /case/i],
    code: 4,
    fix: [/role name|name of the role|get-role|role ARN/i],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'a letter too many in the role name',
    cause: 'There is no role circleci-oidcs.',
    ...withRole(`arn:aws:iam::${ACCOUNT}:role/circleci-oidcs`),
    says: [/circleci-oidcs/, new RegExp(ACCOUNT), /(does not|doesn't|not) exist|no (such )?role/],
    code: 4,
    fix: [/role name|name of the role|get-role|role ARN/i],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'the path of the role is missing',
    cause: 'The role has the path /ci/, the ARN has none.',
    sandbox: aws({ path: '/ci/' }),
    says: [/circleci-oidc/, /path/],
    code: 4,
    fix: [/path|get-role|role ARN/],
    mended: {
      sandbox: aws({ path: '/ci/' }),
      ...withRole(`arn:aws:iam::${ACCOUNT}:role/ci/circleci-oidc`),
    },
  },
  {
    name: 'a path that the role does not have',
    cause: 'The ARN has the path /ci/, the role has none.',
    ...withRole(`arn:aws:iam::${ACCOUNT}:role/ci/circleci-oidc`),
    says: [/circleci-oidc/, /path "?\/ci\//],
    code: 4,
    fix: [/path|get-role|role ARN/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'the account of another team, with the provider',
    cause: 'The role is in account 111111111111; the job names 333333333333.',
    sandbox: aws({ more: { '333333333333': PROVIDER } }),
    ...withRole('arn:aws:iam::333333333333:role/circleci-oidc'),
    says: [/333333333333/, /account/],
    code: 4,
    fix: [/account/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'an account without the provider',
    cause: 'Account 222222222222 has no OIDC provider for the issuer.',
    ...withRole('arn:aws:iam::222222222222:role/circleci-oidc'),
    says: [/no OIDC provider/i, /222222222222/, new RegExp(`https://${HOST}`)],
    code: 4,
    fix: [/222222222222|account/, /provider/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'the account of the examples',
    cause: 'The role ARN is that of the documentation, with account 123456789012.',
    ...withRole('arn:aws:iam::123456789012:role/circleci-oidc'),
    says: [/123456789012/, /provider/],
    code: 4,
    fix: [/account/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'a provider whose URL ends with a slash',
    cause: 'The provider is https://…/org/ORG/, the issuer has no slash at its end.',
    sandbox: aws({ issuer: `https://${HOST}/` }),
    says: [/no OIDC provider/i, new RegExp(`https://${HOST}(?!/)`)],
    code: 4,
    fix: [/provider/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'a provider without the audience',
    cause: 'The client ids of the provider lack the organization id.',
    sandbox: aws({ clientIds: ['sts.amazonaws.com'] }),
    says: [/audience/, new RegExp(ORG), /client id/],
    code: 4,
    fix: [/add-client-id|client id/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'more than the maximum session duration',
    cause: 'The job asks for 7200 seconds, the role allows 3600.',
    call: () => ({ args: [...BY_ROLE, '--duration-seconds', '7200'] }),
    says: [/7200/, /maximum session duration|MaxSessionDuration/i],
    code: 4,
    fix: [/--duration-seconds/, /update-role|max-session-duration/i],
    mended: { call: () => ({ args: [...BY_ROLE, '--duration-seconds', '3600'] }) },
  },
  {
    name: 'a role of another partition',
    cause: 'The ARN says aws-cn, the role is in aws.',
    ...withRole(`arn:aws-cn:iam::${ACCOUNT}:role/circleci-oidc`),
    says: [/aws-cn/, /partition|China/],
    code: 4,
    fix: [/aws-cn|partition/],
    mended: HEALTHY_SET_UP,
  },
  wrongArn('the ARN of a user', `arn:aws:iam::${ACCOUNT}:user/ana`, 'It is the ARN of a user.', [
    /:user\/ana/,
    /\buser\b(?!\/)/,
  ]),
  wrongArn(
    'the ARN of a session',
    `arn:aws:sts::${ACCOUNT}:assumed-role/circleci-oidc/me`,
    'It is the ARN of a session, not of its role.',
    [/assumed-role/, /session/],
  ),
  wrongArn(
    'the ARN of an instance profile',
    `arn:aws:iam::${ACCOUNT}:instance-profile/web`,
    'It is the ARN of an instance profile.',
    [/instance[- ]profile/],
  ),
  wrongArn('the ARN of a policy', `arn:aws:iam::${ACCOUNT}:policy/deploy`, 'It is a policy.', [
    /:policy\/deploy/,
    /\bpolicy\b(?!\/)/,
  ]),
  wrongArn(
    'the ARN of a provider',
    `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}`,
    'It is the ARN of the OIDC provider.',
    [/oidc-provider/, /provider(?!\/)/],
  ),
  wrongArn('the name of the role alone', 'circleci-oidc', 'It is a name, not an ARN.', [
    /"circleci-oidc"/,
    /name/,
  ]),
  wrongArn('quotation marks', `"${ROLE}"`, 'The ARN stands in quotation marks.', [
    /quotation|quotes/i,
  ]),
  wrongArn(
    'an account id of 11 digits',
    'arn:aws:iam::11111111111:role/circleci-oidc',
    'The account id has 11 digits.',
    [/11111111111\b/, /11 digits|12 digits/],
  ),
  wrongArn(
    'an account id that YAML read as a number',
    'arn:aws:iam::1.11111111111e+11:role/circleci-oidc',
    'The account id has become a floating-point number.',
    [/1\.11111111111e\+11/, /12 digits|number/],
  ),
  wrongArn('a blank in the ARN', `arn:aws:iam::${ACCOUNT}: role/circleci-oidc`, 'A blank.', [
    /blank|space/,
  ]),
  {
    ...wrongArn('an empty value', '', 'The value of --role-arn is empty.', [/--role-arn/, /empty/]),
    fix: [/value/],
  },
  {
    name: 'a variable that the context should have',
    cause: 'DEPLOY_ROLE is not set in this job.',
    ...withRole('$DEPLOY_ROLE'),
    says: [/DEPLOY_ROLE/, /not set|unset|\$DEPLOY_ROLE/],
    code: 2,
    fix: [/DEPLOY_ROLE|arn:aws:iam::|context/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'the name of a variable that is not set',
    cause: 'DEPLOY_ROLE is not set in this job.',
    ...withRole('DEPLOY_ROLE'),
    says: [/DEPLOY_ROLE/, /not set/],
    code: 2,
    fix: [/DEPLOY_ROLE/],
    mended: { call: () => ({ args: ['--role-arn', 'DEPLOY_ROLE'], env: { DEPLOY_ROLE: ROLE } }) },
  },
  {
    name: 'an account that is not allowed here',
    cause: 'AWS_OIDC_ALLOWED_ACCOUNT_IDS lists 222222222222 only.',
    call: () => ({ env: { AWS_OIDC_ALLOWED_ACCOUNT_IDS: '222222222222' } }),
    says: [new RegExp(ACCOUNT), /222222222222/, /AWS_OIDC_ALLOWED_ACCOUNT_IDS/],
    code: 2,
    fix: [/AWS_OIDC_ALLOWED_ACCOUNT_IDS|allowed-account-ids/],
    mended: { call: () => ({ env: { AWS_OIDC_ALLOWED_ACCOUNT_IDS: ACCOUNT } }) },
  },
  chained(
    'a chained role that trusts another role',
    statement(
      {},
      { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/other` }, Action: 'sts:AssumeRole' },
    ),
    '',
    {
      cause: 'The trust policy of role/far does not name role/circleci-oidc.',
      says: [/222222222222:role\/far/, /circleci-oidc/, /trust policy/],
      fix: [/circleci-oidc/, /trust policy|Principal/],
    },
    { trust: fromRole('sts:AssumeRole') },
  ),
  chained(
    'a chained role that demands an external id',
    fromRole('sts:AssumeRole', { StringEquals: { 'sts:ExternalId': 'acme' } }),
    '',
    {
      cause: 'The trust policy demands sts:ExternalId, and the profile has no external_id.',
      says: [/222222222222:role\/far/, /external[_ ]id/i],
      fix: [/external_id/],
    },
    { keys: 'external_id = acme\n' },
  ),
  chained(
    'tags that the chained role does not allow',
    fromRole('sts:AssumeRole'),
    'session_tags = team=web\n',
    {
      cause: 'The trust policy allows sts:AssumeRole, not sts:TagSession.',
      says: [/222222222222:role\/far/, /sts:TagSession/],
      fix: [/sts:TagSession/],
    },
    { trust: fromRole(['sts:AssumeRole', 'sts:TagSession']) },
  ),
  chained(
    'a source identity that the chained role does not allow',
    fromRole('sts:AssumeRole'),
    'source_identity = ana\n',
    {
      cause: 'The trust policy allows sts:AssumeRole, not sts:SetSourceIdentity.',
      says: [/222222222222:role\/far/, /sts:SetSourceIdentity/],
      fix: [/sts:SetSourceIdentity/],
    },
    { trust: fromRole(['sts:AssumeRole', 'sts:SetSourceIdentity']) },
  ),
  chained(
    'more than one hour for a chained role',
    fromRole('sts:AssumeRole'),
    'duration_seconds = 7200\n',
    {
      cause: 'A chained role lasts at most 3600 seconds.',
      says: [/7200/, /3600|one hour|1 hour/],
      fix: [/duration_seconds/],
    },
    { keys: 'duration_seconds = 3600\n' },
    2,
  ),
  {
    ...chained('a clock an hour behind', fromRole('sts:AssumeRole'), '', CLOCK_BEHIND, {}),
    call: ({ job }) => ({
      args: ['--profiles-file', job.write('profiles', chain('')(FAR))],
      env: clock(job, -60),
    }),
  },
]
