import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { checkClock } from '../../src/doctor/clock.ts'
import { checkProcesses } from '../../src/doctor/credential-process.ts'
import { contentFindings } from '../../src/doctor/files.ts'
import { errorFinding, finding, fine } from '../../src/doctor/findings.ts'
import { exitCode, inOrder, reportText } from '../../src/doctor/report.ts'
import { checkRuntime } from '../../src/doctor/runtime.ts'
import { type ErrorCode, OidcError } from '../../src/errors.ts'
import { parseIni } from '../../src/profiles/ini.ts'

const plain = (_stream: string, _style: string, text: string) => text

test('an old Node', () => {
  const [first] = checkRuntime({ node: '18.20.4', version: '1.2.3', program: '' }, {})
  assert.equal(first?.what, 'This Node is too old: it is 18.20.4, and 20 or newer is needed.')
  assert.equal(first?.exit, 2)
})

test('the CI, as far as it is known', () => {
  const last = (env: Record<string, string>) =>
    checkRuntime({ node: '20.0.0', version: '1.2.3', program: '' }, env).at(-1)?.what
  assert.equal(last({}), 'No supported CI detected')
  assert.equal(last({ GITLAB_CI: 'true', CIRCLE_JOB: 'x' }), 'GitLab CI')
  assert.equal(last({ CIRCLECI: 'true' }), 'CircleCI')
  assert.equal(last({ CIRCLECI: 'true', CIRCLE_JOB: 'deploy' }), 'CircleCI, job deploy')
  assert.equal(last({ CIRCLECI: 'true', CIRCLE_BUILD_NUM: '7' }), 'CircleCI, build 7')
})

test('certificates that are not checked', () => {
  const ids = (value: string) =>
    checkRuntime(
      { node: '20.0.0', version: '1.2.3', program: '' },
      {
        NODE_TLS_REJECT_UNAUTHORIZED: value,
      },
    ).map(({ id }) => id)
  assert.deepEqual(ids('0'), ['tls-unverified', 'runtime', 'runtime'])
  assert.deepEqual(ids('1'), ['runtime', 'runtime'])
})

test("the orb's copy and that of npm", () => {
  const what = (program: string) =>
    checkRuntime({ node: '20.1.0', version: '1.2.3', program }, {})[0]?.what
  const orb = '~/.local/share/circleci-aws-oidc/versions/1.2.3-0123456789ab/circleci-aws-oidc.cjs'
  assert.equal(what(orb), "Node 20.1.0, circleci-aws-oidc 1.2.3 (the orb's copy)")
  assert.equal(
    what('node_modules/.bin/circleci-aws-oidc'),
    'Node 20.1.0, circleci-aws-oidc 1.2.3 (npm)',
  )
})

test('a clock within five minutes is right, whatever the token says', () => {
  const here = new Date('2026-11-21T12:00:00Z')
  const there = (seconds: number) => new Date(here.getTime() + seconds * 1000)
  const id = (seconds: number) =>
    checkClock({ here, there: there(seconds) }, undefined, here)[0]?.id
  assert.deepEqual([-301, -299, 0, 299, 301].map(id), [
    'clock-skew',
    'clock',
    'clock',
    'clock',
    'clock-skew',
  ])
  const later = { iat: here.getTime() / 1000 + 3600 }
  assert.deepEqual(checkClock({ here, there: here }, later, here)[0]?.level, 'ok')
  assert.deepEqual(checkClock(undefined, later, here)[0]?.id, 'clock-skew')
})

