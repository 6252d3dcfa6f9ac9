import {
  ACCOUNT,
  audience,
  aws,
  BRANCH,
  HEALTHY,
  HOST,
  ORG,
  OTHER,
  PROJECT,
  policyOf,
  REPOSITORY,
  type Refusal,
  SUBJECT,
  statement,
  subject,
  USER,
} from './set-up.ts'

/** What `assume-role` can say of a policy that it has not read. */
const TRUST_POLICY = [/trust policy/, /circleci-oidc/]
const SUB = [...TRUST_POLICY, /subject/]
const BRANCH_SHOWN = [...SUB, /refs\/heads\/main/]

function rejects(
  name: string,
  cause: string,
  policy: object,
  says: readonly RegExp[],
  doctor: readonly RegExp[],
  rest: Partial<Refusal> = {},
): Refusal {
  return {
    name,
    cause,
    policy,
    sandbox: aws({ policy }),
    says,
    doctor,
    code: 4,
    fix: [/"Statement"|"Effect"|statement/i],
    mended: 'statement',
    ...rest,
  }
}

const limited = (...subjects: readonly string[]) =>
  policyOf(statement({ StringEquals: audience, StringLike: subject(...subjects) }))

const GITHUB = 'token.actions.githubusercontent.com'
const provider = (host: string) => `arn:aws:iam::${ACCOUNT}:oidc-provider/${host}`
const github = statement(
  {
    StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com' },
    StringLike: { [`${GITHUB}:sub`]: 'repo:acme/website:*' },
  },
  { Principal: { Federated: provider(GITHUB) } },
)
const PROJECT_STATEMENT = statement({
  StringEquals: audience,
  StringLike: subject(`${SUBJECT}/*`),
})

