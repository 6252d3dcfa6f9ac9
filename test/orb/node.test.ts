import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test'
import { pathOf, without } from '../tools/programs.ts'
import { jobOf } from './config.ts'
import { type Host, openHost, runJob } from './job-runner.ts'
import { archiveName, NodeMirror, nodeVersion } from './node-mirror.ts'
import { SHELLS } from './shells.ts'
import { addTool } from './tools.ts'

const mirror = new NodeMirror()
before(() => mirror.listen())
after(() => mirror.close())
beforeEach(() => {
  mirror.requests = []
  mirror.answers = {}
})

const path = `/v${nodeVersion}/${archiveName}.tar.gz`
const installWith = (values = {}) => ({
  'aws-oidc/install': {
    'node-mirror': mirror.url,
    'node-version': nodeVersion,
    'node-sha256': mirror.sha256,
    ...values,
  },
})
const VERSION = { run: 'circleci-aws-oidc --version' }
const leftOvers = (host: Host) => {
  const root = join(host.home, '.local/share/circleci-aws-oidc')
  return existsSync(root) ? readdirSync(root).filter((name) => name.startsWith('fetch')) : []
}

describe('an image without Node', { skip: without('curl', 'wget') }, () => {
  const ways = SHELLS.map((shell, index) => ({
    ...shell,
    tool: shell.busybox ? 'busybox wget' : index % 2 === 0 ? 'curl' : 'wget',
  }))
  for (const { command: shell, skip, busybox, tool } of ways) {
    test(`${shell}, ${tool}`, { skip }, async (t) => {
      const host = await openHost(t, { busybox, tools: busybox ? [] : [tool] })
      if (busybox) addTool(host.bin, 'wget', `exec ${pathOf('busybox')} wget "$@"`)
      const job = jobOf(installWith(), installWith(), 'aws-oidc/install')
      const { succeeded, output } = await runJob(host, job, { shell })
      assert.ok(succeeded, output)
      assert.match(output, new RegExp(`fetching ${archiveName}`))
      assert.deepEqual(mirror.requests, [path], 'fetched once')
      assert.deepEqual(leftOvers(host), [])
    })
  }

  test('the role is assumed, and Node stays out of the job’s PATH', async (t) => {
    const host = await openHost(t, { tools: ['curl'] })
    const role = { 'role-arn': 'arn:aws:iam::111111111111:role/circleci-oidc' }
    const job = jobOf(installWith(), { 'aws-oidc/assume-role': role }, VERSION, {
      run: '! command -v node',
    })
    const { succeeded, output } = await runJob(host, job)
    assert.ok(succeeded, output)
    assert.equal(host.sandbox.exchanges, 1)
  })

  test('a mirror from a variable', async (t) => {
    const host = await openHost(t, { tools: ['curl'] })
    const job = jobOf(installWith({ 'node-mirror': '$MIRROR', 'node-sha256': '${MIRROR_SHA256}' }))
    const env = { MIRROR: `${mirror.url}/`, MIRROR_SHA256: mirror.sha256.toUpperCase() }
    const { succeeded, output } = await runJob(host, job, { env })
    assert.ok(succeeded, output)
  })

  test('a mirror with a default, or in the middle of a text', async (t) => {
    for (const value of [`\${MIRROR:-${mirror.url}}`, 'http://${HOST}:$PORT']) {
      const host = await openHost(t, { tools: ['curl'] })
      const { hostname: HOST, port: PORT } = new URL(mirror.url)
      const job = jobOf(installWith({ 'node-mirror': value }))
      const { succeeded, output } = await runJob(host, job, { env: { HOST, PORT } })
      assert.ok(succeeded, output)
    }
  })

  test('a mirror that a context names, for every command that installs', async (t) => {
    const role = { 'role-arn': 'arn:aws:iam::111111111111:role/circleci-oidc' }
    for (const command of ['install', 'assume-role', 'doctor']) {
      mirror.requests = []
      const host = await openHost(t, { tools: ['curl'] })
      const job = jobOf({ [`aws-oidc/${command}`]: command === 'install' ? {} : role })
      const env = {
        MIRROR: mirror.url,
        AWS_OIDC_NODE_MIRROR: '$MIRROR',
        AWS_OIDC_NODE_VERSION: nodeVersion,
        AWS_OIDC_NODE_SHA256: mirror.sha256,
      }
      const { succeeded, output } = await runJob(host, job, { env })
      assert.ok(succeeded, output)
      assert.deepEqual(mirror.requests, [path])
    }
  })

  test('a context that refuses to fetch', async (t) => {
    for (const AWS_OIDC_INSTALL_NODE of ['false', '0']) {
      const host = await openHost(t, { tools: ['curl'] })
      const { steps } = await runJob(host, jobOf(installWith()), { env: { AWS_OIDC_INSTALL_NODE } })
      assert.equal(steps[0]?.code, 2)
      assert.match(steps[0]?.stderr ?? '', /install-node is false\./)
      assert.deepEqual(mirror.requests, [])
    }
  })

  test('a variable that is not set', async (t) => {
    const host = await openHost(t, { tools: ['curl'] })
    const { steps } = await runJob(host, jobOf(installWith({ 'node-mirror': '$NODE_MIRROR' })))
    assert.equal(steps[0]?.code, 2)
    assert.match(
      steps[0]?.stderr ?? '',
      /^node-mirror refers to the environment variable NODE_MIRROR, which is unset .*\nNext: set it/,
    )
  })

  test('an old Node counts as none', async (t) => {
    const host = await openHost(t, { tools: ['curl'] })
    addTool(host.bin, 'node', 'exit 1')
    const { succeeded, output } = await runJob(host, jobOf(installWith(), VERSION))
    assert.ok(succeeded, output)
  })

  test('four at once', async (t) => {
    const host = await openHost(t, { tools: ['curl'] })
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => runJob(host, jobOf(installWith()))),
    )
    for (const { succeeded, output } of runs) assert.ok(succeeded, output)
  })
})