test('how wrong the clock is', () => {
  const here = new Date('2026-11-21T12:00:00Z')
  const said = (...given: Parameters<typeof checkClock>) =>
    checkClock(...given).map(({ what, evidence }) => [what, evidence])
  const title = 'The clock of this machine is wrong: '
  const there = (minutes: number) => new Date(here.getTime() + minutes * 60_000)
  assert.deepEqual(said({ here, there: there(-90) }, undefined, here), [
    [
      `${title}it is 90 minutes ahead of STS.`,
      'It is 2026-11-21 12:00:00 UTC here, and 2026-11-21 10:30:00 UTC at STS.',
    ],
  ])
  const [[behind] = []] = said({ here, there: there(6) }, undefined, here)
  assert.equal(behind, `${title}it is 6 minutes behind STS.`)
  const issued = (minutes: number) => ({ iat: there(minutes).getTime() / 1000 })
  assert.deepEqual(said(undefined, issued(60), here), [
    [
      `${title}the token was issued 60 minutes in the future.`,
      'It is 2026-11-21 12:00:00 UTC here, and the token was issued at 2026-11-21 13:00:00 UTC.',
    ],
  ])
  for (const claims of [issued(5), issued(-600), {}, undefined]) {
    assert.deepEqual(said(undefined, claims, here), [], 'an old token tells nothing of the clock')
  }
})

describe('lines that SDKs read differently', () => {
  for (const [line, found] of [
    ['region = eu-west-1', []],
    ['region = eu-west-1#2', []],
    ['region = eu-west-1 ; x', ['read-differently']],
    ['region: eu-west-1', ['read-differently']],
    ['Region = eu-west-1', ['read-differently']],
    ['region = eu-west-1\n  second', ['read-differently']],
    ["region = 'eu-west-1'", ['quoted-value']],
    ['s3 =\n  max_queue_size = 10', []],
    ['credential_process = "/a b/node" "c"', []],
  ] as const) {
    test(JSON.stringify(line), async () => {
      const content = await parseIni(`[default]\n${line}\n`, '')
      const findings = await contentFindings(content, 'config', '')
      assert.deepEqual(
        findings.map(({ id }) => id),
        found,
      )
    })
  }
})

describe('whether AWS tools can run a credential_process', () => {
  const cases: [command: string, why?: string][] = [
    ['sh -c "exit 1"'],
    [`"${process.execPath}" --version`],
    [`node -e '"'`],
    [String.raw`/bin/s\h /bin/sh`],
    ['/bin/\'sh\' "/bin/sh" $HOME'],
    [''],
    ['vault-aws --role x', 'vault-aws is missing on PATH'],
    ['"/no where/tool" a', '/no where/tool is missing'],
    // Popen of botocore expands nothing.
    ['~/t', '~/t is missing; the AWS CLI does not expand ~ and $: write the whole path'],
    ['/etc/passwd x', '/etc/passwd is not executable (/etc/passwd)'],
    ['/usr is/bin', '/usr is missing'],
    ["/bin/echo 'x", 'a quotation mark is not closed, or a backslash comes last'],
    ['/bin/echo x\\', 'a quotation mark is not closed, or a backslash comes last'],
    ['sh /gone/tool', '/gone/tool is missing'],
  ]
  const env = { PATH: `/nowhere:${dirname(process.execPath)}:/bin` }
  for (const [command, why] of cases) {
    test(command, async () => {
      const text = `[profile p]\ncredential_process = ${command}\n`
      const found = checkProcesses(await parseIni(text, 'config'), 'config', env)
      const title = 'AWS tools cannot run the credential_process of a profile'
      const expected = why ? [`${title}: config, line 2, [profile p]: ${why}.`] : []
      assert.deepEqual(
        found.map(({ what }) => what),
        expected,
      )
    })
  }
})

test('on Windows, where programs are found by other rules, nothing is said', async () => {
  const content = await parseIni('[a]\ncredential_process = none-such\n', '')
  const own = process.platform
  Object.defineProperty(process, 'platform', { value: 'win32' })
  const found = checkProcesses(content, 'config', { PATH: '/bin' })
  Object.defineProperty(process, 'platform', { value: own })
  assert.deepEqual(found, [])
})