/** The branch, written in another way than tokens do. */
const refs: readonly (readonly [string, string, RegExp])[] = [
  [
    'refs/heads/ is missing',
    `${REPOSITORY}/vcs-ref/main`,
    /refs\/heads\/.*missing|missing.*refs\/heads/,
  ],
  ['heads/ without refs/', `${REPOSITORY}/vcs-ref/heads/main`, /vcs-ref\/heads\/main/],
  ['another branch', `${BRANCH}/release`, /refs\/heads\/release/],
  ['a branch with a capital', `${BRANCH}/Main`, /case/i],
  ['master, not main', `${BRANCH}/master`, /refs\/heads\/master/],
  ['a tag', `${REPOSITORY}/vcs-ref/refs/tags/*`, /refs\/tags\/\*/],
  ['a slash at the end', `${BRANCH}/main/`, /main\//],
  ['a directory of branches', `${BRANCH}/release/*`, /refs\/heads\/release\/\*/],
]

/** The repository, written in another way than tokens do. */
const origins: readonly (readonly [string, string, RegExp])[] = [
  ['the old name of the repository', 'github.com/acme/site', /github\.com\/acme\/site/],
  ['a capital in the repository', 'github.com/Acme/website', /case/i],
  ['https:// before the repository', 'https://github.com/acme/website', /vcs-origin\/https:\/\//],
  ['.git behind the repository', 'github.com/acme/website.git', /website\.git/],
  [
    'the repository without its host',
    'acme/website',
    /vcs-origin\/acme\/website|github\.com\/.*missing/,
  ],
  ['another host', 'bitbucket.org/acme/website', /bitbucket\.org/],
]

const atMain = (origin: string) =>
  `${SUBJECT}/${'?'.repeat(8)}-????-????-????-${'?'.repeat(12)}/vcs-origin/${origin}/vcs-ref/refs/heads/main`

export const SUBJECTS: readonly Refusal[] = [
  ...refs.map(([name, value, says]) =>
    rejects(
      name,
      `The policy wants ${value.slice(REPOSITORY.length + 1)}.`,
      limited(value),
      BRANCH_SHOWN,
      [/vcs-ref\/refs\/heads\/main/, says],
    ),
  ),
  ...origins.map(([name, origin, says]) =>
    rejects(
      name,
      `The policy wants vcs-origin/${origin}.`,
      limited(atMain(origin)),
      [...SUB, /github\.com\/acme\/website/],
      [/github\.com\/acme\/website/, says],
    ),
  ),
  rejects(
    'another project',
    'The policy names another project.',
    limited(`org/${ORG}/project/${OTHER}/user/*`),
    [...SUB, new RegExp(PROJECT)],
    [new RegExp(OTHER), new RegExp(PROJECT), /project/],
  ),
  rejects(
    'capitals in the project id',
    'The project id is in capitals.',
    limited(`org/${ORG}/project/${PROJECT.toUpperCase()}/user/*`),
    [...SUB, new RegExp(PROJECT)],
    [/case/i],
  ),
  rejects(
    'another user',
    'The policy allows one user only.',
    limited(`${SUBJECT}/${OTHER}/*`, `${SUBJECT}/${OTHER}`),
    [...SUB, new RegExp(USER)],
    [new RegExp(OTHER), new RegExp(USER), /user/],
  ),
  rejects(
    'the organization by its name',
    'The subject has the organization id, the policy its name.',
    limited(`org/acme/project/${PROJECT}/user/*`),
    [...SUB, new RegExp(ORG)],
    [/org\/acme/, new RegExp(`org/${ORG}`)],
  ),
  rejects(
    'the project by its name',
    'The subject has the project id, the policy its name.',
    limited(`org/${ORG}/project/website/user/*`),
    [...SUB, new RegExp(PROJECT)],
    [/project\/website/, new RegExp(`project/${PROJECT}`)],
  ),
  rejects(
    'projects for project',
    'A segment of the subject is misspelt.',
    limited(`org/${ORG}/projects/${PROJECT}/user/*`),
    [...SUB, /org\/.*\/project\//],
    [/\/projects\//],
  ),
  rejects(
    'a blank at the end of the subject',
    'The value in the policy ends in a blank.',
    limited(`${BRANCH}/main `),
    BRANCH_SHOWN,
    [/blank|space/],
  ),
  rejects(
    'the subject of GitHub Actions',
    'The policy wants a subject in the form of GitHub Actions.',
    limited('repo:acme/website:ref:refs/heads/main'),
    [...SUB, new RegExp(`org/${ORG}`)],
    [/repo:acme\/website/, /GitHub/],
  ),
  rejects(
    'the V1 subject, exactly',
    'The policy has the subject of a V1 token, the job sends V2.',
    policyOf(statement({ StringEquals: { ...audience, ...subject(`${SUBJECT}/${USER}`) } })),
    [...SUB, /V1/, /V2/],
    [/V1/, /V2/],
  ),
  rejects(
    'StringEquals with a wildcard',
    'StringEquals takes * as a character.',
    policyOf(statement({ StringEquals: { ...audience, ...subject(`${SUBJECT}/*`) } })),
    [...SUB, /StringLike/],
    [/StringEquals/, /wildcard|\*/],
  ),
  rejects(
    'StringEquals with a wildcard in a branch',
    'StringEquals takes ? and * as characters.',
    policyOf(statement({ StringEquals: { ...audience, ...subject(`${BRANCH}/main`) } })),
    [...SUB, /StringLike/],
    [/StringEquals/, /wildcard|\?/],
  ),
  rejects(
    'a wildcard that ends too early',
    'The pattern ends after the project, without /user/*.',
    limited(`org/${ORG}/project/${PROJECT}`),
    [...SUB, /\/user\//],
    [/user/],
  ),
  rejects(
    'a pull request of a fork',
    'The token is of a fork, but the policy requires the repository.',
    limited(`${BRANCH}/main`),
    [/fork/, /mallory/],
    [/fork|mallory/, /github\.com\/acme\/website/],
    {
      call: async ({ sandbox }) => {
        const claims = {
          sub: `${SUBJECT}/${USER}/vcs-origin/github.com/mallory/website/vcs-ref/refs/heads/pull/12`,
          'oidc.circleci.com/vcs-ref': 'refs/heads/pull/12',
          'oidc.circleci.com/vcs-origin': 'github.com/mallory/website',
        }
        return { env: { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ claims }) } }
      },
      fix: [/fork/],
      mended: { sandbox: aws({ policy: limited(`${BRANCH}/main`) }) },
    },
  ),
]

export const CONDITIONS: readonly Refusal[] = [
  rejects(
    'the audience of GitHub Actions',
    'The policy wants aud sts.amazonaws.com.',
    policyOf(
      statement({
        StringEquals: { [`${HOST}:aud`]: 'sts.amazonaws.com' },
        StringLike: subject(`${BRANCH}/main`),
      }),
    ),
    [...TRUST_POLICY, /audience/, new RegExp(ORG)],
    [/aud/, /sts\.amazonaws\.com/, new RegExp(ORG)],
  ),
  rejects(
    'a claim that IAM never sees: vcs-ref',
    'IAM has no condition key for vcs-ref.',
    policyOf(
      statement({
        StringEquals: { ...audience, [`${HOST}:oidc.circleci.com/vcs-ref`]: 'refs/heads/main' },
        StringLike: subject(`${SUBJECT}/*`),
      }),
    ),
    TRUST_POLICY,
    [/vcs-ref/, /IAM/],
  ),
  rejects(
    'a claim that IAM never sees: context-ids',
    'IAM has no condition key for context-ids.',
    policyOf(
      statement({
        'ForAnyValue:StringEquals': { [`${HOST}:oidc.circleci.com/context-ids`]: OTHER },
        StringLike: subject(`${BRANCH}/*`),
      }),
    ),
    TRUST_POLICY,
    [/context-ids/, /IAM/],
  ),
  rejects(
    'the project id under a key without the issuer',
    'The key is oidc.circleci.com/project-id; it must begin with the issuer.',
    policyOf(statement({ StringEquals: { ...audience, 'oidc.circleci.com/project-id': PROJECT } })),
    TRUST_POLICY,
    [/oidc\.circleci\.com\/project-id/, new RegExp(`${HOST}:oidc\\.circleci\\.com/project-id`)],
  ),
  rejects(
    'another project under the key of the project id',
    'The policy names another project.',
    policyOf(
      statement({
        StringEquals: { ...audience, [`${HOST}:oidc.circleci.com/project-id`]: OTHER },
      }),
    ),
    [...TRUST_POLICY, new RegExp(PROJECT)],
    [/project-id/, new RegExp(OTHER), new RegExp(PROJECT)],
  ),
  rejects(
    'https:// in the key',
    'A condition key has no scheme.',
    policyOf(statement({ StringLike: { [`https://${HOST}:sub`]: `${SUBJECT}/*` } })),
    TRUST_POLICY,
    [/https:\/\//, /key/],
  ),
  rejects(
    'the key of another organization',
    'The condition key is of the issuer of another organization.',
    policyOf(
      statement({
        StringEquals: { [`oidc.circleci.com/org/${OTHER}:aud`]: ORG },
        StringLike: subject(`${SUBJECT}/*`),
      }),
    ),
    [...TRUST_POLICY, new RegExp(ORG)],
    [new RegExp(`org/${OTHER}:aud`), new RegExp(HOST)],
  ),
  rejects(
    'a key without an issuer',
    'The key is sub; it must begin with the issuer.',
    policyOf(statement({ StringEquals: audience, StringLike: { sub: `${SUBJECT}/*` } })),
    TRUST_POLICY,
    [/"?\bsub\b"?/, new RegExp(`${HOST}:sub`)],
  ),
  rejects(
    'audience for aud',
    'The key ends in :audience; the claim is aud.',
    policyOf(
      statement({
        StringEquals: { [`${HOST}:audience`]: ORG },
        StringLike: subject(`${SUBJECT}/*`),
      }),
    ),
    TRUST_POLICY,
    [/:audience/, /aud\b/],
  ),
  rejects(
    'a day that has passed',
    'The statement ended on 2020-01-01.',
    policyOf(
      statement({
        StringLike: subject(`${SUBJECT}/*`),
        DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' },
      }),
    ),
    TRUST_POLICY,
    [/aws:CurrentTime/, /2020-01-01/],
    { fix: [/aws:CurrentTime|date/i], mended: { sandbox: aws() } },
  ),
  rejects(
    'a session name that the policy prescribes',
    'The policy wants a role session name that begins with deploy-.',
    policyOf(
      statement({
        StringLike: { ...subject(`${SUBJECT}/*`), 'sts:RoleSessionName': 'deploy-*' },
      }),
    ),
    [...TRUST_POLICY, /session name/],
    [/sts:RoleSessionName/, /deploy-\*/],
    {
      fix: [/--role-session-name/],
      mended: {
        sandbox: aws({
          policy: policyOf(
            statement({
              StringLike: { ...subject(`${SUBJECT}/*`), 'sts:RoleSessionName': 'deploy-*' },
            }),
          ),
        }),
        call: () => ({
          args: [
            ...['--role-arn', `arn:aws:iam::${ACCOUNT}:role/circleci-oidc`],
            ...['--role-session-name', 'deploy-42'],
          ],
        }),
      },
    },
  ),
  rejects(
    'a tag that the token lacks',
    'The policy wants the session tag team, and the token has none.',
    policyOf(
      statement({
        StringLike: subject(`${SUBJECT}/*`),
        StringEquals: { 'aws:RequestTag/team': 'web' },
      }),
    ),
    TRUST_POLICY,
    [/aws:RequestTag\/team/],
    { fix: [/aws:RequestTag\/team/], mended: { sandbox: aws() } },
  ),
  rejects(
    'two statements, and none matches',
    'Statement 2 wants another branch, statement 1 another project.',
    policyOf(
      statement({
        StringEquals: audience,
        StringLike: subject(`org/${ORG}/project/${OTHER}/user/*`),
      }),
      statement({ StringEquals: audience, StringLike: subject(`${BRANCH}/release`) }),
    ),
    BRANCH_SHOWN,
    [/statement 2|Statement\[1\]/, /refs\/heads\/release/],
  ),
  rejects(
    'GitHub Actions first, then another branch',
    'Statement 2 wants the branch release.',
    policyOf(
      github,
      statement({ StringEquals: audience, StringLike: subject(`${BRANCH}/release`) }),
    ),
    BRANCH_SHOWN,
    [/statement 2|Statement\[1\]/, /refs\/heads\/release/],
  ),
]

export const STATEMENTS: readonly Refusal[] = [
  rejects(
    'GitHub Actions only',
    'The policy trusts another provider.',
    policyOf(github),
    TRUST_POLICY,
    [new RegExp(GITHUB), new RegExp(HOST)],
  ),
  rejects(
    'the provider of another organization',
    'The principal is the provider of another organization.',
    policyOf(
      statement(
        { StringLike: subject(`${SUBJECT}/*`) },
        { Principal: { Federated: provider(`oidc.circleci.com/org/${OTHER}`) } },
      ),
    ),
    [...TRUST_POLICY, new RegExp(ORG)],
    [new RegExp(`org/${OTHER}`), new RegExp(HOST), /principal|provider/i],
  ),
  rejects(
    'the provider of another account',
    'The principal is a provider of account 222222222222, the role is in 111111111111.',
    policyOf(
      statement(
        { StringLike: subject(`${SUBJECT}/*`) },
        { Principal: { Federated: `arn:aws:iam::222222222222:oidc-provider/${HOST}` } },
      ),
    ),
    TRUST_POLICY,
    [/222222222222/, /111111111111/, /account/],
  ),
  rejects(
    'the provider of another partition',
    'The principal is in aws-cn, the role in aws.',
    policyOf(
      statement(
        { StringLike: subject(`${SUBJECT}/*`) },
        { Principal: { Federated: `arn:aws-cn:iam::${ACCOUNT}:oidc-provider/${HOST}` } },
      ),
    ),
    TRUST_POLICY,
    [/aws-cn/, /partition/],
  ),
  rejects(
    'a slash at the end of the provider',
    'The ARN of the provider ends in a slash.',
    policyOf(
      statement(
        { StringLike: subject(`${SUBJECT}/*`) },
        { Principal: { Federated: provider(`${HOST}/`) } },
      ),
    ),
    TRUST_POLICY,
    [new RegExp(`${HOST}/`), /slash/],
  ),
  rejects(
    'sts:AssumeRole',
    'The statement allows sts:AssumeRole only.',
    policyOf(statement({ StringLike: subject(`${BRANCH}/main`) }, { Action: 'sts:AssumeRole' })),
    [...TRUST_POLICY, /sts:AssumeRoleWithWebIdentity/],
    [/sts:AssumeRole\b(?!W)/, /sts:AssumeRoleWithWebIdentity/],
  ),
  rejects(
    'a service as the principal',
    'The role trusts EC2.',
    policyOf({
      Effect: 'Allow',
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    }),
    TRUST_POLICY,
    [/ec2\.amazonaws\.com/],
  ),
  rejects(
    'tags in the token',
    'The token has session tags, and sts:TagSession is not allowed.',
    policyOf(PROJECT_STATEMENT),
    [/sts:TagSession/, /tag/],
    [/sts:TagSession/],
    {
      call: async ({ sandbox }) => ({
        env: {
          CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({
            claims: { 'https://aws.amazon.com/tags': { principal_tags: { team: ['web'] } } },
          }),
        },
      }),
      fix: [/sts:TagSession/],
    },
  ),
  rejects(
    'a Deny for the branch',
    'Statement 2 denies the branch main.',
    policyOf(PROJECT_STATEMENT, {
      ...statement({ StringLike: subject('*/refs/heads/main') }),
      Effect: 'Deny',
    }),
    TRUST_POLICY,
    [/den(y|ies)/i, /statement 2|Statement\[1\]/, /refs\/heads\/main/],
    { fix: [/Deny|condition/], mended: { sandbox: aws({ policy: HEALTHY }) } },
  ),
  rejects(
    'a Deny for everything but a branch',
    'Statement 2 denies every branch but release.',
    policyOf(PROJECT_STATEMENT, {
      ...statement({ StringNotLike: subject('*/refs/heads/release') }),
      Effect: 'Deny',
    }),
    TRUST_POLICY,
    [/den(y|ies)/i, /statement 2|Statement\[1\]/, /refs\/heads\/release/],
    { fix: [/Deny|condition/], mended: { sandbox: aws({ policy: HEALTHY }) } },
  ),
  rejects(
    'a Deny for tokens without a tag',
    'Statement 2 denies tokens without the tag team.',
    policyOf(PROJECT_STATEMENT, {
      ...statement({ Null: { 'aws:RequestTag/team': 'true' } }),
      Effect: 'Deny',
    }),
    TRUST_POLICY,
    [/den(y|ies)/i, /aws:RequestTag\/team/],
    { fix: [/Deny|condition/], mended: { sandbox: aws({ policy: HEALTHY }) } },
  ),
]

/** Policies that IAM would not store, in a file; what the role has is another. */
function invalid(
  name: string,
  cause: string,
  policy: object,
  doctor: readonly RegExp[],
  rest: Partial<Refusal> = {},
): Refusal {
  const held = limited(`${BRANCH}/release`)
  return {
    name,
    cause,
    policy,
    sandbox: aws({ policy: held }),
    says: BRANCH_SHOWN,
    doctor,
    code: 4,
    fix: [/\S/],
    mended: { sandbox: aws({ policy: HEALTHY }) },
    ...rest,
  }
}

const unknown = (operator: string) => policyOf(statement({ [operator]: subject(`${SUBJECT}/*`) }))

export const INVALID: readonly Refusal[] = [
  invalid(
    '"*" as the principal',
    'IAM stores no trust policy with Principal "*".',
    policyOf(statement({ StringLike: subject(`${SUBJECT}/*`) }, { Principal: '*' })),
    [/Principal/, /"\*"/, /IAM/],
  ),
  invalid('StringContains', 'IAM knows no StringContains.', unknown('StringContains'), [
    /StringContains/,
    /StringLike/,
  ]),
  invalid('StringLikes', 'IAM knows no StringLikes.', unknown('StringLikes'), [
    /StringLikes/,
    /StringLike\b/,
  ]),
  invalid(
    'an unknown operator beside a statement that allows',
    'IAM knows no StringMatches.',
    policyOf(PROJECT_STATEMENT, statement({ StringMatches: subject(`${SUBJECT}/*`) })),
    [/StringMatches/, /StringLike/],
  ),
  invalid(
    'NotPrincipal',
    'IAM does not accept NotPrincipal in a trust policy.',
    policyOf({
      Effect: 'Allow',
      NotPrincipal: { Federated: provider(GITHUB) },
      Action: 'sts:AssumeRoleWithWebIdentity',
    }),
    [/NotPrincipal/, /IAM/],
  ),
  invalid(
    'allow in small letters',
    'Effect is "allow".',
    policyOf({ ...PROJECT_STATEMENT, Effect: 'allow' }),
    [/Effect/, /"allow"/, /"Allow"/],
    { doctorCode: 6 },
  ),
  invalid(
    'a Resource',
    'A trust policy has no Resource.',
    policyOf({ ...PROJECT_STATEMENT, Resource: '*' }),
    [/Resource/],
    { doctorCode: 6 },
  ),
  invalid(
    'a date that is none',
    'The date is "tomorrow".',
    policyOf(
      statement({
        StringLike: subject(`${SUBJECT}/*`),
        DateLessThan: { 'aws:CurrentTime': 'tomorrow' },
      }),
    ),
    [/tomorrow/, /date/i],
  ),
  invalid(
    'a key twice, in two cases',
    'aud and AUD are the same key.',
    policyOf(
      statement({
        StringEquals: { [`${HOST}:aud`]: ORG, [`${HOST}:AUD`]: 'x' },
        StringLike: subject(`${SUBJECT}/*`),
      }),
    ),
    [/:AUD/, /:aud/],
  ),
  invalid(
    'https:// in the ARN of the provider',
    'The ARN of a provider has no scheme.',
    policyOf(
      statement(
        { StringLike: subject(`${SUBJECT}/*`) },
        { Principal: { Federated: provider(`https://${HOST}`) } },
      ),
    ),
    [/https:\/\//, /provider/],
  ),
]
