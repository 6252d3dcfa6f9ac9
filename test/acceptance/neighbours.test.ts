import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { lockPath } from '../../src/files/lock.ts'
import { lacking, type Skip } from '../tools/programs.ts'
import { type Job, ROLE, startJob } from './job.ts'

/** Another user of the machine, who is neither root nor the one who runs us. */
const NEIGHBOUR = 54_321
const NOBODY = 65_534

const skip: Skip =
  process.getuid?.() !== 0 &&
  lacking('root', 'only root can become another user: run the tests as root')

const ARGS = ['assume-role', '--role-arn', ROLE]
const PLANTED = '[evil]\ncredential_process = /bin/false\n'

function give(path: string, owner = NEIGHBOUR): string {
  chownSync(path, owner, owner)
  return path
}

/** A directory of the job's home; the home itself is the user's. */
function directory(job: Job, name: string, mode = 0o755): string {
  const path = join(job.home, name)
  mkdirSync(path, { recursive: true })
  chmodSync(path, mode)
  return path
}

/** All files, with owner and mode: nothing may change. */
function state(job: Job): readonly string[] {
  return readdirSync(job.root, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, ...lstatSync(join(job.root, name)) }))
    .filter(({ mode }) => (mode & constants.S_IFMT) !== constants.S_IFDIR)
    .map(({ name, uid, mode, size }) => `${name} ${uid} ${mode.toString(8)} ${size}`)
    .sort()
}

interface Case {
  readonly name: string
  /** Returns what is added to the environment. */
  readonly prepare: (job: Job) => Record<string, string>
  readonly args?: readonly string[]
  readonly says: RegExp
}