describe("what starts our own helper, as assume-role's refresh profiles do", () => {
  const CASES: [text: string, launcher: boolean, gone: RegExp | undefined][] = [
    ["node='/bin/sh'\nexec", true, undefined],
    ["node='/bin/sh'", false, /\S+\/launcher\.cjs was removed after the profile was set up/],
    ["node='/gone/node'", true, /\/gone\/node was removed after the profile was set up/],
    ["node='/gone/it'\\''s'", true, /\/gone\/it's was removed/],
    ["# node='/gone/node'", true, undefined],
    ['exec node', true, undefined],
  ]
  for (const [text, launcher, gone] of CASES) {
    test(`${text} ${launcher}`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'helper-'))
      t.after(() => rmSync(directory, { recursive: true }))
      const script = join(directory, 'credential-process.sh')
      writeFileSync(script, `#!/bin/sh\n${text}\n`)
      if (launcher) writeFileSync(join(directory, 'launcher.cjs'), '')
      const content = await parseIni(`[a]\ncredential_process = sh "${script}" --profile a\n`, '')
      const found = checkProcesses(content, 'config', { PATH: '/bin' })
      assert.equal(found.length, gone ? 1 : 0, found[0]?.what)
      if (gone) assert.match(found[0]?.what ?? '', gone)
      // Another script may be called and hold what it likes.
      const other = join(directory, 'other.sh')
      writeFileSync(other, text)
      const ofOther = await parseIni(`[a]\ncredential_process = sh ${other}\n`, '')
      assert.deepEqual(checkProcesses(ofOther, 'config', { PATH: '/bin' }), [])
    })
  }
})

test('a warning ends a run with 0, an error as its kind says', () => {
  const exits = (['static-keys', 'clock-skew', 'node-too-old'] as const).map(
    (kind) => finding(kind, 'x').exit,
  )
  assert.deepEqual(exits, [0, 4, 2])
  assert.equal(fine('files', 'x').exit, 0)
})

test('an error that a command would end with, as a finding', () => {
  const of = (code: ErrorCode, text: object) =>
    errorFinding(new OidcError(code, { what: 'What.', ...text }))
  const whole = { why: 'Why.', likely: 'Perhaps.', next: 'Do.' }
  const error = { level: 'error', what: 'What.' }
  assert.deepEqual(of('access-denied', whole), {
    ...{ ...error, id: 'access-denied', exit: 4, fix: 'Do.' },
    evidence: 'Why.\nLikely: Perhaps.',
  })
  assert.equal(of('access-denied', { likely: 'Perhaps.' }).evidence, 'Likely: Perhaps.')
  assert.equal(of('access-denied', { why: 'Why.' }).evidence, 'Why.')
  assert.equal(of('access-denied', {}).evidence, undefined)
  for (const code of ['invalid-role-arn', 'token-malformed'] as const) {
    const { what, evidence } = of(code, { why: 'Why.' })
    assert.deepEqual([what, evidence], ['What. Why.', undefined], 'only its reason says what')
    assert.equal(of(code, {}).what, 'What.')
  }
})

test('the worst comes first, what leads to the others before them, and none twice', () => {
  const clock = finding('clock-skew', 'an hour')
  const keys = finding('static-keys', 'AWS_ACCESS_KEY_ID')
  const fork = finding('fork-token', 'pull/1')
  const blamed = { ...fork, level: 'error', exit: 4 } as const
  const ordered = inOrder({
    environment: [keys, keys],
    exchange: [blamed],
    token: [fork, fine('token', 'fine')],
    clock: [clock],
  })
  assert.deepEqual(ordered, [clock, blamed, keys, fine('token', 'fine')])
  assert.equal(exitCode(ordered), 4)
  assert.equal(exitCode([keys]), 0)
  assert.equal(exitCode([]), 0)
})

test('whoever chose a claim does not write on the terminal', () => {
  const text = reportText(
    [finding('fork-token', 'pull/1\u001b[2J', { evidence: 'a\nb\u0007' })],
    plain,
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be shown
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f]/)
})
