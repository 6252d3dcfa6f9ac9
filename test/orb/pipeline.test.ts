import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import { runConfig } from './config-run.ts'
import { NodeMirror } from './node-mirror.ts'
import type { Values } from './parameters.ts'
import { findTool } from './tools.ts'

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
    const direct = new Set(requires)
    const pack = uses(deploy).find(({ job }) => job === 'orb-tools/pack')
    const all = direct.has('orb-tools/pack') ? pack?.requires : requires
    assert.deepEqual([...(all ?? [])].sort(), tests.map((one) => one.name).sort(), name)
  }
})

const mirror = new NodeMirror()
before(() => mirror.listen())
after(() => mirror.close())

describe('the jobs that use the injected orb', () => {
  for (const [name, use] of Object.entries({
    'an image with Node': { docker: { image: 'cimg/node:lts' } },
    'an image without': { docker: { image: 'cimg/base:current' } },
    Alpine: 'alpine',
    'a machine': { machine: { 'resource-class': 'medium' } },
  })) {
    const missing = name === 'Alpine' && process.env['CI'] !== 'true' && !findTool('busybox')
    test(name, { skip: missing && 'busybox is not on this machine' }, async (t) => {
      const [run] = await runConfig(t, { ...deploy, workflows: { w: { jobs: [use] } } }, mirror)
      assert.ok(run?.result.succeeded, run?.result.output)
      const who = run.result.steps.find((step) => step.name === 'Show AWS caller identity')
      assert.match(who?.stdout ?? '', /arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//)
    })
  }
})
