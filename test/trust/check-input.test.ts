import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CLI } from '../acceptance/built-cli.ts'

const directory = mkdtempSync(join(tmpdir(), 'check-input-'))
after(() => rmSync(directory, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}

/** A pipe that someone holds open and never writes to. */
function silentFifo(name: string): string {
  const path = join(directory, name)
  execFileSync('mkfifo', [path])
  const writer = openSync(path, 'r+')
  after(() => closeSync(writer))
  return path
}

/** `trust check` of the built CLI; `input` undefined leaves its stdin open and silent. */
async function check(args: readonly string[], input?: string) {
  const child = spawn(process.execPath, [CLI, 'trust', 'check', ...args], {
    env: { HOME: directory },
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (out += text))
  child.stdin.on('error', () => {})
  if (input !== undefined) child.stdin.end(input)
  const started = Date.now()
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, milliseconds: Date.now() - started }
}

const statement = { Effect: 'Allow', Principal: { AWS: '111111111111' }, Action: 'sts:AssumeRole' }
const policy = file('policy.json', JSON.stringify({ Statement: statement }))
const claims = file('claims.json', '{"iss":"https://id.example","aud":"a","sub":"s"}')

const SILENT: readonly (readonly [what: string, args: string[], doing: RegExp])[] = [
  ['a policy pipe', ['--policy', silentFifo('policy')], /reading the trust policy/],
  ['a claims pipe', ['--policy', policy, '--claims', silentFifo('claims')], /reading the claims/],
  ['stdin', ['--policy', '-'], /reading the trust policy/],
]
for (const [what, args, doing] of SILENT) {
  test(`${what} that never ends: --timeout-seconds ends the wait`, async () => {
    const { code, out, milliseconds } = await check([...args, '--timeout-seconds', '1'])
    assert.equal(code, 5, out)
    assert.match(out, /timed-out/)
    assert.match(out, doing)
    assert.ok(milliseconds < 4000, `${milliseconds} ms`)
  })
}

const deep = file('deep.json', '['.repeat(200_000))
const large = file('large.json', JSON.stringify({ Statement: statement }).padEnd(250_001))
const secret = file('secret.json', 'SECRETVALUE aws_secret')
const duplicate = file(
  'duplicate.json',
  `{"Statement":[${JSON.stringify(statement).slice(0, -1)},
  "Condition":{"StringLike":{"a.b:sub":"x"},"StringLike":{"a.b:aud":"y"}}}]}`,
)
const FAULTY: readonly (readonly [args: string[], code: number, error: RegExp])[] = [
  [['--policy', '/dev/zero'], 6, /file-unreadable: .*\/dev\/zero can't be read: it has more than/],
  [['--policy', large], 6, /file-unreadable: .*large\.json can't be read: it has more than/],
  [['--policy', directory], 6, /file-unreadable: .* can't be read: it is a directory \(EISDIR\)\./],
  [
    ['--policy', 'none.json'],
    6,
    /file-unreadable: .* can't be read: no such file or directory \(ENOENT\)\./,
  ],
  [['--policy', deep], 6, /file-malformed: .*deep\.json has more than 100 levels \(line 1, /],
  [['--policy', secret], 6, /file-malformed: .*secret\.json is not JSON \(line 1, column 1\)\./],
  [
    ['--policy', policy, '--claims', secret],
    6,
    /file-malformed: The claims can't be read: .* is not JSON/,
  ],
  [
    ['--policy', duplicate, '--claims', claims],
    6,
    /file-malformed: .* has the key "StringLike" twice in the same object \(line 2, column 45\)/,
  ],
  [['--policy', '-'], 6, /file-malformed: The trust policy in stdin is malformed: Statement /],
  [
    ['--policy', '-', '--claims', '-'],
    2,
    /invalid-usage: --policy - and --claims - cannot be combined/,
  ],
  [
    ['--policy', '-', '--token-source', 'stdin'],
    2,
    /invalid-usage: --policy - and --token-source stdin cannot be combined/,
  ],
]
for (const [args, code, error] of FAULTY) {
  test(`${args.join(' ').replaceAll(directory, '…')}: ${code}`, async () => {
    const result = await check(args, '{}')
    assert.equal(result.code, code, result.out)
    assert.match(result.out, error)
    assert.doesNotMatch(result.out, /SECRET|undefined/)
  })
}

const provider = (place: string) => `arn:${place}:oidc-provider/id.example`
/** Whose provider is named decides: `aws:iam::222222222222` is the partition and the account. */
const trusting = (place: string) => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Federated: provider(place) },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { 'id.example:aud': 'a', 'id.example:sub': 's' } },
  },
})
const roleIn = (place: string) => `arn:${place}:role/deploy`
const PLACE = 'aws:iam::222222222222'

for (const [place, code] of [
  [PLACE, 0],
  ['aws:iam::333333333333', 4],
  ['aws-cn:iam::222222222222', 4],
] as const) {
  const alone = file(`alone-${place}.json`, JSON.stringify(trusting(PLACE)))
  const Role = { Arn: roleIn(place), AssumeRolePolicyDocument: trusting(PLACE) }
  const printed = file(`role-${place}.json`, JSON.stringify({ Role }))
  for (const [how, args] of [
    ['--role-arn', ['--policy', alone, '--role-arn', roleIn(place)]],
    ['what get-role prints', ['--policy', printed]],
    ['both', ['--policy', printed, '--role-arn', roleIn(place)]],
  ] as const) {
    test(`a provider of ${PLACE}, a role of ${place} by ${how}: exit ${code}`, async () => {
      const result = await check([...args, '--claims', claims])
      assert.equal(result.code, code, result.out)
      if (code === 4) assert.ok(result.out.includes(`the caller is Federated ${provider(place)}`))
    })
  }
}

test('--role-arn of another role than the file is of', async () => {
  const Role = { Arn: roleIn(PLACE), AssumeRolePolicyDocument: trusting(PLACE) }
  const printed = file('deploy.json', JSON.stringify({ Role }))
  const other = `arn:${PLACE}:role/Deploy`
  const result = await check(['--policy', printed, '--claims', claims, '--role-arn', other])
  assert.equal(result.code, 2, result.out)
  assert.match(result.out, /role\/Deploy, but the file describes the role .*role\/deploy\./)
})
