import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { version } from '../../package.json'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { type Environment, type Job, jobIn } from '../acceptance/job.ts'
import { runHere } from '../acceptance/run-here.ts'
import { AWS_SET_UPS } from './aws-set-ups.ts'
import { COMBINED_SET_UPS } from './combined-set-ups.ts'
import { FILE_SET_UPS, LOCAL_SET_UPS } from './local-set-ups.ts'
import { audience, BY_ROLE, HOST, ORG, SUBJECT, startBroken, trustPolicy } from './set-ups.ts'
import { TOKEN_SET_UPS } from './token-set-ups.ts'

const SET_UPS = [TOKEN_SET_UPS, AWS_SET_UPS, FILE_SET_UPS, LOCAL_SET_UPS, COMBINED_SET_UPS]

let sandbox: Sandbox

// All sandboxes have one key: making one takes longer than a test.
const { subtle } = crypto
const generateKey = subtle.generateKey.bind(subtle) as (...given: unknown[]) => Promise<unknown>
const keys = new Map<string, Promise<unknown>>()
before(async () => {
  const generateOnce: typeof generateKey = (...given) => {
    const kind = JSON.stringify(given)
    if (!keys.has(kind)) keys.set(kind, generateKey(...given))
    return keys.get(kind) ?? generateKey(...given)
  }
  Object.assign(subtle, { generateKey: generateOnce })
  sandbox = await startSandbox()
})
after(() => {
  Object.assign(subtle, { generateKey })
  sandbox.close()
})

/** What is wrong by its code, and what was not checked, in the order of the report. */
function told(report: string): string[] {
  const found = report.matchAll(
    /^- Not checked: (.*)$|^ {4}More: npx circleci-aws-oidc explain (.*)$/gm,
  )
  return [...found].map(([, skipped, id]) => skipped ?? id ?? '')
}

for (const setUp of SET_UPS.flat()) {
  test(`one finding for one cause: ${setUp.name}`, async (t) => {
    const { job, args, settings } = await startBroken(t, setUp, sandbox)
    // These only a process of its own has.
    if (settings.asNobody || settings.env?.['NODE_OPTIONS']) return
    const { code, stdout } = await runHere(args, { ...job.env, ...settings.env })
    const [first = ''] = stdout.split('\n')
    assert.match(first, setUp.first)
    assert.equal(code, setUp.code)
    const [, ...also] = told(stdout)
    assert.deepEqual(also, setUp.also ?? [], stdout)
  })
}

/** Runs it in a job that is in order, and shows each finding in a line, without what differs from run to run. */
async function lines(
  t: TestContext,
  args: readonly string[] | ((job: Job) => readonly string[]),
  env: Environment = {},
) {
  const job = await jobIn(t, sandbox)
  const given = typeof args === 'function' ? args(job) : args
  const bashEnv = job.write('bash_env', '')
  const all = { ...job.env, BASH_ENV: bashEnv, ...env }
  const { code, stdout } = await runHere(['doctor', ...given], all)
  const found = stdout
    .replaceAll(`${job.home}/`, '')
    .replace(/\d{4}-\d\d-\d\d [\d:]+ UTC/g, 'TIME')
    .replace(/http:\/\/127\.0\.0\.1:\d+ answered in \d+ ms/g, 'STS answered')
    .match(/^\S.*$/gm)
  return [code, ...(found ?? [])]
}

const RUNTIME = [
  `✓ Node ${process.versions.node}, circleci-aws-oidc ${version} (npm)`,
  '✓ CircleCI, job deploy, build 42',
]
const TOKEN = `✓ CIRCLE_OIDC_TOKEN_V2: CircleCI V2, issuer https://${HOST}, audience ${ORG}, subject ${SUBJECT}/8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main, until TIME`
const [, ROLE_ARN = ''] = BY_ROLE
const STS = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci-42-website'
const CLOCK = '✓ The clock agrees with STS'
const FILES = ['✓ .aws/config does not exist yet', '✓ .aws/credentials does not exist yet']
const ENVIRONMENT = '✓ No variable overrides the profile'
const SKIPPED = '- Not checked: exchange:'