describe('what is not the pinned Node is not run', { skip: without('curl', 'wget') }, () => {
  const cases: [string, object, () => void, RegExp, number][] = [
    [
      'a wrong checksum',
      { 'node-sha256': '0'.repeat(64) },
      () => {},
      /is not the file it should be: its SHA-256 is [0-9a-f]{64}, expected 0{64}\.\nNext: see what/,
      5,
    ],
    [
      'a truncated archive',
      {},
      () => {
        mirror.answers[path] = mirror.archive.subarray(0, 1e6)
      },
      /is not the file it should be/,
      5,
    ],
    [
      'no archive, but a page with status 200',
      {},
      () => {
        mirror.answers[path] = Buffer.from('<html>')
      },
      /is not the file it should be/,
      5,
    ],
    [
      'another file in the place of the default version',
      { 'node-version': '24.19.0', 'node-sha256': '' },
      () => {
        mirror.answers[path.replaceAll(nodeVersion, '24.19.0')] = mirror.archive
      },
      /is not the file it should be: .* expected (f625d97c|d28c8a5b|8294b7aa|d1b5e999)/,
      5,
    ],
    [
      'another version without a checksum',
      { 'node-version': '22.1.0', 'node-sha256': '' },
      () => {},
      /^The orb has no checksum of Node 22\.1\.0 for .*\nNext: set node-sha256/,
      2,
    ],
    [
      'a version that the helper does not run on, which is not even fetched',
      { 'node-version': '18.20.0' },
      () => {},
      /^node-version is "18\.20\.0", but it must be like 24\.19\.0, and no older than 20\.$/m,
      2,
    ],
    ['no whole version', { 'node-version': '24' }, () => {}, /^node-version is "24", but/, 2],
    ['half a checksum', { 'node-sha256': 'abc' }, () => {}, /^node-sha256 is "abc", but/, 2],
    [
      'a mirror that fails',
      {},
      () => {
        mirror.answers[path] = 503
      },
      /could not be fetched in 3 attempts\.\nNext: set node-mirror/,
      5,
    ],
  ]
  for (const [name, values, prepare, message, code] of cases) {
    test(name, async (t) => {
      const host = await openHost(t, { tools: ['curl'] })
      addTool(host.bin, 'sleep', ':')
      prepare()
      const { steps } = await runJob(host, jobOf(installWith(values)))
      assert.equal(steps[0]?.code, code)
      const lines = (steps[0]?.stderr ?? '').replace(/^(This image has no Node.*|curl:.*)\n/gm, '')
      assert.match(lines, message)
      assert.deepEqual(leftOvers(host), [])
      assert.ok(
        !existsSync(join(host.home, '.local/share/circleci-aws-oidc', `node-v${nodeVersion}`)),
      )
    })
  }
})

