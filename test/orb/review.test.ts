import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, test } from 'node:test'
import { parse, parseDocument, visit } from 'yaml'
import { version } from './packed-orb.ts'
import type { Values } from './parameters.ts'

// The review rules of orb-tools 12 as far as they need no network (RC006 and RC007 do):
// https://circleci.com/developer/orbs/orb/circleci/orb-tools#jobs-review

interface Source {
  readonly path: string
  readonly text: string
  readonly value: Values
}

function read(folder: string): Source[] {
  return readdirSync(join('orb', folder)).map((name) => {
    const path = join('orb', folder, name)
    const text = readFileSync(path, 'utf8')
    return { path, text, value: parse(text) }
  })
}

const components = ['commands', 'jobs', 'executors'].flatMap(read)
const examples = read('examples')
const main: Values = parse(readFileSync('orb/@orb.yml', 'utf8'))

/** Every `run` step of a component, however deep. */
function runSteps(value: unknown): Values[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'run' in value ? [value.run as Values] : []
  return [...own, ...Object.values(value).flatMap(runSteps)]
}
const runs = components.flatMap(({ value }) => runSteps(value))

describe('review', () => {
  test('RC001: source_url', () => {
    assert.match(String((main['display'] as Values)['source_url']), /^https:\/\//)
  })

  test('RC002: descriptions', () => {
    for (const { path, value } of [...components, ...examples]) {
      assert.ok(value['description'], path)
    }
  })

  test('RC003, RC004: examples, named by what they show', () => {
    assert.ok(examples.length > 0)
    for (const { path } of examples) assert.doesNotMatch(basename(path), /example/)
  })

  test('RC005: the orb’s description', () => {
    assert.ok(String(main['description']).length >= 64)
  })

  test('RC008, RC009: run steps have names, longer commands are included', () => {
    assert.ok(runs.length > 0)
    for (const run of runs) {
      assert.ok(run['name'], JSON.stringify(run))
      const command = String(run['command'])
      assert.ok(command.length <= 64 || command.startsWith('<<include('), command)
    }
  })

  // RC010 wants snake_case. Our names are those of AWS's command line, as in `assume-role`.

  test('RC011: examples use the version of this source', () => {
    for (const { path, value } of examples) {
      const orbs = (value['usage'] as Values)['orbs'] as Values
      assert.equal(String(orbs['aws-oidc']).split('@')[1], version, path)
    }
  })

  test('RC012: no variable as the default of a parameter', () => {
    for (const { path, value } of components) {
      for (const parameter of Object.values(value['parameters'] ?? {})) {
        assert.doesNotMatch(String((parameter as Values)['default']), /\$/, path)
      }
    }
  })
})

test('every parameter has a description', () => {
  for (const { path, value } of components) {
    for (const [name, parameter] of Object.entries(value['parameters'] ?? {})) {
      assert.ok((parameter as Values)['description'], `${path}: ${name}`)
    }
  }
})

test('names are those CircleCI takes', () => {
  for (const { path, value } of components) {
    const names = [basename(path, '.yml'), ...Object.keys(value['parameters'] ?? {})]
    for (const name of names) assert.match(name, /^[a-z][a-z0-9_-]*$/, path)
    for (const name of ['name', 'requires', 'context', 'type', 'filters', 'matrix']) {
      assert.ok(!path.includes('jobs/') || !names.slice(1).includes(name), `${path}: ${name}`)
    }
  }
})

test('no scalar that YAML 1.1 reads as a boolean', () => {
  for (const { path, text } of [...components, ...examples]) {
    visit(parseDocument(text), {
      Scalar(_, { type, source }) {
        if (type === 'PLAIN') assert.doesNotMatch(source ?? '', /^(y|n|yes|no|on|off)$/i, path)
      },
    })
  }
})

test('parameters reach a step through its environment and its name only', () => {
  for (const run of runs) {
    const { environment: _, name: __, when, ...rest } = run
    assert.doesNotMatch(JSON.stringify(rest), /<<\s*parameters/)
    assert.ok(when === undefined || when === '<<parameters.when>>')
  }
})
