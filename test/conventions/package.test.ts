import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Metafile } from 'esbuild'
import { parse } from 'yaml'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))

test('versions are pinned exactly', () => {
  const { dependencies = {}, devDependencies } = manifest
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)),
  )
  assert.deepEqual(loose, [])
  const python = readFileSync('test/requirements.txt', 'utf8').split('\n')
  const required = python.filter((line) => line !== '' && !line.startsWith('#'))
  assert.ok(required.length > 0)
  assert.deepEqual(
    required.filter((line) => !/^[\w.[\]-]+==[\w.]+$/.test(line)),
    [],
  )
})

test('the bundle holds all it needs: nothing is installed with the package', () => {
  for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies']) {
    assert.equal(manifest[kind], undefined)
  }
  const { install, postinstall, preinstall } = manifest.scripts
  assert.deepEqual([preinstall, install, postinstall], [undefined, undefined, undefined])
})

test('the lock file has the versions of package.json, and no place to download from', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  assert.equal(lock.version, manifest.version)
  for (const [name, version] of Object.entries(manifest.devDependencies)) {
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name)
  }
  for (const [name, place] of Object.entries<{ resolved?: string }>(lock.packages)) {
    assert.equal(place.resolved, undefined, name)
  }
})

test('the package holds the bundles and the pages, and nothing else', () => {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=silent']
  const [packed] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8' }))
  const paths: string[] = packed.files.map(({ path }: { path: string }) => path)
  const wanted =
    /^(dist\/([\w-]+\.cjs|THIRD-PARTY-NOTICES\.txt)|docs\/[\w./-]+|(README|CHANGELOG|CONTRIBUTING|SECURITY)\.md|LICENSE|package\.json)$/
  assert.deepEqual(
    paths.filter((path) => !wanted.test(path)),
    [],
  )
  const needed = [
    ...['LICENSE', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
    ...['docs/troubleshooting.md', 'docs/errors/aws.md', 'dist/THIRD-PARTY-NOTICES.txt'],
  ]
  const bundles = ['circleci-aws-oidc', 'sandbox', 'sandbox-circleci']
  for (const path of [...needed, ...bundles.map((name) => `dist/${name}.cjs`)]) {
    if (existsSync(path)) assert.ok(paths.includes(path), `${path} is missing in the package`)
    else assert.fail(`${path} is missing`)
  }
})

test('the executable has a shebang and no path of the machine that built it', () => {
  const text = readFileSync(manifest.bin['circleci-aws-oidc'], 'utf8')
  assert.ok(text.startsWith('#!/usr/bin/env node\n'))
  assert.ok(!text.includes(process.cwd()))
})

test('the notices name every package that the bundles have code of, with its licence', () => {
  const { outputs } = JSON.parse(readFileSync('dist/metafile.json', 'utf8')) as Metafile
  const text = readFileSync('dist/THIRD-PARTY-NOTICES.txt', 'utf8')
  const used = Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
  assert.ok(new Set(used).size > 15)
  for (const name of new Set(used)) {
    const { version, license } = JSON.parse(
      readFileSync(`node_modules/${name}/package.json`, 'utf8'),
    )
    assert.ok(text.includes(`\n${name} ${version} (${license})\n`), name)
  }
  assert.match(text, /Permission is hereby granted, free of charge/)
  assert.match(text, /Apache License\s+Version 2\.0, January 2004/)
})

test('one line of package.json says where the repository is; npm derives homepage and bugs from it', () => {
  assert.match(manifest.repository, /^github:[\w.-]+\/[\w.-]+$/)
  assert.deepEqual([manifest.homepage, manifest.bugs], [undefined, undefined])
  const url = manifest.repository.replace('github:', 'https://github.com/')
  const { display } = parse(readFileSync('orb/@orb.yml', 'utf8'))
  assert.deepEqual(display, { home_url: url, source_url: url })
})
