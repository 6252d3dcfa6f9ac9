import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runCli } from '../../src/cli.ts'
import { ERROR_EXIT_CODES, type ErrorCode, OidcError } from '../../src/errors.ts'
import { ACCOUNT, ORG, PROJECT, USER } from './setup.ts'

const directory = mkdtempSync(join(tmpdir(), 'trust-commands-'))
after(() => rmSync(directory, { recursive: true }))
const file = (name: string, content?: unknown) => {
  const path = join(directory, name)
  if (content !== undefined) writeFileSync(path, JSON.stringify(content))
  return path
}

/** What a command prints, notes and ends with; for an error its code and exit code. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  const out: string[] = []
  const notes: string[] = []
  const terminal = {
    print: (text: string) => out.push(text),
    note: (text: string) => notes.push(text),
    debug: () => {},
    conceal: () => {},
    paint: (_stream: string, _style: string, text: string) => text,
    width: () => 80,
  } as unknown as Parameters<typeof runCli>[1]['terminal']
  const done = (code: number, error?: OidcError) => ({
    code,
    out: out.join('\n'),
    notes: notes.join('\n'),
    error: error && `${error.code}: ${error.message} ${error.why ?? ''}`,
  })
  try {
    return done(await runCli(['trust', ...args], { env, terminal }))
  } catch (error) {
    if (error instanceof OidcError) return done(error.exitCode, error)
    throw error
  }
}

const coordinates = ['--org-id', ORG, '--project-id', PROJECT, '--account-id', ACCOUNT]
const claims = {
  iss: `https://oidc.circleci.com/org/${ORG}`,
  aud: ORG,
  sub: `org/${ORG}/project/${PROJECT}/user/${USER}`,
  exp: Math.floor(Date.now() / 1000) + 3600,
}
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const jwt = `${encode({ alg: 'RS256' })}.${encode(claims)}.c2lnbmF0dXJl`

test('generated, then checked: from coordinates, from a token, from the environment', async () => {
  const generated = await run(['generate', ...coordinates])
  assert.equal(generated.code, 0)
  const byToken = await run(['generate', '--from-token', '--account-id', ACCOUNT], {
    CIRCLE_OIDC_TOKEN_V2: jwt,
  })
  assert.deepEqual(byToken, generated)
  const byEnvironment = await run(['generate'], {
    AWS_OIDC_ORG_ID: '$CIRCLE_ORGANIZATION_ID',
    AWS_OIDC_PROJECT_ID: PROJECT,
    AWS_OIDC_ACCOUNT_ID: ACCOUNT,
    CIRCLE_ORGANIZATION_ID: ORG,
  })
  assert.deepEqual(byEnvironment, generated)

  const policy = file('policy.json', JSON.parse(generated.out))
  const check = ['check', '--policy', policy]
  assert.equal((await run([...check, '--claims', file('claims.json', claims)])).code, 0)
  assert.equal((await run(check, { CIRCLE_OIDC_TOKEN: jwt })).code, 0)
  const other = file('other.json', { ...claims, aud: 'other' })
  assert.equal((await run([...check, '--claims', other])).code, 4)
  const ids = [...check, '--claims', file('claims.json'), '--provider-client-ids']
  assert.equal((await run([...ids, `x,${ORG}`])).code, 0)
  const unregistered = await run([...ids, 'x', '--format', 'json'])
  assert.equal(unregistered.code, 4)
  assert.equal(JSON.parse(unregistered.out).findings[0].kind, 'audience-not-registered')
})

test('from a token: for one user', async () => {
  const subjectOf = async (...args: string[]) => {
    const { out, error } = await run(
      ['generate', '--from-token', '--account-id', ACCOUNT, ...args],
      {
        CIRCLE_OIDC_TOKEN_V2: jwt,
      },
    )
    assert.equal(error, undefined)
    return Object.values(JSON.parse(out).Statement[0].Condition).flatMap((one) =>
      Object.entries(one as object).flatMap(([key, value]) => (key.endsWith(':sub') ? value : [])),
    )
  }
  // https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
  const project = `org/${ORG}/project/${PROJECT}/user`
  const user = '11111111-2222-4333-8444-555555555555'
  const subjects = await subjectOf('--user-id', user)
  assert.deepEqual(subjects, [`${project}/${user}`, `${project}/${user}/*`])
})

test('claims: alone, or as the command token prints them', async () => {
  const { out } = await run(['generate', ...coordinates])
  const policy = file('for-claims.json', JSON.parse(out))
  const cases: readonly (readonly [name: string, content: unknown, code: number])[] = [
    ['alone', claims, 0],
    ['printed', { source: 'CIRCLE_OIDC_TOKEN_V2', issuer: claims.iss, expired: true, claims }, 0],
    ['printed, of another project', { claims: { ...claims, sub: 'other' } }, 4],
    ['alone, one called "claims"', { ...claims, claims: { ...claims, sub: 'other' } }, 0],
    ['a list', [claims], 6],
    ['null', null, 6],
    ['an issuer that is a number', { ...claims, iss: 5 }, 6],
    ['an audience that is a number', { claims: { ...claims, aud: 5 } }, 6],
  ]
  for (const [name, content, code] of cases) {
    const args = ['check', '--policy', policy, '--claims', file('either.json', content)]
    assert.equal((await run(args)).code, code, name)
  }
})

test('check without a token shows the findings and ends with 3', async () => {
  const policy = {
    Role: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
      },
    },
  }
  const { code, out, error } = await run(['check', '--policy', file('role.json', policy)])
  assert.equal(code, 3)
  assert.match(out, /^No token to check the policy with\.[\s\S]*\(anyone-principal\)/)
  assert.match(error ?? '', /^token-not-found/)
})

test('generate into a directory, over what is there only by force', async () => {
  const target = join(directory, 'a b', 'c')
  const command = ['generate', ...coordinates, '--for', 'aws-cli', '--out-dir', target]
  const first = await run([...command, '--tags', 'Name=ci,team=x'])
  const names = ['provider.json', 'role.json', 'trust-policy.json', 'tags.json', 'set-up.sh']
  assert.deepEqual([first.code, first.out], [0, names.map((name) => join(target, name)).join('\n')])
  assert.equal(statSync(join(target, 'set-up.sh')).mode & 0o777, 0o755)
  writeFileSync(join(target, 'role.json'), 'mine')
  const refused = await run(command)
  assert.deepEqual([refused.code, refused.out], [6, ''])
  assert.match(refused.error ?? '', /^file-unwritable: .*provider\.json exists already/)
  assert.equal(readFileSync(join(target, 'role.json'), 'utf8'), 'mine')
  assert.equal((await run([...command, '--force'])).code, 0)
  assert.equal(
    JSON.parse(readFileSync(join(target, 'role.json'), 'utf8')).RoleName,
    'circleci-oidc',
  )
  const terraform = join(directory, 'tf')
  await run(['generate', '--repository', 'o/r', '--for', 'terraform', '--out-dir', terraform])
  assert.deepEqual(readdirSync(terraform).sort(), ['main.tf', 'outputs.tf', 'variables.tf'])
})

const trustPolicy = ['generate', ...coordinates, '--out-dir']
const script = [...trustPolicy.slice(0, -1), '--for', 'aws-cli', '--out-dir']

test('a link that points to nothing is there, too: no file is written', async () => {
  const target = mkdtempSync(join(directory, 'link-'))
  symlinkSync('nothing', join(target, 'set-up.sh'))
  const { code, error } = await run([...script, target])
  assert.equal(code, 6)
  assert.match(error ?? '', /set-up\.sh exists already/)
  assert.deepEqual(readdirSync(target), ['set-up.sh'])
})

test('--force replaces a link, not what it points to', async () => {
  const target = mkdtempSync(join(directory, 'link-'))
  writeFileSync(join(target, 'mine'), 'mine')
  symlinkSync('mine', join(target, 'trust-policy.json'))
  assert.equal((await run([...trustPolicy, target, '--force'])).code, 0)
  assert.equal(readFileSync(join(target, 'mine'), 'utf8'), 'mine')
  assert.ok(lstatSync(join(target, 'trust-policy.json')).isFile())
})

test('--force leaves alone what is no file', async () => {
  const target = mkdtempSync(join(directory, 'special-'))
  assert.equal(spawnSync('mkfifo', [join(target, 'trust-policy.json')]).status, 0)
  mkdirSync(join(target, 'set-up.sh'))
  for (const command of [trustPolicy, script]) {
    const { code, error } = await run([...command, target, '--force'])
    assert.deepEqual([code, /is not a file/.test(error ?? '')], [6, true], error)
  }
  assert.deepEqual(readdirSync(target).sort(), ['set-up.sh', 'trust-policy.json'])
})

test('--force removes what only the old script used', async () => {
  const target = mkdtempSync(join(directory, 'again-'))
  await run([...script, target, '--tags', 'Name=ci'])
  writeFileSync(join(target, 'permission-policy.json'), 'mine')
  assert.equal((await run([...script, target, '--force'])).code, 0)
  assert.deepEqual(readdirSync(target).sort(), [
    'permission-policy.json',
    'provider.json',
    'role.json',
    'set-up.sh',
    'trust-policy.json',
  ])
})

test('a directory where none can be made', {
  skip: process.platform !== 'linux' && 'only Linux has /proc',
}, async () => {
  const { code, error } = await run([...trustPolicy, '/proc/none/such'])
  assert.equal(code, 6)
  assert.match(error ?? '', /^file-unwritable: .* no directory can be created in \/proc/)
})

test('a tag may hold blanks', async () => {
  const tags = 'Owner=Platform Team, cost center=7'
  const { out } = await run(['generate', ...coordinates, '--for', 'cloudformation', '--tags', tags])
  assert.match(out, /Key: Owner\n +Value: Platform Team\n +- Key: cost center\n +Value: "7"/)
})

test('notes go to stderr, the document to stdout', async () => {
  const { out, notes } = await run([
    'generate',
    '--org-id',
    ORG,
    '--any-project',
    '--account-id',
    ACCOUNT,
  ])
  assert.match(notes, /^Note: Every project/)
  assert.equal(JSON.parse(out).Version, '2012-10-17')
})

test('a permission policy goes into role, script and templates', async () => {
  const statement = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'eks:DescribeCluster', Resource: '*' }],
  }
  const path = file('permissions.json', statement)
  for (const form of ['aws-cli', 'terraform', 'cloudformation']) {
    const { out } = await run([
      'generate',
      ...coordinates,
      '--permission-policy',
      path,
      '--for',
      form,
    ])
    assert.match(out, /eks:DescribeCluster/, form)
  }
})

const STRAYS: readonly (readonly [sub: string, claims: object, stray: string, fitting: RegExp])[] =
  [
    [claims.sub, { iss: claims.iss }, 'ref', /narrow down its subject, use --branch, --user-id\./],
    [claims.sub, { iss: claims.iss }, 'environment', /--branch/],
    [
      'repo:o/r:x',
      { iss: 'https://token.actions.githubusercontent.com', repository: 'o/r' },
      'branch',
      /--ref, --env/,
    ],
    [
      'project_path:o/r:x',
      { iss: 'https://gitlab.com', project_path: 'o/r' },
      'environment',
      /--ref-type, --ref\./,
    ],
    ['job/a', { iss: 'https://id.example' }, 'ref', /taken as it is/],
  ]
for (const [sub, others, stray, fitting] of STRAYS) {
  test(`--from-token with ${sub.slice(0, 12)}… and --${stray}: refused`, async () => {
    const payload = encode({ ...claims, ...others, sub })
    const env = { MY_TOKEN: `${encode({ alg: 'RS256' })}.${payload}.c2lnbmF0dXJl` }
    const from = ['--from-token', '--token-env', 'MY_TOKEN', '--account-id', ACCOUNT]
    assert.equal((await run(['generate', ...from], env)).code, 0)
    const { code, out, error } = await run(['generate', ...from, `--${stray}`, 'x'], env)
    assert.deepEqual([code, out], [2, ''])
    assert.match(error ?? '', new RegExp(`--${stray} does not apply to a token from https:`))
    assert.match(error ?? '', fitting)
  })
}

const arn = `arn:aws:iam::${ACCOUNT}:role/a`
// API_Tag.html of IAM: keys of 1 to 128 and values of up to 256 characters, [\p{L}\p{Z}\p{N}_.:/=+\-@]*; "aws:" is AWS's own.
const GOOD_TAGS = ['é 東.:/+-@_9=', 'a==b', `${'k'.repeat(128)}=${'v'.repeat(256)}`, 'awsome:a=b']
const BAD_TAGS = [
  ...[...'!"#$%&\'()*;<>?[\\]^`{|}~\t\u0000\u20ac'].flatMap((one) => [`a${one}b=c`, `a=b${one}c`]),
  ...[`${'k'.repeat(129)}=v`, `k=${'v'.repeat(257)}`, 'aws:a=b', 'AWS:a=b'],
]

/** A file with a policy of so many characters as IAM counts them: without white space. */
function permissionsOf(length: number): string {
  const policy = (id: string) => ({ Statement: [{ Sid: id, Effect: 'Deny', Action: 's3:*' }] })
  const id = 'x'.repeat(length - JSON.stringify(policy('')).length)
  const path = file(`permissions-${length}.json`)
  writeFileSync(path, JSON.stringify(policy(id), null, 2))
  return path
}

