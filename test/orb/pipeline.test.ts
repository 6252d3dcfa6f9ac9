import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { pathOf, without } from '../tools/programs.ts'
import { runConfig } from './config-run.ts'
import { NodeMirror } from './node-mirror.ts'
import { version } from './packed-orb.ts'
import type { Values } from './parameters.ts'
import { addTool, linkTools } from './tools.ts'

// The pipeline of this repository itself.
const setup: Values = parse(readFileSync('.circleci/config.yml', 'utf8'))
const deploy: Values = parse(readFileSync('.circleci/test-deploy.yml', 'utf8'))

interface Use {
  readonly job: string
  readonly name: string
  readonly requires: readonly string[]
  readonly filters: { readonly tags?: { only: string }; readonly branches?: { ignore: string } }
}

function uses(config: Values): Use[] {
  const workflows = Object.values(config['workflows'] as Record<string, { jobs: Values[] }>)
  return workflows.flatMap(({ jobs }) =>
    jobs.map((entry) => {
      const [[job, body] = ['', {}]] = Object.entries(entry) as [string, Partial<Use>][]
      return { job, name: job, requires: [], filters: {}, ...body }
    }),
  )
}

for (const [file, config] of Object.entries({ 'config.yml': setup, 'test-deploy.yml': deploy })) {
  describe(file, () => {
    test('every job runs for tags', () => {
      for (const { name, filters } of uses(config)) assert.ok(filters.tags?.only, name)
    })

    test('what a job requires is there', () => {
      const names = uses(config).map(({ name }) => name)
      for (const { name, requires } of uses(config)) {
        for (const one of requires) assert.ok(names.includes(one), `${name} requires ${one}`)
      }
    })
  })
}

test('only tags of versions are published, after all tests', () => {
  const publishing = uses(deploy).filter(({ job }) => job.includes('publish'))
  assert.equal(publishing.length, 2)
  const tests = uses(deploy).filter(({ job }) => !/\/|publish|build/.test(job))
  for (const { filters, requires, name } of publishing) {
    assert.equal(filters.tags?.only, '/^v[0-9]+\\.[0-9]+\\.[0-9]+$/')
    assert.equal(filters.branches?.ignore, '/.*/')
    const packed = uses(deploy).find(({ job }) => job === 'orb-tools/pack')?.requires ?? []
    const isOrb = requires.includes('orb-tools/pack')
    // The orb fetches the package, so that is there first.
    if (isOrb) assert.ok(requires.includes('publish-npm'))
    const all = isOrb ? packed : requires
    assert.deepEqual([...all].sort(), tests.map((one) => one.name).sort(), name)
  }
})

describe('what is published is what the tag says', () => {
  /** A clone with a commit that is on main, and one that is not. */
  const clone = (t: TestContext) => {
    const root = mkdtempSync(join(tmpdir(), 'tag-'))
    t.after(() => rmSync(root, { recursive: true, force: true }))
    const script = `set -e
git init -q -b main origin && cd origin
git config user.name tester && git config user.email tester@example.com
echo '{"version": "${version}"}' > package.json && git add . && git commit -qm one
cd .. && git clone -q origin clone && cd clone
git config user.name tester && git config user.email tester@example.com
git checkout -q -b side && git commit -q --allow-empty -m side && git checkout -q main`
    const { status, stderr } = spawnSync('sh', ['-c', script], { cwd: root, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    return join(root, 'clone')
  }
  const check = (cwd: string, tag: string) =>
    spawnSync('sh', [resolve('.circleci/check-tag.sh')], {
      cwd,
      env: { PATH: process.env['PATH'], CIRCLE_TAG: tag },
      encoding: 'utf8',
    })

  for (const [tag, code] of [
    [`v${version}`, 0],
    ['v99.0.0', 1],
    [`v${version}0`, 1],
    [version, 1],
  ] as const) {
    test(tag, (t) => {
      const { status, stderr } = check(clone(t), tag)
      assert.equal(status, code, stderr)
      const message = `The tag is ${tag}, but package.json says ${version}: nothing is published.\n`
      if (code !== 0) assert.ok(stderr.startsWith(message), stderr)
    })
  }

  test('a tag beside main', (t) => {
    const directory = clone(t)
    spawnSync('git', ['checkout', '-q', 'side'], { cwd: directory })
    const { status, stderr } = check(directory, `v${version}`)
    assert.equal(status, 1)
    assert.match(
      stderr,
      /^The tag v\S+ is not on main: nothing is published\.\nNext: delete the tag; merge/,
    )
  })

  test('the package is the file that the orb has the hash of, and no script runs', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'publish-'))
    t.after(() => rmSync(root, { recursive: true, force: true }))
    const bin = linkTools(join(root, 'bin'), ['grep', 'node', 'sed', 'sh'])
    addTool(
      bin,
      'npm',
      'if [ "$1" = config ]; then echo https://registry.example.com/; else echo "npm $*"; fi',
    )
    addTool(bin, 'circleci', 'echo token')
    for (const name of ['dist', 'orb/dist']) mkdirSync(join(root, name), { recursive: true })
    writeFileSync(join(root, 'dist/it-1.0.0.tgz'), 'package')
    const publish = (hash: string) => {
      writeFileSync(join(root, 'orb/dist/npm.sh'), `expected=sha512-${hash}\n`)
      const options = { cwd: root, env: { PATH: bin }, encoding: 'utf8' } as const
      return spawnSync(pathOf('sh'), [resolve('.circleci/publish-npm.sh')], options)
    }
    const hash = createHash('sha512').update('package').digest('base64')
    assert.equal(
      publish(hash).stdout,
      'npm publish dist/it-1.0.0.tgz --access public --ignore-scripts\n',
    )
    const refused = publish(createHash('sha512').update('other').digest('base64'))
    assert.deepEqual([refused.status, refused.stdout], [1, ''])
    assert.match(
      refused.stderr,
      /is not the package that the orb was packed with: nothing is published/,
    )
  })

  test('both publications wait for that', () => {
    const { steps } = (deploy['jobs'] as Record<string, { steps: unknown[] }>)['version'] ?? {}
    assert.deepEqual(steps, ['checkout', { run: 'sh .circleci/check-tag.sh' }])
    const required = (name: string): string[] => {
      const { requires = [] } = uses(deploy).find((one) => one.name === name) ?? {}
      return [...requires, ...requires.flatMap(required)]
    }
    const publishing = uses(deploy).filter(({ job }) => job.includes('publish'))
    for (const { name } of publishing) assert.ok(required(name).includes('version'), name)
  })
})

