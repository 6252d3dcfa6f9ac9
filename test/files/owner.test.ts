import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  isOursAlone,
  readOwnFile,
  refuseForeign,
  refusePlantedLinks,
  refuseReplaceable,
  refuseUnsafe,
} from '../../src/files/owner.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { ME, NEIGHBOUR, pretend, replaceFs, runAs } from './replaced-fs.ts'

/** `above/directory/file`, of this user. */
function tree(t: TestContext) {
  runAs(t)
  const above = join(temporaryDirectory(t), 'above')
  const directory = join(above, 'directory')
  const file = join(directory, 'file')
  fs.mkdirSync(directory, { recursive: true, mode: 0o755 })
  fs.writeFileSync(file, 'text', { mode: 0o600 })
  return { above, directory, file }
}

type Place = keyof ReturnType<typeof tree>
type Facts = Parameters<typeof pretend>[1][string]
type Case = readonly [name: string, facts: Partial<Record<Place, Facts>>, refused?: Place]

function check(refuse: (places: ReturnType<typeof tree>) => void, cases: readonly Case[]): void {
  for (const [name, facts, refused] of cases) {
    test(`${name}: ${refused ? `refused for the ${refused}` : 'fine'}`, (t) => {
      const places = tree(t)
      const paths = Object.entries(facts).map(([place, one]) => [places[place as Place], one])
      pretend(t, Object.fromEntries(paths))
      if (refused === undefined) return refuse(places)
      const path = places[refused]
      const { uid, mode } = { uid: ME, ...facts[refused] }
      const message =
        uid === NEIGHBOUR
          ? `${path} belongs to another user, with the id ${NEIGHBOUR}.`
          : `Other users can write to ${path}: its mode is ${mode?.toString(8)}.`
      const command = uid === NEIGHBOUR ? `chown ${ME} '${path}'` : `chmod go-w '${path}'`
      assert.throws(
        () => refuse(places),
        (error: Error & { code?: string; next?: string }) => {
          assert.deepEqual([error.code, error.message], ['file-unsafe', message])
          assert.ok(error.next?.includes(command), error.next)
          return true
        },
      )
    })
  }
}

const theirs = { uid: NEIGHBOUR }
const MOUNT = { dev: 4711 }

describe('a file and the directory it is in', () => {
  check(
    ({ file }) => refuseUnsafe(file),
    [
      ['of this user', {}],
      ['of root', { file: { uid: 0 }, directory: { uid: 0 } }],
      ['a file of another user', { file: theirs }, 'file'],
      ['a directory of another user', { directory: theirs }, 'directory'],
      ['a directory that all may write to', { directory: { mode: 0o757 } }, 'directory'],
      [
        'a directory of all users, where each removes only his own',
        { directory: { mode: 0o1777 } },
      ],
      ['a file of another user there', { directory: { mode: 0o1777 }, file: theirs }, 'file'],
      [
        'a directory that a group of others may write to',
        { directory: { mode: 0o775, gid: NEIGHBOUR } },
        'directory',
      ],
      [
        'a directory that a group of others may read',
        { directory: { mode: 0o755, gid: NEIGHBOUR } },
      ],
      ['a directory that our own group may write to', { directory: { mode: 0o775, gid: ME } }],
      ['a directory that the group of root may write to', { directory: { mode: 0o775, gid: 0 } }],
      ['a mounted directory of another user', { directory: { ...theirs, ...MOUNT } }],
      [
        'a file of the same one in it',
        { directory: { ...theirs, ...MOUNT }, file: { ...theirs, ...MOUNT } },
      ],
      [
        'a file of another user in a mounted directory of ours',
        { directory: MOUNT, file: theirs },
        'file',
      ],
      [
        'a mounted directory that all may write to',
        { directory: { ...MOUNT, mode: 0o777 } },
        'directory',
      ],
      ['what all may write to above it', { above: { mode: 0o777 } }],
    ],
  )

  test('that are not there yet will be ours', (t) => {
    const { above } = tree(t)
    refuseUnsafe(join(above, 'missing', 'file'))
    refuseUnsafe(join(above, 'file'))
  })

  test('are no matter where users have no ids, as on Windows', (t) => {
    const { file, directory } = tree(t)
    runAs(t, 'none')
    pretend(t, { [file]: theirs, [directory]: { ...theirs, mode: 0o777 } })
    refuseUnsafe(file)
    refuseReplaceable(directory)
    assert.equal(isOursAlone({ uid: NEIGHBOUR, mode: 0o666 }), true)
  })

  test('a file is told by what was seen of it', (t) => {
    const { file } = tree(t)
    assert.throws(
      () => refuseForeign(file, { ...fs.lstatSync(file), uid: NEIGHBOUR } as fs.Stats),
      {
        code: 'file-unsafe',
      },
    )
    refuseForeign(file, undefined)
  })
})

describe('a directory, and those above it', () => {
  check(
    ({ directory }) => refuseReplaceable(directory),
    [
      ['of this user', {}],
      ['of another user', { directory: theirs }, 'directory'],
      ['that all may write to', { directory: { mode: 0o777 } }, 'directory'],
      ['in one that all may write to', { above: { mode: 0o777 } }, 'above'],
      ['in one that a group of others may write to', { above: { mode: 0o775, gid: 9 } }, 'above'],
      ['in one of another user, who alone may write to it', { above: { ...theirs, mode: 0o755 } }],
      ['in one of all users', { above: { mode: 0o1777 } }],
      [
        "another user's in one of all users",
        { above: { mode: 0o1777 }, directory: theirs },
        'directory',
      ],
      ['in one that is mounted for all', { above: { ...MOUNT, mode: 0o777 } }],
      [
        'in one that all may write to on a mounted disk',
        { above: { ...MOUNT, mode: 0o777 }, directory: MOUNT },
      ],
    ],
  )

  test('one that all may write to further up, also where what is between is not there yet', (t) => {
    const { above, directory } = tree(t)
    pretend(t, { [above]: { mode: 0o777 } })
    const expected = { code: 'file-unsafe', message: new RegExp(`write to ${above}: `) }
    assert.throws(() => refuseReplaceable(join(directory, 'more')), expected)
    assert.throws(() => refuseReplaceable(join(above, 'missing', 'more')), expected)
  })
})