test('what IAM just takes: tags of all its characters, a permission policy of 10,240', async () => {
  const tags = ['--tags', GOOD_TAGS.join()]
  const policy = ['--permission-policy', permissionsOf(10_240)]
  const { code, out, error } = await run([
    'generate',
    ...coordinates,
    ...tags,
    ...policy,
    '--for',
    'terraform',
  ])
  assert.equal(code, 0, error)
  assert.match(out, /"é 東\.:\/\+-@_9"/)
})

type Refused = readonly [args: string[], code: ErrorCode, error: RegExp]

function refusedTag(tag: string): Refused {
  const args = ['generate', ...coordinates, '--tags', tag]
  return [args, 'invalid-usage', /it must be KEY=VALUE with letters, digits/]
}

const REFUSED: readonly Refused[] = [
  [['generate'], 'invalid-usage', /No trusted entity is given/],
  [
    ['generate', '--org-id', ORG, '--repository', 'o/r'],
    'invalid-usage',
    /--org-id and --repository cannot be combined/,
  ],
  [
    ['generate', '--repository', 'o/r', '--branch', 'x'],
    'invalid-usage',
    /--branch does not apply with --repository/,
  ],
  [
    ['generate', '--repository', 'o/r', '--external-id', 'x1'],
    'invalid-usage',
    /--external-id does not apply/,
  ],
  [
    ['generate', '--org-id', ORG, '--token-file', 'x'],
    'invalid-usage',
    /--token-file does not apply with --org-id/,
  ],
  [
    ['generate', '--trusts-role', arn, '--audience', 'x'],
    'invalid-usage',
    /--audience does not apply/,
  ],
  [['generate', ...coordinates, '--tags', 'x'], 'invalid-usage', /no "=" between/],
  [['generate', ...coordinates, '--tags', 'Key=1,key=2'], 'invalid-usage', /the key "key" twice/],
  [['generate', ...coordinates, '--tags', 'a=b,a=c'], 'invalid-usage', /the key "a" twice/],
  ...BAD_TAGS.map(refusedTag),
  [['generate', ...coordinates, '--max-session-duration', '60'], 'invalid-usage', /3600 to 43200/],
  [['generate', ...coordinates, '--permission-policy', 'none.json'], 'file-unreadable', /ENOENT/],
  [
    ['generate', ...coordinates, '--permission-policy', file('list.json', [])],
    'file-malformed',
    /no "Statement"/,
  ],
  [
    ['generate', ...coordinates, '--permission-policy', permissionsOf(10_241)],
    'file-malformed',
    /has 10241 characters; IAM accepts at most 10240\./,
  ],
  [
    ['generate', '--from-token', '--org-id', ORG],
    'invalid-usage',
    /--from-token and --org-id cannot be combined/,
  ],
  [
    ['generate', '--from-token', '--external-id', 'x1'],
    'invalid-usage',
    /--external-id does not apply with --from-token/,
  ],
  [['check'], 'invalid-usage', /--policy is missing/],
  [
    ['check', '--policy', file('bad.json', { Statement: [{ Effect: 'allow' }] })],
    'file-malformed',
    /The trust policy in \S*bad\.json is malformed: Statement\[0\]\.Effect is "allow"/,
  ],
  [
    ['check', '--policy', file('array.json', [])],
    'file-malformed',
    /The trust policy in \S*array\.json is malformed: the document /,
  ],
  [
    ['check', '--policy', file('policy.json', {}), '--claims', file('list.json', [])],
    'file-malformed',
    /The claims in \S*list\.json are not a JSON object\. $/,
  ],
  [
    ['check', '--policy', file('policy.json'), '--claims', file('wrong.json', { iss: 1 })],
    'file-malformed',
    /not the claims of a token\. Its claim "iss" has a type/,
  ],
  [['check', '--policy', 'none.json'], 'file-unreadable', /none\.json can't be read/],
  [
    ['audit', '--input', '-', '--allow', '-'],
    'invalid-usage',
    /--allow - and --input - cannot be combined/,
  ],
  [
    ['audit', '--input', file('roles.json', { Roles: [] }), '--allow', file('allow.ini', 'x')],
    'invalid-allow-file',
    /\/allow\.ini has .*line 1/s,
  ],
  [['thumbprint'], 'invalid-usage', /--issuer is missing/],
  [['thumbprint', '--issuer', 'http://x.example'], 'invalid-usage', /--issuer is "http:/],
  [['nonsense'], 'invalid-usage', /"trust" is not a complete command/],
]
for (const [args, code, error] of REFUSED) {
  test(`trust ${args.join(' ').replaceAll(directory, '…').slice(0, 90)}: ${code}`, async () => {
    const result = await run(args)
    assert.equal(result.error?.split(':')[0], code)
    assert.equal(result.code, ERROR_EXIT_CODES[code])
    assert.match(result.error ?? '', error)
    assert.equal(result.out, '')
  })
}

// https://docs.github.com/actions/reference/security/oidc#customizing-the-subject-claims-for-an-organization-or-repository
const GITHUB = { iss: 'https://token.actions.githubusercontent.com', aud: 'sts.amazonaws.com' }
const CUSTOM =
  'repo:acme/site:job_workflow_ref:acme/ci/.github/workflows/deploy.yml@refs/heads/main'
const BITBUCKET = {
  iss: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
  aud: 'ari:cloud:bitbucket::workspace/1',
  sub: '{3fa7c6f4-0d1e-4c7b-9a55-5b3a7a9f0b11}:{0b0f8f5e-0000-4c55-8f5a-d3c1a2b4e6f7}',
}

async function fromToken(token: object, ...args: string[]) {
  const path = join(directory, 'token')
  const whole = { exp: Math.floor(Date.now() / 1000) + 3600, ...token }
  writeFileSync(path, `${encode({ alg: 'RS256' })}.${encode(whole)}.c2lnbmF0dXJl`)
  const given = ['generate', '--from-token', '--token-file', path, '--account-id', ACCOUNT, ...args]
  return run(given)
}

for (const [name, token, later] of [
  ['a CircleCI token', claims, { ...claims, sub: `${claims.sub}/vcs-origin/x/vcs-ref/y` }],
  ['a customized subject of GitHub', { ...GITHUB, sub: CUSTOM, repository: 'acme/site' }, {}],
  [
    'a Bitbucket token, and that of the next step',
    BITBUCKET,
    { sub: BITBUCKET.sub.replace('0b0f', '1c1c') },
  ],
  ['a token for another party, which IAM takes for the audience', { ...claims, azp: 'app' }, {}],
] as const) {
  test(`what is generated allows the token it is made from: ${name}`, async () => {
    const generated = await fromToken(token)
    assert.equal(generated.code, 0, generated.error)
    const policy = file('from-token.json', JSON.parse(generated.out))
    for (const one of [token, { ...token, ...later }]) {
      const path = file('claims-of-token.json', one)
      const checked = await run(['check', '--policy', policy, '--claims', path])
      assert.equal(checked.code, 0, checked.out)
    }
  })
}

test('a customized subject has no place for an environment', async () => {
  const token = { ...GITHUB, sub: CUSTOM, repository: 'acme/site' }
  const { code, out, error } = await fromToken(token, '--environment', 'production')
  assert.deepEqual([code, out], [2, ''])
  assert.match(error ?? '', /--environment can't narrow down .*other claims/)
})

test('narrowed down to another environment: the note says that this token is not allowed', async () => {
  const token = { ...GITHUB, sub: 'repo:acme/site:environment:test', repository: 'acme/site' }
  const { code, notes } = await fromToken(token, '--environment', 'production')
  assert.equal(code, 0)
  assert.match(notes, /This job's own token is not allowed: .*environment:production/)
})

test('a subject that any repository can have is not generated for', async () => {
  const token = { ...GITHUB, sub: 'environment:production', repository: 'acme/site' }
  const { code, error } = await fromToken(token)
  assert.equal(code, 2)
  assert.match(error ?? '', /trusts everyone who uses https:\/\/token\.actions/)
})

test('session tags: the action that they need is named', async () => {
  const tags = { 'https://aws.amazon.com/tags': { principal_tags: { team: ['web'] } } }
  const { code, notes } = await fromToken({ ...claims, ...tags })
  assert.equal(code, 0)
  assert.match(notes, /The token also needs sts:TagSession/)
})