test('orb-tools gets a kind of repository that it knows', () => {
  const kinds = [...uses(setup), ...uses(deploy)].flatMap((use) =>
    'vcs_type' in use ? [use.vcs_type] : [],
  )
  assert.deepEqual(kinds, ['github', 'github'])
})

describe('entering the sandbox', () => {
  const enter = (t: TestContext, exports: string) => {
    const directory = mkdtempSync(join(tmpdir(), 'enter-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    linkTools(join(directory, 'bin'), ['grep', 'sed', 'sh'])
    addTool(join(directory, 'bin'), 'sleep', ':')
    addTool(
      join(directory, 'bin'),
      'cygpath',
      `[ "$1" = 'C:\\Temp\\a b\\bin' ] && echo '/c/Temp/a b/bin'`,
    )
    const variables = join(directory, 'job.sh')
    writeFileSync(variables, exports)
    if (exports !== '') writeFileSync(join(directory, 'sandbox.env'), `. '${variables}'\n`)
    const bashEnv = join(directory, 'bash_env')
    const result = spawnSync(pathOf('sh'), [resolve('.circleci/enter-sandbox.sh')], {
      cwd: directory,
      env: { PATH: join(directory, 'bin'), BASH_ENV: bashEnv },
      encoding: 'utf8',
    })
    return { ...result, bashEnv, directory }
  }

  test('one that does not start', (t) => {
    const { status, stderr } = enter(t, '')
    assert.equal(status, 1)
    assert.match(stderr, /^The sandbox did not start within 60 seconds\. Next: /)
  })

  test('in bash.exe, with the PATH of Windows', (t) => {
    const text = [
      "export BASH_ENV='C:\\Temp\\bash_env'",
      `export PATH='C:\\Temp\\a b\\bin':"$PATH"`,
      'export CIRCLE_OIDC_TOKEN_V2=token',
    ].join('\n')
    const { status, stderr, bashEnv, directory } = enter(t, text)
    assert.equal(status, 0, stderr)
    const PATH = join(directory, 'bin')
    const after = spawnSync(pathOf('sh'), ['-c', `. '${bashEnv}'; echo "$PATH $BASH_ENV"`], {
      env: { PATH },
      encoding: 'utf8',
    })
    assert.equal(after.stdout, `/c/Temp/a b/bin:${PATH} \n`)
  })
})

const mirror = new NodeMirror()
before(() => mirror.listen())
after(() => mirror.close())

describe('the jobs that use the injected orb', () => {
  for (const [name, use] of Object.entries({
    'an image with Node': { docker: { image: 'cimg/node:lts' } },
    'an image without': { docker: { image: 'cimg/base:current' } },
    Alpine: 'alpine',
    Windows: 'windows',
    'a machine': { machine: { 'resource-class': 'medium' } },
  })) {
    const skip = name === 'Alpine' ? without('busybox', 'curl') : without('curl')
    test(name, { skip }, async (t) => {
      const [run] = await runConfig(t, { ...deploy, workflows: { w: { jobs: [use] } } }, mirror)
      assert.ok(run?.result.succeeded, run?.result.output)
      const who = run.result.steps.find(({ name }) => name.startsWith('Show AWS caller identity'))
      assert.match(who?.stdout ?? '', /arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//)
    })
  }
})
