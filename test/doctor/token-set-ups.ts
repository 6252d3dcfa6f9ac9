import {
  BRANCH,
  type BrokenSetUp,
  BY_ROLE,
  HOST,
  ORG,
  SUBJECT,
  trustPolicy,
  worldOf,
} from './set-ups.ts'

const NO_TOKEN = { CIRCLE_OIDC_TOKEN_V2: undefined }
const MAIN_ONLY = worldOf(trustPolicy({ StringLike: { [`${HOST}:sub`]: `${BRANCH}/main` } }))

/** A module for NODE_OPTIONS that sets the clock of the process. */
const clock = (minutes: number) =>
  `const now = Date.now; const real = Date
  globalThis.Date = class extends real {
    constructor(...args) { super(...(args.length > 0 ? args : [now() + ${minutes} * 60_000])) }
    static now() { return now() + ${minutes} * 60_000 }
  }`

export const TOKEN_SET_UPS: readonly BrokenSetUp[] = [
  {
    name: 'no token',
    breakIt: () => ({ env: NO_TOKEN }),
    first: /^✗ This job has no OIDC token: CIRCLE_OIDC_TOKEN_V2 and CIRCLE_OIDC_TOKEN are unset/,
    code: 3,
    also: ['exchange: there is no token'],
  },
  {
    name: 'no token in the pull request of a fork',
    breakIt: () => ({
      env: { ...NO_TOKEN, CIRCLE_PR_USERNAME: 'mallory', CIRCLE_PR_NUMBER: '12' },
    }),
    first:
      /^✗ This is a pull request from a fork, and those get no token: it was opened by mallory\./,
    code: 3,
    also: ['exchange: there is no token'],
  },
  {
    name: 'a token that has expired',
    breakIt: async (_, sandbox) => ({
      env: { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ expiresIn: -600 }) },
    }),
    first: /^✗ The token in CIRCLE_OIDC_TOKEN_V2 expired at \d{4}-/,
    code: 3,
    also: ['exchange: the token has expired'],
  },
  {
    name: 'a token about to expire',
    breakIt: async (_, sandbox) => ({
      env: { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ expiresIn: 120 }) },
    }),
    first: /^! The token is about to expire: in 1\d\d s/,
    code: 0,
  },
  {
    name: 'JSON around the token',
    breakIt: () => ({ env: { CIRCLE_OIDC_TOKEN_V2: '{"value":"x"}' } }),
    first: /^✗ The content of CIRCLE_OIDC_TOKEN_V2 is not a web identity token .* It is JSON/,
    code: 3,
    also: ['exchange: there is no token'],
  },
  {
    name: 'an access token',
    breakIt: async (_, sandbox) => ({
      env: {
        CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ claims: { aud: undefined, sub: undefined } }),
      },
    }),
    first: /^✗ The token lacks claims that AWS requires: aud, sub\./,
    code: 4,
  },
  {
    name: 'a clock that is two hours ahead',
    breakIt: (job) => ({
      env: { NODE_OPTIONS: `--require ${job.write('clock.cjs', clock(120))}` },
    }),
    first: /^✗ The clock of this machine is wrong: it is 120 minutes ahead of STS\./,
    code: 4,
  },
  {
    name: 'a clock that is behind, and no network',
    breakIt: (job) => ({
      args: [...BY_ROLE, '--sts-endpoint', 'http://127.0.0.1:9'],
      env: { NODE_OPTIONS: `--require ${job.write('clock.cjs', clock(-90))}` },
    }),
    first: /^✗ The clock of this machine is wrong: the token was issued 90 minutes in the future\./,
    code: 4,
    also: ['aws-unreachable', 'exchange: STS cannot be reached'],
  },
  {
    name: 'a job that was rerun with SSH',
    breakIt: async (_, sandbox) => ({
      env: {
        CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({
          claims: { 'oidc.circleci.com/ssh-rerun': true },
        }),
      },
    }),
    first: /^! The job was rerun with SSH/,
    code: 0,
  },
  {
    name: 'the token of another project',
    sandbox: { world: MAIN_ONLY },
    breakIt: async (_, sandbox) => ({
      env: {
        CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({
          claims: { sub: `org/${ORG}/project/other/user/x` },
        }),
        CIRCLE_PROJECT_ID: 'website',
      },
    }),
    first:
      /^✗ Likely cause of AWS's refusal: .*from the project other, but the job is from website/,
    code: 4,
    also: ['access-denied'],
  },
  {
    name: "a fork's pull request at a role for main",
    sandbox: { world: MAIN_ONLY },
    breakIt: async (_, sandbox) => {
      const ref = 'refs/heads/pull/12'
      const sub = `${SUBJECT}/x/vcs-origin/github.com/mallory/website/vcs-ref/${ref}`
      const claims = { sub, 'oidc.circleci.com/vcs-ref': ref }
      return { env: { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ claims }) } }
    },
    first: /^✗ Likely cause of AWS's refusal: The token is from a fork's pull request:/,
    code: 4,
    also: ['access-denied'],
  },
  {
    name: 'a token of the root issuer',
    breakIt: async (_, sandbox) => ({
      env: { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ rootIssuer: true }) },
    }),
    first: /^✗ Likely cause of AWS's refusal: The token is from the root issuer, not from the org/,
    code: 4,
    also: ['provider-not-found'],
  },
  {
    name: 'a minting program that hangs',
    breakIt: (job) => {
      job.program('circleci', 'exec sleep 60')
      return { args: [...BY_ROLE, '--timeout-seconds', '2'], env: NO_TOKEN }
    },
    first: /^✗ The command was not done after 1 s; it was reading the web identity token\./,
    code: 5,
    also: ['exchange: there is no token'],
  },
]