test('an archive whose checksum cannot be taken is not run', {
  skip: without('curl'),
}, async (t) => {
  for (const script of ['exit 1', ':', 'kill -9 $$']) {
    const host = await openHost(t, { tools: ['curl'] })
    rmSync(join(host.bin, 'sha256sum'))
    addTool(host.bin, 'sha256sum', script)
    const { steps } = await runJob(host, jobOf(installWith()))
    assert.equal(steps[0]?.code, 5)
    assert.match(steps[0]?.stderr ?? '', /is not the file it should be: its SHA-256 is , expected/)
    assert.deepEqual(leftOvers(host), [])
  }
})

/** What a full disk does: writes end at so many blocks of 512 bytes. */
const cramped = (host: Host, blocks: number) => {
  addTool(host.bin, 'cramped', `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`)
  return [join(host.bin, 'cramped')]
}

describe('a fetch that fails', { skip: without('curl', 'wget') }, () => {
  const tools = ['curl', 'wget', 'busybox wget'].map((tool) => {
    const [program = ''] = tool.split(' ')
    return { tool, program, skip: without(program) }
  })
  for (const { tool, program, skip } of tools) {
    const openWith = async (t: TestContext) => {
      const host = await openHost(t, { tools: program === 'busybox' ? [] : [program] })
      if (program === 'busybox') addTool(host.bin, 'wget', `exec ${pathOf('busybox')} wget "$@"`)
      addTool(host.bin, 'sleep', ':')
      return host
    }

    test(`${tool}: says why`, { skip }, async (t) => {
      const host = await openWith(t)
      mirror.answers[path] = 404
      const { steps } = await runJob(host, jobOf(installWith()))
      assert.equal(steps[0]?.code, 5)
      assert.equal(steps[0]?.stderr.match(/\b404\b/g)?.length, 3)
    })

    test(`${tool}: nothing listens there`, { skip }, async (t) => {
      const host = await openWith(t)
      const job = jobOf(installWith({ 'node-mirror': 'http://127.0.0.1:1' }))
      const { steps } = await runJob(host, job)
      assert.equal(steps[0]?.code, 5)
      assert.match(steps[0]?.stderr ?? '', /refused|connect to (127\.0\.0\.1|server)/i)
    })

    test(`${tool}: a full disk`, { skip }, async (t) => {
      const host = await openWith(t)
      const { steps } = await runJob(host, jobOf(installWith()), { under: cramped(host, 20000) })
      assert.equal(steps[0]?.code, 6)
      assert.match(steps[0]?.stderr ?? '', /could not be saved\.\nNext: free about 200 MB in /)
      assert.equal(mirror.requests.length, 1)
      assert.deepEqual(leftOvers(host), [])
    })
  }

  test('a disk too full to unpack it', async (t) => {
    const host = await openHost(t, { tools: ['curl'] })
    const blocks = Math.ceil(mirror.archive.length / 512) + 2048
    const { steps } = await runJob(host, jobOf(installWith()), { under: cramped(host, blocks) })
    assert.equal(steps[0]?.code, 6)
    assert.match(
      steps[0]?.stderr ?? '',
      /could not be unpacked\.\nNext: free about 200 MB in .* XDG_DATA_HOME/,
    )
    assert.deepEqual(leftOvers(host), [])
  })

  for (const { command: shell, skip, busybox } of SHELLS) {
    for (const [signal, code] of [
      ['INT', 130],
      ['TERM', 143],
    ] as const) {
      test(`${signal} while fetching leaves nothing under ${shell}`, { skip }, async (t) => {
        const host = await openHost(t, { busybox })
        rmSync(join(host.bin, 'node'))
        addTool(host.bin, 'curl', `kill -s ${signal} $PPID; sleep 0.1; exit 1`)
        const { steps } = await runJob(host, jobOf(installWith()), { shell })
        assert.equal(steps[0]?.code, code, steps[0]?.stderr)
        assert.deepEqual(leftOvers(host), [])
      })
    }
  }
})

