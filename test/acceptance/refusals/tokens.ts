import {
  aws,
  BRANCH,
  BY_ROLE,
  clock,
  HEALTHY_SET_UP,
  NO_TOKEN,
  ORG,
  OTHER,
  policyOf,
  type Refusal,
  type Scene,
  SUBJECT,
  statement,
  subject,
  USER,
} from './set-up.ts'

const MAIN_ONLY = aws({ policy: policyOf(statement({ StringLike: subject(`${BRANCH}/main`) })) })

/** A token in CIRCLE_OIDC_TOKEN_V2 that is none; mended by the job's own. */
function given(
  name: string,
  cause: string,
  value: (token: string) => string | undefined,
  says: readonly RegExp[],
  fix: readonly RegExp[] = [/CIRCLE_OIDC_TOKEN_V2|token/],
  code = 3,
): Refusal {
  return {
    name,
    cause,
    call: async ({ sandbox }) => ({
      env: { CIRCLE_OIDC_TOKEN_V2: value(await sandbox.mint()) },
    }),
    says,
    code,
    fix,
    mended: HEALTHY_SET_UP,
  }
}

type Mint = NonNullable<Parameters<Scene['sandbox']['mint']>[0]>

/** A token with other claims. */
function minted(
  name: string,
  cause: string,
  mint: Mint,
  says: readonly RegExp[],
  rest: Partial<Refusal> & { env?: Readonly<Record<string, string>> } = {},
): Refusal {
  const { env, ...more } = rest
  return {
    name,
    cause,
    call: async ({ sandbox }) => ({
      env: { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint(mint), ...env },
    }),
    says,
    code: 3,
    fix: [/token/],
    mended: HEALTHY_SET_UP,
    ...more,
  }
}

/** A `circleci` that mints, or does something else. */
function minting(
  name: string,
  cause: string,
  script: string | undefined,
  says: readonly RegExp[],
  fix: readonly RegExp[],
): Refusal {
  return {
    name,
    cause,
    call: ({ job }) => {
      if (script !== undefined) job.program('circleci', script)
      return {
        args: [...BY_ROLE, '--audience', ORG],
        env: { CIRCLECI: 'true', PATH: `${job.bin}:/bin` },
      }
    },
    says,
    code: 3,
    fix,
    mended: HEALTHY_SET_UP,
  }
}

const inGithub = ({ job }: Scene) => ({
  ...NO_TOKEN,
  CIRCLE_BUILD_NUM: undefined,
  CIRCLE_JOB: undefined,
  GITHUB_ACTIONS: 'true',
  GITHUB_ENV: job.write('github_env', ''),
})

const inGitlab = {
  ...NO_TOKEN,
  CIRCLE_BUILD_NUM: undefined,
  CIRCLE_JOB: undefined,
  GITLAB_CI: 'true',
  CI_SERVER_URL: 'https://gitlab.com',
}

