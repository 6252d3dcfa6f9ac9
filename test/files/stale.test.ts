import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockPath } from '../../src/files/lock.ts'
import {
  removeStaleFiles,
  removeStaleLocks,
  removeTemporaryFiles,
  temporaryPath,
} from '../../src/files/stale.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { deadProcess, ID, leaveLock } from './left-lock.ts'
import { ME, NEIGHBOUR, pretend, refusing, replaceFs, restoreFs, runAs } from './replaced-fs.ts'

function homeWith(t: TestContext, ...names: string[]): string {
  const home = fs.realpathSync(temporaryDirectory(t))
  for (const name of names) fs.writeFileSync(join(home, name), '')
  return home
}

const temporary = (target: string, id = ID) => `.${target}.circleci-aws-oidc-${id}.tmp`
/** What looks much like it, and is not ours. */
const OTHERS = [
  `x${temporary('config')}`,
  `${temporary('config')}.old`,
  temporary('config', 'mine'),
  temporary('config', `${ID}0`),
  `..circleci-aws-oidc-${ID}.tmp`,
]

test('a temporary file is beside its target, hidden, and each has a name of its own', () => {
  const path = temporaryPath('/home/me/.aws/config')
  assert.match(path, /^\/home\/me\/\.aws\/\.config\.circleci-aws-oidc-[0-9a-f]{24}\.tmp$/)
  assert.notEqual(temporaryPath('/home/me/.aws/config'), path)
})

test('what killed processes left for a target goes, and nothing else', (t) => {
  const others = [...OTHERS, temporary('credentials'), 'config', '.x.break-config']
  const broken = `.config.circleci-aws-oidc.lock.break-${ID}`
  const home = homeWith(t, temporary('config'), broken, ...others)
  fs.mkdirSync(join(home, temporary('config', 'f'.repeat(24))))
  removeStaleFiles(join(home, 'config'))
  assert.deepEqual(
    fs.readdirSync(home).sort(),
    [...others, temporary('config', 'f'.repeat(24))].sort(),
  )
  removeStaleFiles(join(home, 'missing', 'config'))
})

test('the temporary files of dead processes in a directory go, of whatever target', async (t) => {
  const ours = [temporary('config'), temporary('config', 'a'.repeat(24)), temporary('credentials')]
  const home = homeWith(t, ...ours, ...OTHERS)
  fs.mkdirSync(join(home, temporary('directory')))
  const removed = await removeTemporaryFiles(home)
  assert.deepEqual(removed.sort(), ours.map((name) => join(home, name)).sort())
  assert.deepEqual(fs.readdirSync(home).sort(), [...OTHERS, temporary('directory')].sort())
  assert.deepEqual(await removeTemporaryFiles(home), [])
  assert.deepEqual(await removeTemporaryFiles(join(home, 'missing')), [])
})

test('those of a process that is done meanwhile are no matter, nor new ones of another target', async (t) => {
  const home = homeWith(t, temporary('config'))
  const { openSync } = fs
  replaceFs(t, {
    // Right before the lock is taken.
    openSync: (path, ...given) => {
      if (path === lockPath(join(home, 'config'))) {
        fs.rmSync(join(home, temporary('config')), { force: true })
        fs.writeFileSync(join(home, temporary('credentials')), '')
      }
      return openSync(path, ...given)
    },
  })
  assert.deepEqual(await removeTemporaryFiles(home), [])
  assert.deepEqual(fs.readdirSync(home), [temporary('credentials')])
})

test('a temporary file with secrets that cannot be removed is told of', async (t) => {
  const home = homeWith(t, temporary('config'))
  const { unlinkSync } = fs
  replaceFs(t, {
    unlinkSync: (path) => (String(path).endsWith('.tmp') ? refusing('EACCES')() : unlinkSync(path)),
  })
  await assert.rejects(removeTemporaryFiles(home), {
    code: 'file-unwritable',
    message: `Cannot write ${join(home, temporary('config'))}: permission denied (EACCES).`,
  })
  assert.equal(fs.existsSync(lockPath(join(home, 'config'))), false)
})

test('those of other users are none of our concern, but for root', async (t) => {
  const home = homeWith(t, temporary('config'), temporary('credentials'))
  const theirs = join(home, temporary('config'))
  const asUser = (user: number | 'none') => {
    runAs(t, user)
    pretend(t, {
      [theirs]: { uid: NEIGHBOUR },
      [join(home, temporary('credentials'))]: { uid: ME },
    })
  }
  asUser(ME)
  assert.deepEqual(await removeTemporaryFiles(home), [join(home, temporary('credentials'))])
  restoreFs()
  fs.writeFileSync(join(home, temporary('credentials')), '')
  asUser(0)
  assert.equal((await removeTemporaryFiles(home)).length, 2)
  restoreFs()
  // Windows has no ids of users.
  for (const name of ['config', 'credentials']) fs.writeFileSync(join(home, temporary(name)), '')
  asUser('none')
  assert.equal((await removeTemporaryFiles(home)).length, 2)
})

test('locks and tickets of dead processes go; what was never locked needs none', async (t) => {
  const home = homeWith(t)
  const [locked, waited, free] = ['locked', 'waited', 'free'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ]
  leaveLock(lockPath(locked), { pid: deadProcess(), ageSeconds: 9 })
  const queue = lockPath(waited).replace('.lock', '.queue')
  fs.mkdirSync(queue)
  fs.writeFileSync(join(queue, `00000001-00000001-1-1-0-${ID}`), '')
  const { openSync } = fs
  const opened: unknown[] = []
  replaceFs(t, {
    openSync: (path, ...given) => {
      opened.push(path)
      return openSync(path, ...given)
    },
  })
  await removeStaleLocks([locked, waited, free])
  assert.deepEqual(fs.readdirSync(home), [])
  assert.deepEqual(
    [locked, waited, free].map((one) => opened.includes(lockPath(one))),
    [true, false, false],
  )
})

test('the lock of a process that runs stays; any other trouble is told of', async (t) => {
  const home = homeWith(t)
  const target = join(home, 'config')
  leaveLock(lockPath(target))
  let now = process.uptime()
  // Each look at the clock takes five seconds, so that the waiting is soon over.
  t.mock.method(process, 'uptime', () => (now += 5))
  await removeStaleLocks([target])
  assert.equal(fs.existsSync(lockPath(target)), true)
  leaveLock(lockPath(target), { pid: deadProcess(), ageSeconds: 60 })
  replaceFs(t, { unlinkSync: () => {} })
  const { openSync } = fs
  replaceFs(t, {
    openSync: (path, flags, ...given) =>
      flags === 'wx' ? refusing('EROFS')() : openSync(path, flags, ...given),
  })
  await assert.rejects(removeStaleLocks([target]), {
    code: 'file-unwritable',
    message: /read-only/,
  })
})