const allowed = (job: string) => `✓ AWS allows ${STS}-${job}, until TIME`
const file = (text: string) => (job: Job) => ['--profiles-file', job.write('profiles', text)]

describe('all that was looked at', () => {
  test('a role', async (t) => {
    assert.deepEqual(await lines(t, BY_ROLE), [
      ...[0, ...RUNTIME, CLOCK, TOKEN, `✓ ${ROLE_ARN}, for the profile default`, '✓ STS answered'],
      ...[allowed('deploy'), ...FILES, ENVIRONMENT, 'No problems found.'],
    ])
  })

  test('no role', async (t) => {
    const why = 'no role is given; pass --role-arn (AWS_OIDC_ROLE_ARN) or --profiles-file'
    assert.deepEqual(await lines(t, []), [
      ...[0, `${SKIPPED} ${why}`, ...RUNTIME, CLOCK, TOKEN, '✓ STS answered', ...FILES],
      ...[ENVIRONMENT, 'No problems found, 1 check not made.'],
    ])
  })

  test('no role, and an endpoint that is none', async (t) => {
    const [code, first] = await lines(t, ['--sts-endpoint', 'ftp://sts'])
    assert.equal(code, 2)
    assert.match(`${first}`, /^✗ The STS endpoint from --sts-endpoint is not an http/)
  })

  test('two roles at one endpoint', async (t) => {
    const role = `role_arn = ${ROLE_ARN}\nrole_session_name = circleci-42-website`
    const text = `[default]\n${role}-a\n[profile b]\n${role}-b\n`
    assert.deepEqual(await lines(t, file(text)), [
      ...[0, ...RUNTIME, CLOCK, TOKEN],
      ...[`✓ ${ROLE_ARN}, for the profile default`, `✓ ${ROLE_ARN}, for the profile b`],
      ...[
        '✓ STS answered',
        allowed('a'),
        allowed('b'),
        ...FILES,
        ENVIRONMENT,
        'No problems found.',
      ],
    ])
  })

  test('a role that an own audience is minted for: the token of the job is not needed', async (t) => {
    const text = `[default]\nrole_arn = ${ROLE_ARN}\naudience = sts.amazonaws.com\n`
    const found = await lines(t, file(text), { CIRCLE_OIDC_TOKEN_V2: undefined })
    assert.match(`${found[1]}`, /^✗ .*audience "sts\.amazonaws\.com" could not be minted/)
    assert.ok(found.includes("- Not checked: token: no profile uses the job's own token"))
    assert.deepEqual(found.at(-1), '1 error, 1 check not made.')
  })

  test('a profile name that is none hides nothing of the export', async (t) => {
    const args = [...BY_ROLE, '--profile', 'a b', '--export', 'keys']
    const found = await lines(t, args, { BASH_ENV: undefined })
    assert.deepEqual(found.slice(0, 3), [
      2,
      '✗ "a b" cannot be a profile name.',
      '✗ --export keys needs BASH_ENV, which is not set.',
    ])
  })

  test('options that are wrong beside each other', async (t) => {
    const found = await lines(t, [...BY_ROLE, '--duration-seconds', '1', '--format', 'yaml'])
    assert.deepEqual(
      [found[0], found.filter((line) => /^✗/.test(`${line}`)).length],
      [2, 2],
      found.join('\n'),
    )
  })

  test('without a token, where that is to be skipped: nothing is an error', async (t) => {
    const found = await lines(t, ['--role-arn', 'DEPLOY_ROLE_ARN', '--missing-token', 'skip'], {
      CIRCLE_OIDC_TOKEN_V2: undefined,
      ...{ CIRCLECI: 'true', CIRCLE_JOB: undefined },
    })
    assert.deepEqual(
      found.map((line) => `${line}`.replace(/(This job has no OIDC token).*/, '$1')),
      [
        ...['0', '! This job has no OIDC token'],
        '! --role-arn refers to the environment variable DEPLOY_ROLE_ARN, which is unset or empty.',
        `${SKIPPED} the options or profiles are wrong`,
        ...[RUNTIME[0], '✓ CircleCI, build 42', CLOCK],
        '✓ --missing-token is skip: assume-role assumes no role and exits with 0',
        ...['✓ STS answered', ...FILES, ENVIRONMENT, '2 warnings, 1 check not made.'],
      ],
    )
    const withToken = await lines(t, ['--role-arn', 'DEPLOY_ROLE_ARN', '--missing-token', 'skip'])
    assert.equal(withToken[0], 2)
  })
})

