import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { compile } from './compile.ts'

const ORB = `
commands:
  greet:
    parameters:
      whom: { type: string, default: world }
      loud: { type: boolean, default: false }
      how: { type: enum, enum: [gently, firmly], default: gently }
      times: { type: integer, default: 1 }
      then: { type: steps, default: [] }
    steps:
      - run:
          name: Greet <<parameters.whom>>
          command: echo "\\<< <<parameters.loud>>"
          environment: { WHOM: <<parameters.whom>>, LOUD: <<parameters.loud>>, TIMES: <<parameters.times>> }
      - unless:
          condition: <<parameters.loud>>
          steps: [quietly]
      - steps: <<parameters.then>>
  quietly:
    steps:
      - run: { command: 'true', when: always }
jobs:
  all:
    parameters: { exec: { type: executor, default: own }, steps: { type: steps } }
    executor: <<parameters.exec>>
    steps: [{ steps: <<parameters.steps>> }]
executors:
  own: { parameters: { tag: { type: string, default: '1' } }, docker: [{ image: 'a:<<parameters.tag>>' }] }
`

function resolve(config: string) {
  return compile({ ...parse(config), orbs: { o: parse(ORB) } })
}
const steps = (...list: string[]) =>
  `jobs: { j: { docker: [{ image: x }], steps: [${list.join(', ')}] } }`

describe('resolving a config', () => {
  test('parameters: defaults, text, environment', () => {
    const [job] = resolve(steps('{ o/greet: { whom: "a <<b", times: 123456789012 } }'))
    const [greet, quiet] = job?.steps ?? []
    assert.equal(greet?.name, 'Greet a <<b')
    assert.equal(greet?.command, 'echo "<< false"')
    // As facts say: booleans are 1 and 0, long numbers lose their form.
    assert.deepEqual(greet?.environment, {
      WHOM: 'a <<b',
      LOUD: '0',
      TIMES: '1.23456789012e+11',
    })
    assert.equal(quiet?.when, 'always')
  })

  test('when, unless, steps of the caller', () => {
    const [job] = resolve(`
      commands: { mine: { steps: [{ run: echo mine }] } }
      ${steps('{ o/greet: { loud: true, then: [mine, { run: echo own }] } }').trim()}`)
    assert.deepEqual(
      job?.steps.map(({ command }) => command),
      ['echo "<< true"', 'echo mine', 'echo own'],
    )
  })

  test('CircleCI’s own steps are told by the step after them', () => {
    const [job] = resolve(steps('checkout', '{ run: a }', '{ run: b }', 'setup_remote_docker'))
    assert.deepEqual(
      job?.steps.map(({ command, after }) => [command, ...after]),
      [['a', 'checkout'], ['b']],
    )
  })

  test('jobs of an orb, executors, pre- and post-steps', () => {
    const [one, two] = resolve(`
      executors: { mine: { docker: [{ image: b }], environment: { A: true } } }
      workflows:
        w:
          jobs:
            - o/all: { exec: { name: own, tag: '2' }, steps: [{ run: x }], pre-steps: [checkout, { run: p }] }
            - o/all: { exec: mine, name: second, steps: [], post-steps: [{ run: q }], requires: [all] }`)
    assert.deepEqual(one?.executor, { docker: [{ image: 'a:2' }] })
    assert.deepEqual(
      one?.steps.map(({ command }) => command),
      ['p', 'x'],
    )
    assert.equal(two?.name, 'second')
    assert.deepEqual(two?.environment, { A: '1' })
    assert.deepEqual(
      two?.steps.map(({ command }) => command),
      ['q'],
    )
  })

  test('a matrix is a job for each combination', () => {
    const jobs = resolve(`
      jobs:
        deploy:
          parameters: { service: { type: string }, stage: { type: string } }
          docker: [{ image: a }]
          steps: [{ run: 'make <<parameters.service>> <<parameters.stage>>' }]
      workflows: { w: { jobs: [{ deploy: { matrix: { parameters: { service: [x, y], stage: [s, t] } } } }] } }`)
    assert.deepEqual(
      jobs.flatMap(({ steps }) => steps.map(({ command }) => command)),
      ['make x s', 'make x t', 'make y s', 'make y t'],
    )
  })

  for (const [name, config, message] of [
    ['an unknown parameter', steps('{ o/greet: { who: x } }'), /Unexpected argument\(s\): who/],
    ['a wrong type', steps('{ o/greet: { whom: 1 } }'), /whom: expected string, found 1/],
    ['a wrong choice', steps('{ o/greet: { how: badly } }'), /"badly" is not one of gently,firmly/],
    ['a missing one', 'workflows: { w: { jobs: [o/all] } }', /Missing argument: steps/],
    ['an unknown command', steps('o/nope'), /Cannot find a definition for o\/nope/],
    ['an unknown variable', steps('{ run: { command: "<<parameters.x>>" } }'), /Unknown variable/],
  ] as const) {
    test(`${name} is refused`, () => assert.throws(() => resolve(config), { message }))
  }
})
