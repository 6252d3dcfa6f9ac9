import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { editExports, isExportOf } from '../../src/delivery/bash-env.ts'
import type { Exports } from '../../src/delivery/export-block.ts'
import { writeBashEnv } from '../files/write-files.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { without } from '../tools/programs.ts'

const credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: `se/cr+et= '"$(touch /tmp/no)\`x\`\\ !`,
  sessionToken: "'IQoJ//+=='",
  expiration: new Date('2026-11-21T12:00:00Z'),
}
const PROFILE: Extract<Exports, { mode: 'profile' }> = {
  mode: 'profile',
  profile: 'dev',
  accountId: '111111111111',
  credentials: 'static',
  region: 'eu-west-1',
}
const KEYS: Exports = { ...PROFILE, mode: 'keys', credentials }
const NONE: Exports = { mode: 'none' }

/** What may be set already when the file is sourced. */
const BEFORE = {
  AWS_ACCESS_KEY_ID: 'old',
  AWS_SECRET_ACCESS_KEY: 'old',
  AWS_SESSION_TOKEN: 'old',
  AWS_SECURITY_TOKEN: 'old',
  AWS_CREDENTIAL_EXPIRATION: 'old',
  AWS_PROFILE: 'old',
  AWS_DEFAULT_PROFILE: 'old',
  AWS_ROLE_ARN: 'old',
  AWS_WEB_IDENTITY_TOKEN_FILE: 'old',
  AWS_CONFIG_FILE: '/keep',
}

const ALL_SHELLS = [
  { name: 'bash', command: ['bash'], options: ' -o pipefail' },
  { name: 'bash --posix', command: ['bash', '--posix'], options: ' -o pipefail' },
  { name: 'dash', command: ['dash'], options: '' },
  { name: 'busybox sh', command: ['busybox', 'sh'], options: ' -o pipefail' },
]
type Shell = (typeof ALL_SHELLS)[number]