describe('with a role that is none', () => {
  const NO_ROLE = ['--role-arn', 'arn:aws:iam::1111:role/deploy']
  const wrong = async (t: TestContext, args: Parameters<typeof lines>[1], env?: Environment) =>
    (await lines(t, args, env)).filter((line) => /^[✗!]/.test(`${line}`)).slice(1)
  const KEYS = 'aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMIK7MDENG\n'
  const cases: [name: string, args: readonly string[], ...said: RegExp[]][] = [
    ['nothing else', []],
    ['an own region', ['--region', 'eu-west-1']],
    ['a profile name', ['--profile', 'a b'], /^✗ "a b" cannot be a profile name\./],
    ['a session name', ['--role-session-name', 'a b'], /^✗ The role session name "a b" has/],
    ['a session policy', ['--policy', '{'], /^✗ The session policy is not JSON/],
    [
      'several',
      ['--role-session-name', 'a b', '--policy', '{', '--profile', 'a b'],
      ...[/^✗ "a b" cannot/, /^✗ The role session name/, /^✗ The session policy/],
    ],
    ['an export', ['--export', 'keys', '--export-file', 'x'], /^✗ --export keys and --export-file/],
  ]
  for (const [name, args, ...said] of cases) {
    test(`what else is wrong: ${name}`, async (t) => {
      const found = await wrong(t, [...NO_ROLE, ...args])
      assert.equal(found.length, said.length, found.join('\n'))
      for (const [index, one] of said.entries()) assert.match(`${found[index]}`, one)
    })
  }

  test('a region in a variable is not told twice', async (t) => {
    const region = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' }
    assert.deepEqual(await wrong(t, NO_ROLE, region), [])
  })

  test('a profiles file that is wrong, in a variable', async (t) => {
    const found = await wrong(t, [], { AWS_OIDC_PROFILES: '[default]\nrole_arm = x\n' })
    assert.deepEqual(found, [])
  })

  test("the user's keys, where it is known whose profile is meant", async (t) => {
    const own = [
      '✗ The profile "default" has static keys that circleci-aws-oidc did not write: .aws/credentials, line 2.',
    ]
    const withKeys = (...args: string[]) =>
      wrong(t, (job) => {
        job.write('.aws/credentials', `[default]\n${KEYS}`)
        return args
      })
    assert.deepEqual(await withKeys(...NO_ROLE), own)
    assert.deepEqual(await withKeys(...NO_ROLE, '--profile', 'default'), own)
    assert.deepEqual(await withKeys(...NO_ROLE, '--profile', 'dev'), [])
    assert.deepEqual(await withKeys(...NO_ROLE, '--overwrite'), [])
    const [, ...ofName] = await withKeys(...NO_ROLE, '--profile', 'a b')
    assert.deepEqual(ofName, [], 'the name may be meant otherwise')
    const ofFile = await wrong(t, (job) => {
      job.write('.aws/credentials', `[default]\n${KEYS}`)
      return ['--profiles-file', job.write('profiles', '[default]\nrole_arm = x\n')]
    })
    assert.deepEqual(ofFile, [])
  })

  test('what cannot be written', async (t) => {
    const found = await wrong(t, NO_ROLE, { AWS_CONFIG_FILE: '/dev/null' })
    assert.deepEqual(found, [])
    const [first] = await wrong(t, NO_ROLE, { AWS_SHARED_CREDENTIALS_FILE: '/dev/null' })
    assert.match(`${first}`, /^✗ Cannot write \/dev\/null \(AWS_SHARED_CREDENTIALS_FILE\)/)
  })
})