describe('where there is nothing to fetch', { skip: without('curl', 'wget') }, () => {
  const NEXT = /\nNext: use an image with Node \(cimg\/node, /

  test('install-node: false', async (t) => {
    const host = await openHost(t, { tools: ['curl'] })
    const { steps } = await runJob(host, jobOf(installWith({ 'install-node': false })))
    assert.equal(steps[0]?.code, 2)
    assert.match(steps[0]?.stderr ?? '', /^This image has no Node 20 .* install-node is false\./)
    assert.match(steps[0]?.stderr ?? '', NEXT)
    assert.deepEqual(mirror.requests, [])
  })

  for (const [name, present, absent, message] of [
    [
      'curl',
      [],
      [],
      /, and neither curl nor wget to fetch it\.\nNext: .*, or install curl or wget/,
    ],
    [
      'sha256sum',
      ['curl'],
      ['sha256sum'],
      /, and no sha256sum to check one with\.\nNext: .*, or inst/,
    ],
    [
      'mktemp',
      ['wget'],
      ['mktemp'],
      /, and no mktemp to unpack one with\.\nNext: .*, or install mktemp/,
    ],
    ['tar', ['curl'], ['tar'], /, and no tar to unpack one with\.\nNext: .*, or install tar in an/],
  ] as const) {
    test(`no ${name}`, async (t) => {
      const host = await openHost(t, { tools: present })
      for (const tool of absent) rmSync(join(host.bin, tool))
      const { steps } = await runJob(host, jobOf(installWith()))
      assert.equal(steps[0]?.code, 2)
      assert.match(steps[0]?.stderr ?? '', message)
      assert.doesNotMatch(steps[0]?.stderr ?? '', /fetching/)
      assert.match(steps[0]?.stderr ?? '', NEXT)
      assert.deepEqual(mirror.requests, [])
    })
  }

  test('a machine there is no Node for', async (t) => {
    const host = await openHost(t, { tools: ['curl'] })
    addTool(host.bin, 'uname', 'echo sparc')
    const { steps } = await runJob(host, jobOf(installWith()))
    assert.equal(steps[0]?.code, 2)
    assert.match(steps[0]?.stderr ?? '', /there is none to fetch for sparc sparc\./)
  })
})

describe('Alpine', () => {
  const adds = (node: string) => `[ "$*" = "add --no-cache nodejs" ] && cp ${node} "\${0%/*}/node"`

  test('root adds the package', async (t) => {
    const host = await openHost(t, { tools: ['cp'] })
    addTool(host.bin, 'id', 'echo 0')
    addTool(host.bin, 'apk', adds(process.execPath))
    const { succeeded, output } = await runJob(host, jobOf(installWith(), VERSION))
    assert.ok(succeeded, output)
    assert.deepEqual(mirror.requests, [])
  })

  test('another user does through sudo', async (t) => {
    const host = await openHost(t, { tools: ['cp'] })
    addTool(host.bin, 'id', 'echo 1000')
    addTool(host.bin, 'sudo', '[ "$1" = -n ] && shift && exec "$@"')
    addTool(host.bin, 'true', 'exit 0')
    addTool(host.bin, 'apk', adds(process.execPath))
    const { succeeded, output } = await runJob(host, jobOf(installWith(), VERSION))
    assert.ok(succeeded, output)
  })

  for (const [name, apk, id, message] of [
    ['another user without sudo', 'exit 0', '1000', /only root can add the package nodejs\./],
    ['a package that is too old', 'exit 0', '0', /this Alpine's package nodejs is older\./],
    ['no repository', 'exit 1', '0', /apk add nodejs failed\./],
  ] as const) {
    test(name, async (t) => {
      const host = await openHost(t, { tools: [] })
      addTool(host.bin, 'id', `echo ${id}`)
      addTool(host.bin, 'apk', apk)
      const { steps } = await runJob(host, jobOf(installWith()))
      assert.equal(steps[0]?.code, 2)
      assert.match(steps[0]?.stderr ?? '', message)
    })
  }
})