const REFUSED: readonly Case[] = [
  {
    name: 'a credentials file that another user made',
    prepare: (job) => {
      directory(job, '.aws')
      give(job.write('.aws/credentials', '[mine]\n', 0o666))
      return {}
    },
    says: /\.aws\/credentials belongs to another user, with the id 54321\.[\s\S]*chown \d+ '/,
  },
  {
    name: 'a config file that another user made',
    prepare: (job) => {
      directory(job, '.aws')
      give(job.write('.aws/config', PLANTED, 0o666))
      return {}
    },
    args: [...ARGS, '--region', 'eu-west-1'],
    says: /\.aws\/config belongs to another user/,
  },
  {
    name: "a directory of another user's for the shared files",
    prepare: (job) => {
      give(directory(job, '.aws', 0o777))
      return {}
    },
    says: /\.aws belongs to another user/,
  },
  {
    name: 'a directory that everybody may write to, for the shared files',
    prepare: (job) => {
      directory(job, '.aws', 0o777)
      return {}
    },
    says: /Other users can write to .*\.aws: its mode is 777\.[\s\S]*chmod go-w '.*\.aws'/,
  },
  {
    name: 'a directory that a group of others may write to',
    prepare: (job) => {
      chownSync(directory(job, '.aws', 0o775), process.getuid?.() ?? 0, NEIGHBOUR)
      return {}
    },
    says: /Other users can write to .*\.aws: its mode is 775/,
  },
  {
    name: 'a BASH_ENV that another user made, in a directory of all users',
    prepare: (job) => {
      const path = join(directory(job, 'tmp', 0o1777), 'bash_env')
      writeFileSync(path, 'export MINE=1\n')
      chmodSync(path, 0o666)
      return { BASH_ENV: give(path) }
    },
    args: [...ARGS, '--export', 'keys'],
    says: /bash_env belongs to another user/,
  },
  {
    name: 'a BASH_ENV in a directory where everybody may replace it',
    prepare: (job) => ({ BASH_ENV: join(directory(job, 'tmp', 0o777), 'bash_env') }),
    says: /Other users can write to .*tmp: its mode is 777/,
  },
  {
    name: 'a symbolic link to a file that another user put into a directory of all users',
    prepare: (job) => {
      const link = join(directory(job, 'tmp', 0o1777), 'credentials')
      symlinkSync(job.write('private/notes', 'mine\n'), link)
      lchown(link)
      return { AWS_SHARED_CREDENTIALS_FILE: link }
    },
    says: /tmp\/credentials belongs to another user/,
  },
  {
    name: 'a symbolic link to a directory that another user put there',
    prepare: (job) => {
      const link = join(directory(job, 'tmp', 0o1777), 'aws')
      symlinkSync(directory(job, 'private', 0o700), link)
      lchown(link)
      const home = join(job.home, 'link')
      symlinkSync(link, home)
      return { AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials') }
    },
    says: /tmp\/aws belongs to another user/,
  },
  {
    name: "refresh: a data directory of another user's",
    prepare: (job) => {
      const data = directory(job, '.local/share/circleci-aws-oidc/versions', 0o777)
      give(data)
      give(dirname(data))
      return {}
    },
    args: [...ARGS, '--credentials', 'refresh'],
    says: /share\/circleci-aws-oidc belongs to another user/,
  },
  {
    name: 'token-file: a data directory that everybody may write to',
    prepare: (job) => {
      directory(job, '.local/share/circleci-aws-oidc', 0o777)
      return {}
    },
    args: [...ARGS, '--credentials', 'token-file'],
    says: /Other users can write to .*share\/circleci-aws-oidc: /,
  },
  {
    name: 'refresh: a data directory below one that everybody may write to',
    prepare: (job) => ({ XDG_DATA_HOME: join(directory(job, 'shared', 0o777), 'a/b') }),
    args: [...ARGS, '--credentials', 'refresh'],
    says: /Other users can write to .*home\/shared: its mode is 777\.[\s\S]*chmod go-w '.*shared'; or point .*XDG_DATA_HOME/,
  },
  {
    name: 'refresh: our data directory below one that everybody may write to, by a symbolic link',
    prepare: (job) => {
      const data = directory(job, 'shared/data', 0o700)
      chmodSync(dirname(data), 0o777)
      symlinkSync(data, join(job.home, 'link'))
      return { XDG_DATA_HOME: join(job.home, 'link') }
    },
    args: [...ARGS, '--credentials', 'refresh'],
    says: /Other users can write to .*home\/shared: its mode is 777/,
  },
  {
    name: 'token-file: a data directory in a home that a group of others may write to',
    prepare: (job) => {
      chownSync(directory(job, '', 0o775), process.getuid?.() ?? 0, NEIGHBOUR)
      return {}
    },
    args: [...ARGS, '--credentials', 'token-file'],
    says: /Other users can write to .*home: its mode is 775/,
  },
  {
    name: "refresh: a data directory in another user's, in a directory of all users",
    prepare: (job) => {
      const theirs = join(directory(job, 'tmp', 0o1777), 'data')
      mkdirSync(theirs)
      return { XDG_DATA_HOME: give(theirs) }
    },
    args: [...ARGS, '--credentials', 'refresh'],
    says: /tmp\/data belongs to another user/,
  },
  {
    name: 'credential-process: a data directory below one that everybody may write to',
    prepare: (job) => ({ XDG_DATA_HOME: directory(job, 'shared', 0o777) }),
    args: ['credential-process', '--role-arn', ROLE],
    says: /Other users can write to .*home\/shared/,
  },
  {
    name: 'a lock that another user made',
    prepare: (job) => {
      const path = join(directory(job, 'tmp', 0o1777), 'bash_env')
      writeFileSync(path, 'export MINE=1\n')
      writeFileSync(lockPath(path), '')
      give(lockPath(path))
      return { BASH_ENV: path }
    },
    says: /bash_env\.circleci-aws-oidc\.lock belongs to another user/,
  },
  {
    name: 'credential-process: a data directory of another user',
    prepare: (job) => {
      give(directory(job, '.local/share/circleci-aws-oidc', 0o777))
      return {}
    },
    args: ['credential-process', '--role-arn', ROLE],
    says: /share\/circleci-aws-oidc belongs to another user/,
  },
]

function lchown(path: string): void {
  // Of the link itself.
  lchownSync(path, NEIGHBOUR, NEIGHBOUR)
}

describe('what another user could read or replace is refused', { skip }, () => {
  for (const { name, prepare, args = ARGS, says } of REFUSED) {
    test(name, async (t) => {
      const { job } = await startJob(t)
      const env = prepare(job)
      const before = state(job)
      const { milliseconds } = await job.fails(args, 'file-unsafe', says, { env })
      assert.ok(milliseconds < 10_000, `${milliseconds} ms`)
      assert.deepEqual(state(job), before)
    })
  }
})

describe('what is usual works', { skip }, () => {
  test("root in the home of another user, as in a container's volume: what is written is root's", async (t) => {
    const { job } = await startJob(t)
    give(job.home)
    for (const kind of ['static', 'refresh']) {
      await job.done([...ARGS, '--profile', kind, '--credentials', kind])
      await job.done(['whoami', '--profile', kind])
    }
    for (const name of ['.aws/credentials', '.aws/config', '.aws', '.local']) {
      const { uid, mode } = statSync(join(job.home, name))
      assert.deepEqual([uid, mode & 0o077], [0, 0], name)
    }
    await job.done(['cleanup'])
  })

  test('files of root for another user', async (t) => {
    const { job } = await startJob(t)
    give(job.home, NOBODY)
    chmodSync(job.write('.aws/config', '[profile mine]\nregion = eu-west-1\n'), 0o666)
    give(join(job.home, '.aws'), NOBODY)
    await job.done([...ARGS, '--region', 'eu-west-2'], { asNobody: true })
    const { uid, mode } = statSync(join(job.home, '.aws/config'))
    assert.deepEqual([uid, mode & 0o002], [NOBODY, 0])
  })

  test('by sudo: the files of who called it stay his', async (t) => {
    const { job } = await startJob(t)
    job.write('.aws/credentials', '[mine]\naws_access_key_id = x\n')
    for (const name of ['.aws/credentials', '.aws', '']) give(join(job.home, name))
    await job.done(ARGS, { env: { SUDO_UID: `${NEIGHBOUR}` } })
    assert.equal(statSync(join(job.home, '.aws/credentials')).uid, NEIGHBOUR)
    assert.match(job.read('.aws/credentials') ?? '', /^\[mine\]\n/)
    await job.fails(ARGS, 'file-unsafe', /\.aws belongs/, { env: { SUDO_UID: '54322' } })
  })

  test('a SUDO_UID counts for root only', async (t) => {
    const { job } = await startJob(t)
    give(job.home, NOBODY)
    give(directory(job, '.aws', 0o777))
    const env = { SUDO_UID: `${NEIGHBOUR}` }
    await job.fails(ARGS, 'file-unsafe', /\.aws belongs/, { asNobody: true, env })
  })

  test('a BASH_ENV of our own in a directory of all users, by a link of our own', async (t) => {
    const { job } = await startJob(t)
    const path = join(directory(job, 'tmp', 0o1777), 'bash_env')
    const link = join(job.home, 'tmp/link')
    symlinkSync(path, link)
    await job.done(ARGS, { env: { BASH_ENV: link } })
    assert.match(readFileSync(path, 'utf8'), /AWS_PROFILE/)
  })

  test('a directory that its own group may write to', async (t) => {
    const { job } = await startJob(t)
    directory(job, '.aws', 0o775)
    await job.done(ARGS)
  })

  test('a home of another user that the group of root may write to, as for the random user of OpenShift', async (t) => {
    const { job } = await startJob(t)
    chownSync(job.home, NEIGHBOUR, 0)
    chmodSync(job.home, 0o775)
    const nobody = { asNobody: true, env: { GROUP_OF_NOBODY: '0' } }
    for (const kind of ['static', 'refresh'])
      await job.done([...ARGS, '--profile', kind, '--credentials', kind], nobody)
    await job.done(['credential-process', '--profile', 'refresh'], nobody)
    assert.equal(statSync(fileOf(job, 'credentials.json')).uid, NOBODY)
  })

  test('a data directory of our own in a directory of all users', async (t) => {
    const { job } = await startJob(t)
    const env = { XDG_DATA_HOME: join(directory(job, 'tmp', 0o1777), 'data') }
    await job.done([...ARGS, '--credentials', 'refresh'], { env })
    await job.done([...ARGS, '--credentials', 'refresh'], { env })
  })

  test('a home that is mounted, with rights for all, as an empty volume of Kubernetes', async (t) => {
    const { job } = await startJob(t)
    const home = directory(job, 'mounted')
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'mode=0777', 'none', home])
    if (status !== 0) return t.skip('this user may not mount')
    try {
      await job.done([...ARGS, '--credentials', 'refresh'], { env: { HOME: home } })
    } finally {
      spawnSync('umount', [home])
    }
  })

  test('variables for another CI in a directory that everybody may write to', async (t) => {
    const { job } = await startJob(t)
    const file = join(directory(job, 'build', 0o777), 'aws.env')
    writeFileSync(file, 'A=1\n')
    give(file)
    await job.done([...ARGS, '--export-file', file])
    assert.match(readFileSync(file, 'utf8'), /^A=1\nAWS_PROFILE=default\n/)
  })
})