export const TOKENS: readonly Refusal[] = [
  {
    name: 'no token',
    cause: 'The job has no OIDC token.',
    call: () => ({ env: { ...NO_TOKEN, CIRCLECI: 'true' } }),
    says: [/CIRCLE_OIDC_TOKEN_V2/, /no OIDC token|unset|not set/i],
    code: 3,
    fix: [/context|token|Server/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'no token for the pull request of a fork',
    cause: 'A pull request from a fork gets no token.',
    call: () => ({
      env: { ...NO_TOKEN, CIRCLECI: 'true', CIRCLE_PR_USERNAME: 'mallory', CIRCLE_PR_NUMBER: '12' },
    }),
    says: [/fork/, /mallory/],
    code: 3,
    fix: [/fork/],
    mended: HEALTHY_SET_UP,
  },
  minted(
    'expired while it waited for an approval',
    'The token expired ten minutes ago.',
    { expiresIn: -600 },
    [/expired/, /CIRCLE_OIDC_TOKEN_V2/],
    { fix: [/new (job|token)|mint|rerun|again|circleci run oidc get/i] },
  ),
  given(
    'cut after two parts',
    'The signature of the token is cut off.',
    (token) => token.slice(0, token.lastIndexOf('.')),
    [/2 (of its )?(3 )?parts/, /cut|truncated|missing/],
  ),
  given(
    'cut in the signature',
    'The signature lacks its end.',
    (token) => token.slice(0, -60),
    [/signature/, /cut|truncated|short/],
    undefined,
    4,
  ),
  given(
    'cut in the claims',
    'Only 200 characters of the token are there.',
    (token) => token.slice(0, 200),
    [/cut|truncated/, /200 characters/],
  ),
  given('empty', 'CIRCLE_OIDC_TOKEN_V2 is empty.', () => '', [
    /CIRCLE_OIDC_TOKEN_V2/,
    /empty|unset/,
  ]),
  given('the name of a variable', 'Nothing expanded the variable.', () => '$CIRCLE_OIDC_TOKEN_V2', [
    /variable/,
    /expand/,
  ]),
  given('masked by the CI', 'It is the mask of a log.', () => '************************', [
    /\*|mask|asterisk/i,
  ]),
  given('in quotation marks', 'Quotation marks stand around the token.', (token) => `"${token}"`, [
    /quotation|quotes/i,
  ]),
  given(
    'with "Bearer"',
    'It has the prefix of an Authorization header.',
    (token) => `Bearer ${token}`,
    [/Bearer/],
  ),
  given(
    'encoded once more',
    'The token was base64-encoded.',
    (token) => Buffer.from(token).toString('base64'),
    [/base64/],
  ),
  given(
    'an answer in JSON',
    'The token is inside a JSON object.',
    (token) => JSON.stringify({ value: token }),
    [/JSON/],
  ),
  given(
    'the personal token of a GitLab user',
    'It is an access token.',
    () => `glpat-${'x'.repeat(20)}`,
    [/not a (web identity|OIDC) token|no JWT|not a JWT|access token/],
  ),
  given(
    'an AWS session token',
    'It is a session token of AWS.',
    () => `IQoJb3JpZ2luX2Vj${'A'.repeat(300)}=`,
    [/AWS session token|session token of AWS|not a (web identity|OIDC) token/],
  ),
  minted(
    'an access token',
    'It has neither aud nor sub.',
    { claims: { aud: undefined, sub: undefined } },
    [/aud/, /sub/, /claim/],
    { code: 4 },
  ),
  minted(
    'the token of GitLab in a job of CircleCI',
    'The issuer of the token is gitlab.com.',
    {
      claims: {
        iss: 'https://gitlab.com',
        sub: 'project_path:acme/website:ref_type:branch:ref:main',
      },
    },
    [/gitlab\.com/, /CircleCI/],
    { env: { CIRCLECI: 'true' }, code: 4, fix: [/token/] },
  ),
  minted(
    'the token of GitHub Actions in a job of CircleCI',
    'The issuer of the token is token.actions.githubusercontent.com.',
    {
      claims: {
        iss: 'https://token.actions.githubusercontent.com',
        sub: 'repo:acme/website:ref:refs/heads/main',
      },
    },
    [/token\.actions\.githubusercontent\.com/, /CircleCI/],
    { env: { CIRCLECI: 'true' }, code: 4, fix: [/token/] },
  ),
  minted(
    'the token of another organization',
    'The token is of another organization than the job.',
    {
      claims: { iss: `https://oidc.circleci.com/org/${OTHER}`, 'oidc.circleci.com/org-id': OTHER },
    },
    [new RegExp(OTHER), new RegExp(ORG), /organization/],
    { env: { CIRCLECI: 'true', CIRCLE_ORGANIZATION_ID: ORG }, code: 4 },
  ),
  minted(
    'the token of another project',
    'The token is of another project than the job.',
    { claims: { sub: `org/${ORG}/project/${OTHER}/user/${USER}` } },
    [new RegExp(OTHER), /project/],
    {
      sandbox: MAIN_ONLY,
      env: { CIRCLECI: 'true', CIRCLE_PROJECT_ID: 'p' },
      code: 4,
      mended: { sandbox: MAIN_ONLY },
    },
  ),
  minted(
    'the token of the root issuer',
    'The token was minted with --root-issuer.',
    { rootIssuer: true },
    [/root issuer|--root-issuer/, /https:\/\/oidc\.circleci\.com(?!\/)/],
    { code: 4, fix: [/--root-issuer|org\//] },
  ),
  minted(
    "the token of a fork's pull request",
    'The token is of a fork; the role trusts the branch main of the repository.',
    {
      claims: {
        sub: `${SUBJECT}/${USER}/vcs-origin/github.com/mallory/website/vcs-ref/refs/heads/pull/12`,
        'oidc.circleci.com/vcs-ref': 'refs/heads/pull/12',
        'oidc.circleci.com/vcs-origin': 'github.com/mallory/website',
      },
    },
    [/fork/, /pull\/12/],
    { sandbox: MAIN_ONLY, code: 4, fix: [/fork|pull/], mended: { sandbox: MAIN_ONLY } },
  ),
  minted(
    'no repository in the subject, and a role for a branch',
    'The job has the V1 token only; the role wants the subject of a V2 token.',
    { version: 'v1' },
    [/V1/, /V2/],
    { sandbox: MAIN_ONLY, code: 4, fix: [/V2|token-version/], mended: { sandbox: MAIN_ONLY } },
  ),
  {
    name: 'a role for V1 tokens',
    cause: 'The role wants the subject of the V1 token; the job sends V2.',
    sandbox: aws({ policy: policyOf(statement({ StringEquals: subject(`${SUBJECT}/${USER}`) })) }),
    call: async ({ sandbox }) => ({
      env: { CIRCLE_OIDC_TOKEN: await sandbox.mint({ version: 'v1' }) },
    }),
    says: [/CIRCLE_OIDC_TOKEN\b(?!_)/, /V1|other version|--token-version v1/],
    code: 4,
    fix: [/--token-version v1/],
    mended: {
      sandbox: aws({
        policy: policyOf(statement({ StringEquals: subject(`${SUBJECT}/${USER}`) })),
      }),
      call: async ({ sandbox }) => ({
        args: [...BY_ROLE, '--token-version', 'v1'],
        env: { CIRCLE_OIDC_TOKEN: await sandbox.mint({ version: 'v1' }) },
      }),
    },
  },
  {
    name: 'a signature by another key',
    cause: 'The token claims the issuer and is signed by another key.',
    call: async ({ t }) => {
      const { startSandbox } = await import('../../../src/sandbox/index.ts')
      const other = await startSandbox()
      t.after(() => other.close())
      return { env: { CIRCLE_OIDC_TOKEN_V2: await other.mint() } }
    },
    says: [/signature|verification key/i],
    code: 5,
    fix: [/token|issuer/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'an audience that the provider lacks',
    cause: '--audience sts.amazonaws.com is not among the client ids of the provider.',
    call: async ({ job, sandbox }) => {
      const token = await sandbox.mint({ audience: 'sts.amazonaws.com' })
      job.program('circleci', `echo ${token}`)
      return { args: [...BY_ROLE, '--audience', 'sts.amazonaws.com'], env: { CIRCLECI: 'true' } }
    },
    says: [/audience/, /sts\.amazonaws\.com/, /client id/],
    code: 4,
    fix: [/--audience|client id/],
    mended: HEALTHY_SET_UP,
  },
  minting(
    'another circleci comes first on PATH',
    'The CircleCI CLI, not that of the job, is first on PATH.',
    `echo "Error: No help topic for 'oidc'" >&2; exit 1`,
    [/PATH/, /bin\/circleci/],
    [/PATH/],
  ),
  minting(
    'no circleci on PATH',
    'No circleci is on PATH.',
    undefined,
    [/circleci/, /PATH/],
    [/PATH|--audience/],
  ),
  minting(
    'a circleci that prints nothing',
    'It exits with 0 and prints no token.',
    'exit 0',
    [/circleci/, /printed nothing|no token|empty/],
    [/again|rerun|retry|support/i],
  ),
  minting(
    'a circleci that is not allowed to mint',
    'The agent answers 403.',
    'echo "Error: failed to get token: 403 Forbidden" >&2; exit 1',
    [/403 Forbidden/],
    [/\S/],
  ),
  {
    name: 'a token file that is not there',
    cause: 'The file of --token-file does not exist.',
    call: ({ job }) => ({ args: [...BY_ROLE, '--token-file', `${job.home}/none`] }),
    says: [/\/none/, /ENOENT|no such file|does not exist/i],
    code: 3,
    fix: [/token[ -]file/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'an empty token file',
    cause: 'The token file is empty.',
    call: ({ job }) => ({ args: [...BY_ROLE, '--token-file', job.write('token', '')] }),
    says: [/\/token/, /empty/],
    code: 3,
    fix: [/token/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'nothing on stdin',
    cause: 'stdin is empty.',
    call: () => ({ args: [...BY_ROLE, '--token-source', 'stdin'], input: '' }),
    says: [/stdin|standard input/, /empty|nothing/],
    code: 3,
    fix: [/token/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'a variable of the token that is not set',
    cause: '--token-env names MY_TOKEN, which is not set.',
    call: () => ({ args: [...BY_ROLE, '--token-env', 'MY_TOKEN'] }),
    says: [/MY_TOKEN/, /not set|unset/],
    code: 3,
    fix: [/MY_TOKEN|--token-env/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'GitHub Actions without the permission',
    cause: 'The job lacks permissions: id-token: write.',
    call: (scene) => ({ env: inGithub(scene) }),
    says: [/id-token: ?write/],
    code: 3,
    fix: [/id-token: ?write/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'GitLab without id_tokens',
    cause: 'The job has no id_tokens.',
    call: () => ({ env: inGitlab }),
    says: [/id_tokens/],
    code: 3,
    fix: [/id_tokens/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: "GitLab's token with an audience that the provider lacks",
    cause: 'aud of id_tokens is not among the client ids.',
    sandbox: aws({ clientIds: ['sts.amazonaws.com'] }),
    call: async ({ sandbox }) => ({
      env: { ...inGitlab, MY_ID_TOKEN: await sandbox.mint({ audience: 'https://gitlab.com' }) },
      args: [...BY_ROLE, '--token-env', 'MY_ID_TOKEN', '--token-source', 'gitlab'],
    }),
    says: [/audience/, /"https:\/\/gitlab\.com"/, /client id/],
    code: 4,
    fix: [/id_tokens|aud:|client id/],
    mended: HEALTHY_SET_UP,
  },
  {
    name: 'a clock two hours ahead',
    cause: 'The clock of the machine is 120 minutes ahead, so the token looks expired.',
    call: ({ job }) => ({ env: clock(job, 120) }),
    says: [/clock/, /120 minutes|2 h/],
    code: 3,
    doctorCode: 4,
    fix: [/clock|NTP|time/],
    mended: HEALTHY_SET_UP,
  },
]