const HEALTHY = [
  ...[...RUNTIME, CLOCK, TOKEN, `✓ ${ROLE_ARN}, for the profile default`, '✓ STS answered'],
  ...[allowed('deploy'), ...FILES, ENVIRONMENT],
]

const TRUSTING = trustPolicy({
  StringEquals: audience,
  StringLike: { [`${HOST}:sub`]: `${SUBJECT}/*` },
})
const [STATEMENT] = TRUSTING.Statement
const withStatement = (more: object) => ({ ...TRUSTING, Statement: [{ ...STATEMENT, ...more }] })
const NO_TOKEN = { CIRCLE_OIDC_TOKEN_V2: undefined }
const DIFFERS = '! AWS accepts the token although this trust policy does not allow it: trust.json.'

describe('a trust policy beside what AWS says', () => {
  const cases: [
    name: string,
    policy: object,
    said: string[],
    args?: readonly string[],
    env?: Environment,
  ][] = [
    ['it allows', TRUSTING, ['✓ trust.json allows this token: statement 1 allows it']],
    [
      'it allows, and is of no use without a role',
      TRUSTING,
      [
        `${SKIPPED} no role is given; pass --role-arn (AWS_OIDC_ROLE_ARN) or --profiles-file`,
        '✓ trust.json allows this token: statement 1 allows it',
      ],
      [],
    ],
    ['it rejects', withStatement({ Effect: 'Deny' }), [DIFFERS]],
    [
      'only AWS knows',
      withStatement({ Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }),
      [
        '! Whether the trust policy allows this token depends on what only AWS knows: trust.json.',
        `! No condition on the audience: Statement[0].Condition: no condition on ${HOST}:aud.`,
        `! No condition on the subject: every project is allowed: Statement[0].Condition: no condition on ${HOST}:sub.`,
      ],
    ],
    [
      'it is none',
      withStatement({ Effect: 'Permit' }),
      [
        '✗ The trust policy in trust.json is malformed: Statement[0].Effect is "Permit"; it must be "Allow" or "Deny".',
      ],
    ],
    [
      'there is no token',
      TRUSTING,
      [
        '✗ This job has no OIDC token: CIRCLE_OIDC_TOKEN_V2 and CIRCLE_OIDC_TOKEN are unset or empty, and none could be minted.',
        '- Not checked: trust-policy: there is no token to compare it with',
        `${SKIPPED} there is no token`,
        '✓ No supported CI detected',
      ],
      BY_ROLE,
      NO_TOKEN,
    ],
    [
      'it is of another role, which AWS allows',
      { Role: { Arn: `${ROLE_ARN}-2`, AssumeRolePolicyDocument: TRUSTING } },
      [`! The trust policy belongs to another role: ${ROLE_ARN}-2.`],
    ],
    [
      'it is of this role',
      { Role: { Arn: ROLE_ARN, AssumeRolePolicyDocument: TRUSTING } },
      ['✓ trust.json allows this token: statement 1 allows it'],
    ],
  ]
  for (const [name, policy, said, args = BY_ROLE, env] of cases) {
    test(name, async (t) => {
      const found = await lines(
        t,
        (job) => [...args, '--trust-policy', job.write('trust.json', JSON.stringify(policy))],
        env,
      )
      const [, ...others] = found.slice(0, -1).filter((line) => !HEALTHY.includes(`${line}`))
      assert.deepEqual(others, said)
    })
  }

  test('a role, and another that it is the source of', async (t) => {
    const far = 'role_arn = arn:aws:iam::222222222222:role/playground\nsource_profile = default'
    const text = `[default]\nrole_arn = ${ROLE_ARN}\n[profile far]\n${far}\n`
    const found = await lines(t, (job) => [
      ...file(text)(job),
      ...['--trust-policy', job.write('trust.json', JSON.stringify(TRUSTING))],
    ])
    assert.equal(found[0], 0)
    assert.ok(found.includes('✓ trust.json allows this token: statement 1 allows it'))
    assert.equal(found.filter((line) => /^✓ AWS allows/.test(`${line}`)).length, 2)
  })

  test('it may allow, and AWS refuses: that is still told', async (t) => {
    const from = { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }
    const condition = { StringEquals: audience, StringLike: { [`${HOST}:sub`]: `${SUBJECT}/*` } }
    const policy = trustPolicy({ ...condition, ...from })
    const found = await lines(t, (job) => [
      ...['--role-arn', 'arn:aws:iam::111111111111:role/nobody'],
      ...['--trust-policy', job.write('trust.json', JSON.stringify(policy))],
    ])
    assert.equal(found[0], 4)
    assert.match(`${found[1]}`, /^✗ AWS does not let this token assume .*role\/nobody/)
    assert.match(`${found[2]}`, /^! Whether the trust policy allows this token depends on/)
  })

  test('all that keeps the token out, each with its reason', async (t) => {
    const job = await jobIn(t, sandbox)
    const [never, other] = [`${HOST}:oidc.circleci.com/vcs-ref`, `org/${ORG}/project/other/user/*`]
    const policy = trustPolicy({
      StringEquals: { ...audience, [never]: 'refs/heads/main' },
      StringLike: { [`${HOST}:sub`]: other },
    })
    const path = job.write('trust.json', JSON.stringify(policy))
    const nowhere = ['--sts-endpoint', 'http://127.0.0.1:9']
    const args = ['doctor', ...BY_ROLE, '--trust-policy', path, ...nowhere]
    const { stdout } = await runHere(args, job.env)
    const [found = ''] = stdout.split(/\n(?=\S)/)
    const [what, ...rest] = found.split('\n').map((line) => line.slice(line[0] === ' ' ? 10 : 0))
    assert.match(`${what}`, /IAM never sees this key \(statement 1\); 1 more below\.$/)
    assert.deepEqual(rest.slice(0, 7), [
      `StringEquals ${never}`,
      '  policy  "refs/heads/main"',
      '  token   has none',
      'project has a name where the id belongs (statement 1)',
      `StringLike ${HOST}:sub`,
      '  policy  project/other',
      '  token   project/3c2d5e10-77aa-4f6b-8d0e-fedcba987654',
    ])
    const fix = rest.slice(7, -1)
    assert.match(fix[0] ?? '', /^Use the claims that IAM sees for this issuer\./)
    assert.match(fix[1] ?? '', /^Correct that, or add the statement below\. It allows only refs/)
    // Each block with one entry in one line.
    assert.match(fix[4] ?? '', /^ {2}"Principal": \{ "Federated": ".*" \},$/)
    const statement = JSON.parse(fix.slice(2).join('\n'))
    job.write('trust.json', JSON.stringify({ ...TRUSTING, Statement: [statement] }))
    const corrected = await runHere(args, job.env)
    assert.match(corrected.stdout, /^✓ \S*trust\.json allows this token/m)
  })

  test('there are several roles', async (t) => {
    const text = ['default', 'profile b'].map((one) => `[${one}]\nrole_arn = ${ROLE_ARN}\n`)
    const found = await lines(t, (job) => [
      ...file(text.join(''))(job),
      ...['--trust-policy', job.write('trust.json', JSON.stringify(TRUSTING))],
    ])
    assert.deepEqual(found.slice(0, 2), [
      2,
      '✗ --trust-policy is for one role, but there are several.',
    ])
  })
})