describe('what is kept is believed only when it is ours alone', { skip }, () => {
  const OTHERS = JSON.stringify({
    Version: 1,
    AccessKeyId: 'ASIAEXAMPLEOTHERS',
    SecretAccessKey: 'others',
    SessionToken: 'others',
    Expiration: '2099-01-01T00:00:00Z',
  })
  const cases: readonly [string, (cache: string) => void][] = [
    ['that everybody could write', (cache) => chmodSync(cache, 0o666)],
    ['that a group could write', (cache) => chmodSync(cache, 0o660)],
    ["that is another user's", give],
    [
      'behind a symbolic link',
      (cache) => {
        renameSync(cache, `${cache}.moved`)
        symlinkSync(`${cache}.moved`, cache)
      },
    ],
  ]
  for (const [name, spoil] of cases) {
    test(`credentials ${name}`, async (t) => {
      const { job } = await startJob(t)
      await job.done([...ARGS, '--credentials', 'refresh'])
      const launcher = launcherOf(job)
      const cache = fileOf(job, 'credentials.json')
      writeFileSync(cache, OTHERS)
      const args = ['credential-process', '--profile', 'default']
      assert.match((await job.done(args)).stdout, /OTHERS/, 'the case itself')
      spoil(cache)
      const { code, stdout, stderr } = await job.run(args)
      assert.doesNotMatch(stdout, /OTHERS/)
      if (code !== 0) assert.match(stderr, /^Error file-unsafe: .*credentials\.json belongs/)
      else assert.equal(statSync(cache).mode & 0o777, 0o600)
      assert.ok(existsSync(launcher))
    })
  }

  test('a recipe that everybody could write', async (t) => {
    const { job } = await startJob(t)
    await job.done([...ARGS, '--credentials', 'refresh'])
    const recipe = fileOf(job, 'recipe.json')
    writeFileSync(fileOf(job, 'credentials.json'), '')
    chmodSync(recipe, 0o666)
    const args = ['credential-process', '--profile', 'default']
    await job.fails(args, 'file-unsafe', /Other users can write to .*recipe\.json/)
    chmodSync(recipe, 0o600)
    chmodSync(dirname(recipe), 0o777)
    await job.fails(args, 'file-unsafe', /Other users can write to .*default: its mode is 777/)
    chmodSync(dirname(recipe), 0o700)
    await job.done(args)
  })

  test('a launcher that everybody could write is written anew', async (t) => {
    const { job } = await startJob(t)
    await job.done([...ARGS, '--credentials', 'refresh'])
    const launcher = launcherOf(job)
    const { ino } = statSync(launcher)
    await job.done([...ARGS, '--credentials', 'refresh'])
    assert.equal(statSync(launcher).ino, ino)
    chmodSync(launcher, 0o666)
    await job.done([...ARGS, '--credentials', 'refresh'])
    const now = statSync(launcher)
    assert.equal(now.mode & 0o777, 0o600)
    assert.notEqual(now.ino, ino)
  })
})

function fileOf(job: Job, name: string): string {
  const path = Object.keys(job.files()).find((file) => file.endsWith(`/${name}`))
  assert.ok(path, name)
  return join(job.home, path)
}

const launcherOf = (job: Job) => fileOf(job, 'credential-process.sh')