/** Sources the text under the given flags; says what the environment and the shell are then. */
function source(directory: string, shell: Shell, text: string, flags: string, env = {}) {
  const file = join(directory, 'env')
  writeFileSync(file, text)
  const script = `set -${flags}${shell.options}
flags=$-; names=$(set); after=
. '${file}'
after=$-
{ set +xv; } 2>/dev/null
printf '%s\\f' "$flags" "$after" "$names"
set
printf '\\f'
'${process.execPath}' -p 'JSON.stringify(process.env)'`
  const [program = '', ...args] = shell.command
  const result = spawnSync(program, [...args, '-c', script], {
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  assert.equal(result.status, 0, result.stderr)
  const [flagsBefore, flagsAfter, before = '', after = '', json = ''] = result.stdout.split('\f')
  assert.equal(flagsAfter, flagsBefore)
  const names = (set: string) => [...set.matchAll(/^(\w+)=/gm)].map(([, name = '']) => name)
  const known = [...names(before), 'names', 'after', '_', 'PIPESTATUS', 'BASH_LINENO']
  return {
    environment: JSON.parse(json) as Record<string, string>,
    newVariables: names(after).filter((name) => !known.includes(name)),
    stderr: result.stderr,
  }
}

const aws = (environment: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => name.startsWith('AWS_') && name !== 'AWS_OIDC_EXPORTED',
    ),
  )

describe('sourced under', () => {
  for (const shell of ALL_SHELLS) {
    const skip = without(shell.command[0] ?? '')
    for (const flags of ['eu', 'eux', 'euxv']) {
      for (const [credentials, kept] of [
        ['static', { AWS_ROLE_ARN: 'old' }],
        ['refresh', { AWS_ROLE_ARN: 'old' }],
        ['token-file', {}],
      ] as const) {
        test(`${shell.name} -${flags}, the ${credentials} profile`, { skip }, (t) => {
          const text = editExports('', { ...PROFILE, credentials }, BEFORE)
          const { environment } = source(temporaryDirectory(t), shell, text, flags, BEFORE)
          assert.deepEqual(aws(environment), {
            AWS_CONFIG_FILE: '/keep',
            AWS_PROFILE: 'dev',
            AWS_REGION: 'eu-west-1',
            AWS_DEFAULT_REGION: 'eu-west-1',
            AWS_ACCOUNT_ID: '111111111111',
            AWS_PAGER: '',
            ...kept,
          })
        })
      }

      for (const before of [{}, BEFORE]) {
        const name = before === BEFORE ? 'over old variables' : 'in a bare environment'
        test(`${shell.name} -${flags}, the keys ${name}, never traced`, { skip }, (t) => {
          const text = editExports('', KEYS, before)
          const directory = temporaryDirectory(t)
          const { environment, newVariables, stderr } = source(
            directory,
            shell,
            text,
            flags,
            before,
          )
          const ours = {
            AWS_ACCESS_KEY_ID: credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
            AWS_SESSION_TOKEN: credentials.sessionToken,
            AWS_REGION: 'eu-west-1',
            AWS_DEFAULT_REGION: 'eu-west-1',
            AWS_ACCOUNT_ID: '111111111111',
            AWS_PAGER: '',
          }
          const { AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONFIG_FILE, ...rest } =
            aws(environment)
          assert.deepEqual(rest, ours)
          assert.deepEqual(
            newVariables.filter((name) => name !== 'AWS_OIDC_EXPORTED' && !(name in ours)),
            [],
          )
          assert.doesNotMatch(stderr, /se\/cr|IQoJ|ASIAEX/)
          if (flags !== 'eu') assert.match(stderr, /^\++ AWS_OIDC_EXPORTED=\w+$/m)
        })
      }
    }
  }
})

describe('a block in bash', { skip: without('bash') }, () => {
  const [bash] = ALL_SHELLS as [Shell]
  const ours = (environment: Record<string, string>) => {
    const { AWS_PAGER, ...rest } = aws(environment)
    return rest
  }

  test('values of the job that no line of a shell holds are left alone', (t) => {
    const job = { AWS_REGION: 'größe', AWS_DEFAULT_PROFILE: 'two\nlines', AWS_ROLE_ARN: '\t' }
    const exports = { ...PROFILE, credentials: 'token-file' } as const
    const text = editExports('', exports, job)
    assert.match(text, /^[ -~\n]*$/)
    const { environment } = source(temporaryDirectory(t), bash, text, 'eu', job)
    assert.deepEqual(ours(environment), job)
  })

  test('without a region, that of the earlier block stays, else that of the step', (t) => {
    const directory = temporaryDirectory(t)
    const exports = { ...PROFILE, region: undefined }
    const step = { AWS_REGION: 'us-east-2' }
    const alone = source(directory, bash, editExports('', exports, {}), 'eu', step)
    const expected = { AWS_PROFILE: 'dev', AWS_ACCOUNT_ID: '111111111111' }
    assert.deepEqual(ours(alone.environment), { ...expected, ...step })
    const text = editExports(editExports('', PROFILE, {}), exports, {})
    assert.deepEqual(ours(source(directory, bash, text, 'eu').environment), {
      ...expected,
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
    })
  })

  const CHOSEN = {
    AWS_PROFILE: 'dev',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ACCOUNT_ID: '111111111111',
  }
  const uri = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
  const role = { AWS_WEB_IDENTITY_TOKEN_FILE: '/mine', AWS_ROLE_ARN: 'mine' }
  // What the whole job has, what a step has when the block is read, and what it has then.
  for (const [name, job, step, expected] of [
    // What a step sets by which AWS tools find credentials is left to it.
    ...['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', uri].map(
      (own) => [`a step with ${own}`, {}, { [own]: 'mine' }, { [own]: 'mine' }] as const,
    ),
    ['a step with a role', {}, role, role],
    ['a step with half of that', {}, { AWS_ROLE_ARN: 'mine' }, { ...CHOSEN, AWS_ROLE_ARN: 'mine' }],
    ['a machine with credentials', { [uri]: 'job' }, { [uri]: 'job' }, { ...CHOSEN, [uri]: 'job' }],
    // What the job has gives way.
    ...['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE'].map(
      (own) => [`a job with ${own}`, { [own]: 'old' }, { [own]: 'old' }, CHOSEN] as const,
    ),
    [
      'a job with keys',
      { AWS_ACCESS_KEY_ID: 'AKIAOLD1' },
      {
        ...{ AWS_ACCESS_KEY_ID: 'AKIAOLD1', AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 'x' },
        ...{ AWS_SECURITY_TOKEN: 'x', AWS_CREDENTIAL_EXPIRATION: 'x' },
      },
      CHOSEN,
    ],
    [
      'a step with other keys than the job',
      { AWS_ACCESS_KEY_ID: 'AKIAOLD1' },
      { AWS_ACCESS_KEY_ID: 'AKIAOLD2', AWS_SECRET_ACCESS_KEY: 'x' },
      { AWS_ACCESS_KEY_ID: 'AKIAOLD2', AWS_SECRET_ACCESS_KEY: 'x' },
    ],
    ['keys without an id', {}, { AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 'x' }, CHOSEN],
    ['a job with a region', { AWS_REGION: 'old' }, { AWS_REGION: 'old' }, CHOSEN],
    [
      'a step with a region',
      { AWS_REGION: 'old' },
      { AWS_REGION: 'us-east-2' },
      { AWS_PROFILE: 'dev', AWS_ACCOUNT_ID: '111111111111', AWS_REGION: 'us-east-2' },
    ],
    [
      'a step with the other variable of the region',
      {},
      { AWS_DEFAULT_REGION: 'us-east-2' },
      { AWS_PROFILE: 'dev', AWS_ACCOUNT_ID: '111111111111', AWS_DEFAULT_REGION: 'us-east-2' },
    ],
    [
      'a step with an account',
      { AWS_ACCOUNT_ID: '222222222222' },
      { AWS_ACCOUNT_ID: '222222222222' },
      { ...CHOSEN, AWS_ACCOUNT_ID: '222222222222' },
    ],
  ] as [string, Record<string, string>, Record<string, string>, Record<string, string>][]) {
    test(name, (t) => {
      const text = editExports('', PROFILE, job)
      assert.deepEqual(ours(source(temporaryDirectory(t), bash, text, 'eu', step).environment), {
        ...expected,
      })
    })
  }

  test('the AWS CLI waits in no pager, unless somebody chose one', (t) => {
    const directory = temporaryDirectory(t)
    const text = editExports('', PROFILE, {})
    for (const [env, expected] of [
      [{}, ''],
      [{ AWS_PAGER: 'more' }, 'more'],
      [{ AWS_PAGER: '' }, ''],
      [{ PAGER: 'less' }, undefined],
    ] as const) {
      assert.equal(source(directory, bash, text, 'eu', env).environment['AWS_PAGER'], expected)
    }
  })

  test('a later block takes over what an earlier one exported, in the same shell and in another', (t) => {
    const directory = temporaryDirectory(t)
    const other = { ...PROFILE, profile: 'prod', region: 'us-east-2', accountId: '222222222222' }
    const first = editExports('', PROFILE, {})
    const expected = {
      ...{ AWS_PROFILE: 'prod', AWS_ACCOUNT_ID: '222222222222' },
      ...{ AWS_REGION: 'us-east-2', AWS_DEFAULT_REGION: 'us-east-2' },
    }
    const job = source(directory, bash, first, 'eu').environment
    const next = editExports(first, other, job)
    assert.deepEqual(ours(source(directory, bash, next, 'eu').environment), expected)
    assert.deepEqual(ours(source(directory, bash, next, 'eu', job).environment), expected)
    const keys = editExports(first, { ...KEYS, region: undefined }, job)
    const { AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, ...rest } = ours(
      source(directory, bash, keys, 'eu', job).environment,
    )
    assert.deepEqual(rest, {
      ...{ AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE', AWS_ACCOUNT_ID: '111111111111' },
      ...{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' },
    })
    const back = editExports(keys, PROFILE, { ...job, AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE' })
    const withKeys = source(directory, bash, keys, 'eu').environment
    assert.deepEqual(ours(source(directory, bash, back, 'eu', withKeys).environment), CHOSEN)
  })

  test('a line of others that looks like a record is none', (t) => {
    const text = `# replaces {"job":{"AWS_PROFILE":"old"}}\n${editExports('', PROFILE, {})}`
    const { environment } = source(
      ...([temporaryDirectory(t), bash, editExports(text, PROFILE, {}), 'eu'] as const),
      { AWS_PROFILE: 'old' },
    )
    assert.equal(environment['AWS_PROFILE'], 'old')
  })

  test('of an access key id of the job, the file has the end alone', () => {
    const text = editExports('', PROFILE, { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' })
    assert.match(text, /MPLE/)
    assert.doesNotMatch(text, /AKIA|EXAMPLE/)
  })

  test('records of another form are read as far as they go', (t) => {
    const directory = temporaryDirectory(t)
    const first = editExports('', PROFILE, { AWS_PROFILE: 'old' })
    for (const [record, expected] of [
      ['null', 'old'],
      ['7', 'old'],
      ['{}', 'old'],
      ['{"ours":{}}', 'old'],
      ['{"job":{"AWS_PROFILE":"old"}}', 'dev'],
      ['{"job":{"AWS_PROFILE":[7,"old"]},"ours":7}', 'dev'],
      ['{"job":{"AWS_PROFILE":{"old":"old"}}}', 'old'],
    ] as const) {
      const text = editExports(first.replace(/(?<=^# replaces ).*$/m, record), PROFILE, {})
      const { environment } = source(directory, bash, text, 'eu', { AWS_PROFILE: 'old' })
      assert.equal(environment['AWS_PROFILE'], expected, record)
    }
  })

  test('what the job had is replaced by every later block; what is no record is passed over', (t) => {
    const directory = temporaryDirectory(t)
    const job = { AWS_PROFILE: 'of-the-job' }
    const first = editExports('', PROFILE, job)
    const other = { ...PROFILE, profile: 'prod' }
    const run = (text: string, env: Record<string, string>) =>
      source(directory, bash, text, 'eu', env).environment['AWS_PROFILE']
    assert.equal(run(editExports(first, other, {}), job), 'prod')
    const spoilt = first.replace(/^# replaces .*$/m, '# replaces {')
    assert.notEqual(spoilt, first)
    assert.equal(run(editExports(spoilt, other, {}), job), 'of-the-job')
    assert.equal(run(editExports(spoilt, other, {}), {}), 'prod')
  })
})

describe('editExports', () => {
  const block = editExports('', PROFILE, {})
  const cases = [
    ['an empty file', ''],
    ['lines of others', 'export A=1\n'],
    ['a last line without end', 'export A=1'],
    ['CRLF lines', 'export A=1\r\n\r\n'],
  ]
  for (const [name, text = ''] of cases) {
    test(`${name}: replaced when run again, removed without a trace`, () => {
      const once = editExports(text, PROFILE, {})
      assert.ok(once.startsWith(text))
      assert.equal(editExports(once, PROFILE, {}), once)
      assert.equal(editExports(editExports(once, KEYS, {}), NONE, {}), text)
      assert.equal(editExports(text, NONE, {}), text)
    })
  }

  test('moves behind lines that came after it, which stay', () => {
    assert.equal(editExports(`a\n${block}b\n`, PROFILE, {}), `a\nb\n${block}`)
    const unended = editExports('a', PROFILE, {})
    assert.equal(editExports(`${unended}b\n`, NONE, {}), 'a\nb\n')
  })

  test('a block without its end is left alone', () => {
    const [begin] = block.split('\n')
    assert.equal(editExports(`${begin}\nmine\n`, PROFILE, {}), `${begin}\nmine\n${block}`)
    assert.equal(editExports(`${begin}\nmine\n${block}`, NONE, {}), `${begin}\nmine\n`)
  })

  test('a value that is not printable ASCII is refused without being named', () => {
    const exports: Exports = {
      ...PROFILE,
      mode: 'keys',
      credentials: { ...credentials, secretAccessKey: 'a\nb' },
    }
    assert.throws(() => editExports('', exports, {}), {
      code: 'invalid-usage',
      message: /^The value for AWS_SECRET_ACCESS_KEY contains a line break or a character/,
    })
  })

  test('a profile name or region that could run a command is refused', () => {
    const profile: Exports = {
      ...PROFILE,
      profile: "x'; id; '",
    }
    assert.throws(() => editExports('', profile, {}), { code: 'invalid-profile-name' })
    const region: Exports = {
      ...PROFILE,
      region: "x'; id; '",
    }
    assert.throws(() => editExports('', region, {}), { code: 'invalid-region' })
  })
})

describe('isExportOf', () => {
  const dev = editExports('', PROFILE, {})
  const keys = editExports('', KEYS, {})
  const prod = editExports('', { ...PROFILE, profile: 'prod' }, {})
  for (const [name, text, rest, expected] of [
    ['a block of the profile', `a\n${dev}`, 'a\n', true],
    ['a block of its keys', keys, '', true],
    ['a block with CRLF', dev.replaceAll('\n', '\r\n'), '', true],
    ['a block of another profile', prod, '', false],
    ['a block that stays', dev, dev, false],
    ['nothing', '', '', false],
    ['a line of the same words that stays', "export AWS_PROFILE='dev'\n", dev, false],
    ['one of two lines', `export AWS_PROFILE='dev'\n${dev}`, "export AWS_PROFILE='dev'\n", true],
    [
      'a mention of the profile',
      "# export AWS_PROFILE='dev'\n# keys of the profile dev x\n",
      '',
      false,
    ],
  ] as const) {
    test(name, () => assert.equal(isExportOf('dev', text, rest), expected))
  }
})

describe('writeBashEnv', () => {
  const mode = (path: string) => statSync(path).mode & 0o777

  test('creates the file for its owner only', async (t) => {
    const path = join(temporaryDirectory(t), 'new', 'env')
    assert.equal(await writeBashEnv(path, NONE, {}), false)
    assert.equal(existsSync(path), false)
    assert.equal(await writeBashEnv(path, PROFILE, {}), true)
    assert.equal(await writeBashEnv(path, PROFILE, {}), false)
    assert.equal(mode(path), 0o600)
  })

  test('keeps a mode, until keys are in the file', async (t) => {
    const path = join(temporaryDirectory(t), 'env')
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    await writeBashEnv(path, PROFILE, {})
    assert.equal(mode(path), 0o644)
    await writeBashEnv(path, KEYS, {})
    assert.equal(mode(path), 0o600)
  })

  test('keeps every byte of others, UTF-8 or not', async (t) => {
    const path = join(temporaryDirectory(t), 'env')
    const bytes = Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0x0d])
    writeFileSync(path, bytes)
    await writeBashEnv(path, KEYS, {})
    assert.deepEqual(readFileSync(path).subarray(0, bytes.length), bytes)
    await writeBashEnv(path, NONE, {})
    assert.deepEqual(readFileSync(path), bytes)
  })
})
