import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { version } from '../../package.json'
import { startSandbox } from '../../src/sandbox/server.ts'
import { npmTool, withoutNpmTools } from './npm-tools.ts'

const root = mkdtempSync(join(tmpdir(), 'package-'))
after(() => rmSync(root, { recursive: true, force: true }))

const NPM_PACK = ['pack', '--silent', '--ignore-scripts', '--pack-destination', root]
execFileSync('npm', NPM_PACK, { stdio: ['ignore', 'ignore', 'inherit'] })
const tarball = join(root, readdirSync(root).find((name) => name.endsWith('.tgz')) ?? '')

/** A project of its own with an empty home; `node` comes first on PATH. */
function project(name: string, node = process.execPath) {
  const directory = join(root, name)
  const home = join(directory, 'home')
  mkdirSync(home, { recursive: true })
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ name: 'user', version: '1.0.0', private: true }),
  )
  // Where packages come from is a matter of the machine.
  const own = Object.entries(process.env).filter(([name]) =>
    /^npm_config_|_proxy$|^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(name),
  )
  const env = {
    npm_config_userconfig: join(homedir(), '.npmrc'),
    npm_config_cache: join(homedir(), '.npm'),
    ...Object.fromEntries(own),
    HOME: home,
    PATH: [join(directory, 'bin'), dirname(node), process.env['PATH']].join(delimiter),
    npm_config_prefix: directory,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  }
  const run = (command: string, args: readonly string[]) => {
    const result = spawnSync(command, args, {
      cwd: directory,
      env,
      encoding: 'utf8',
      timeout: 300_000,
    })
    assert.equal(
      result.status,
      0,
      `${command} ${args.join(' ')}\n${result.stdout}${result.stderr}${result.error ?? ''}`,
    )
    return result.stdout.trim()
  }
  return { directory, env, run }
}

const NAME = 'circleci-aws-oidc'

describe('the tarball in an empty home', () => {
  test('npm install, npx', () => {
    const { run } = project('npm')
    run('npm', ['install', tarball])
    assert.equal(run('npx', ['--no', '--', NAME, '--version']), version)
    assert.match(run('npx', ['--no', '--', NAME, 'explain', 'token-expired']), /^## token-expired/)
  })

  test('npx of the file itself', () => {
    const { run } = project('npx')
    assert.equal(run('npx', ['--yes', '--package', tarball, NAME, '--version']), version)
  })

  test('npm install --global', () => {
    const { run } = project('global')
    run('npm', ['install', '--global', tarball])
    assert.equal(run(NAME, ['--version']), version)
  })

  for (const [name, tool, add, exec] of [
    ['pnpm', 'pnpm/bin/pnpm.cjs', ['add'], ['exec']],
    ['yarn', 'yarn/bin/yarn.js', ['add'], ['--silent', 'run']],
  ] as const) {
    test(name, { skip: withoutNpmTools(tool) }, () => {
      const { run } = project(name)
      run(process.execPath, [npmTool(tool), ...add, tarball])
      assert.equal(run(process.execPath, [npmTool(tool), ...exec, NAME, '--version']), version)
    })
  }

  const bun = '@oven/bun-linux-x64/bin/bun'
  test('bun', { skip: withoutNpmTools(bun) }, () => {
    const { run } = project('bun')
    run(npmTool(bun), ['add', tarball])
    assert.equal(run(npmTool(bun), ['x', NAME, '--version']), version)
  })
})

test('from git: prepare builds it', () => {
  const clone = join(root, 'clone')
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${process.cwd()}`, clone])
  const { run } = project('git')
  run('npm', ['install', `git+file://${clone}`])
  assert.match(run('npx', ['--no', '--', NAME, '--version']), /^\d+\.\d+\.\d+$/)
  assert.match(run('npx', ['--no', '--', NAME, 'explain', 'token-expired']), /^## token-expired/)
})

for (const name of ['node20', 'node22', 'node24', 'node26']) {
  const tool = `${name}/bin/node`
  test(`${name} runs it`, { skip: withoutNpmTools(tool) }, async (t) => {
    const { directory, env, run } = project(name, npmTool(tool))
    run('npm', ['install', tarball])
    const sandbox = await startSandbox()
    t.after(() => sandbox.close())
    const cli = join(directory, 'node_modules', NAME, 'dist/circleci-aws-oidc.cjs')
    const role = 'arn:aws:iam::111111111111:role/circleci-oidc'
    const token = await sandbox.mint()
    const child = spawn(npmTool(tool), [cli, 'assume-role', '--role-arn', role], {
      env: { ...env, AWS_ENDPOINT_URL_STS: sandbox.url, CIRCLE_OIDC_TOKEN_V2: token },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [code] = await once(child, 'exit')
    assert.equal(code, 0)
    assert.equal(sandbox.exchanges, 1)
  })
}