describe('whether others can have written a file', () => {
  const cases: readonly (readonly [uid: number, mode: number, alone: boolean])[] = [
    [ME, 0o600, true],
    [ME, 0o755, true],
    [0, 0o644, true],
    [NEIGHBOUR, 0o600, false],
    [ME, 0o620, false],
    [ME, 0o602, false],
    [0, 0o666, false],
  ]
  for (const [uid, mode, alone] of cases) {
    test(`mode ${mode.toString(8)}, user ${uid}: ${alone ? 'no' : 'yes'}`, (t) => {
      runAs(t)
      assert.equal(isOursAlone({ uid, mode }), alone)
    })
  }

  test('who became root by sudo is trusted, and by root alone', (t) => {
    const { SUDO_UID } = process.env
    t.after(() => {
      if (SUDO_UID === undefined) delete process.env['SUDO_UID']
      else process.env['SUDO_UID'] = SUDO_UID
    })
    process.env['SUDO_UID'] = `${NEIGHBOUR}`
    runAs(t, 0)
    assert.equal(isOursAlone({ uid: NEIGHBOUR, mode: 0o600 }), true)
    assert.equal(isOursAlone({ uid: NEIGHBOUR + 1, mode: 0o600 }), false)
    runAs(t)
    assert.equal(isOursAlone({ uid: NEIGHBOUR, mode: 0o600 }), false)
  })
})

describe('a file of ours', () => {
  check(
    ({ file }) => void readOwnFile(file),
    [
      ['that only we may write', {}],
      ['that others may read', { file: { mode: 0o644 } }],
      ['of another user', { file: theirs }, 'file'],
      ['that all may write', { file: { mode: 0o606 } }, 'file'],
      ['that a group may write', { file: { mode: 0o660 } }, 'file'],
      ['in a directory of another user', { directory: theirs }, 'directory'],
      ['in a directory that all may write to', { directory: { mode: 0o777 } }, 'directory'],
    ],
  )

  test('is read with the time when it was written, and closed', (t) => {
    const { file } = tree(t)
    fs.utimesSync(file, 0, 1_700_000_000)
    const descriptors: number[] = []
    const { openSync, closeSync } = fs
    replaceFs(t, {
      openSync: (...given: Parameters<typeof openSync>) => {
        const fd = openSync(...given)
        descriptors.push(fd)
        return fd
      },
      closeSync: (fd: number) => {
        closeSync(fd)
        descriptors.splice(descriptors.indexOf(fd), 1)
      },
    })
    const { content, writtenAt } = readOwnFile(file)
    assert.deepEqual([String(content), writtenAt], ['text', 1_700_000_000_000])
    assert.deepEqual(descriptors, [])
  })

  test('of more than a megabyte is none', (t) => {
    const { file } = tree(t)
    fs.truncateSync(file, 1_000_000)
    assert.equal(readOwnFile(file).content.length, 1_000_000)
    fs.truncateSync(file, 1_000_001)
    assert.throws(() => readOwnFile(file), { message: 'it is too large to be ours' })
  })

  test('is neither a link nor a pipe that keeps us waiting', (t) => {
    const { directory, file } = tree(t)
    fs.symlinkSync(file, join(directory, 'link'))
    assert.throws(() => readOwnFile(join(directory, 'link')), { code: 'ELOOP' })
    assert.equal(spawnSync('mkfifo', ['-m', '600', join(directory, 'pipe')]).status, 0)
    assert.equal(readOwnFile(join(directory, 'pipe')).content.length, 0)
  })
})

describe('a symbolic link on the way', () => {
  /** `shared`, which is of all users, with a link in it; `own` beside it. */
  function links(t: TestContext, owner: number, mode = 0o1777) {
    const { above, file } = tree(t)
    const shared = join(above, 'shared')
    const link = join(shared, 'link')
    const own = join(above, 'own')
    for (const directory of [shared, own]) fs.mkdirSync(directory, { mode: 0o755 })
    fs.symlinkSync(dirname(file), link)
    fs.symlinkSync('../shared/link', join(own, 'link'))
    pretend(t, { [shared]: { mode }, [link]: { uid: owner } })
    return { link, below: join(link, 'file'), indirect: join(own, 'link', 'file') }
  }

  test('that another user put where all may write is refused, wherever the path meets it', (t) => {
    const { link, below, indirect } = links(t, NEIGHBOUR)
    for (const path of [link, below, indirect]) {
      assert.throws(() => refusePlantedLinks(path), {
        code: 'file-unsafe',
        message: `${link} belongs to another user, with the id ${NEIGHBOUR}.`,
      })
    }
  })

  test('that another user put where only its owner may write is his to put', (t) => {
    const { below, indirect } = links(t, NEIGHBOUR, 0o755)
    for (const path of [below, indirect]) refusePlantedLinks(path)
  })

  test('of our own is fine', (t) => {
    const { below, indirect } = links(t, ME)
    for (const path of [below, indirect]) refusePlantedLinks(path)
  })

  test('that leads back to itself is for others to tell of', (t) => {
    const { above } = tree(t)
    fs.symlinkSync('circle', join(above, 'circle'))
    refusePlantedLinks(join(above, 'circle'))
  })
})
