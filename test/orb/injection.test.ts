import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { isFull } from '../attack/size.ts'
import { without } from '../tools/programs.ts'
import { jobOf } from './config.ts'
import { BASH, type Host, openHost, runJob, type StepResult } from './job-runner.ts'
import { orb } from './packed-orb.ts'
import type { Values } from './parameters.ts'
import { addTool } from './tools.ts'

/** Each would run `pwn` in one way of mishandling it. */
const HOSTILE = [
  '$(pwn)',
  '`pwn`',
  '${pwn:-$(pwn)}',
  '"; pwn; "',
  "'; pwn; '",
  '\'"; pwn; "\'',
  '| pwn',
  '|| pwn',
  '& pwn &',
  '\npwn\n',
  '> pwned; pwn',
  '<(pwn)',
  '*; pwn',
  '--help; pwn',
  '-o pwned',
  "\\'; pwn #",
  '#\npwn',
  '~/$(pwn)',
  'http://127.0.0.1:1/$(pwn)',
  'https://127.0.0.1:1/`pwn`/;pwn',
  '() { :;}; pwn',
  '$AWS_OIDC_PWN',
  '24.19.0;pwn',
  `${'a'.repeat(64)};pwn`,
  'file://$(pwn)',
  '{"Statement":"$(pwn)"}',
]

interface Command {
  readonly parameters: Readonly<Record<string, Values>>
}
const commands = orb['commands'] as Readonly<Record<string, Command>>

/** Every string parameter of every command. */
const targets = Object.entries(commands).flatMap(([command, { parameters }]) =>
  Object.entries(parameters)
    .filter(([, { type }]) => type === 'string')
    .map(([parameter]) => ({ command, parameter })),
)

async function victim(t: Parameters<typeof openHost>[0], tools: readonly string[]): Promise<Host> {
  const host = await openHost(t, { tools })
  addTool(host.bin, 'pwn', `: > '${join(host.root, 'executed').replaceAll("'", `'\\''`)}'`)
  addTool(host.bin, 'sleep', ':')
  return host
}

/** Clean: it worked, or the helper or the step refused it with a message, and nothing ran. */
function assertClean(host: Host, value: string, { code, stdout, stderr }: StepResult): void {
  // The doctor's findings are its result.
  const output = stdout + stderr
  const where = `${JSON.stringify(value)}: ${output}`
  assert.ok(!existsSync(join(host.root, 'executed')), `executed ${where}`)
  assert.deepEqual(
    // A file may be called like the whole value, where the parameter is a path.
    readdirSync(host.root).filter((name) => /pwned|--/.test(name) && !HOSTILE.includes(name)),
    [],
    where,
  )
  assert.ok([0, 2, 3, 4, 5, 6].includes(code), `exit code ${code} for ${where}`)
  if (code !== 0) assert.match(output, /\w/, where)
  assert.doesNotMatch(output, /syntax error|pwn: (command )?not found|internal-error/, where)
}

describe('a parameter is data', { skip: without('dash', 'curl') }, () => {
  for (const [turn, { command, parameter }] of targets.entries()) {
    test(`${command}, ${parameter}`, async (t) => {
      const needsInstall = command !== 'install'
      const host = await victim(t, needsInstall ? ['node'] : ['curl'])
      const base: Values = {
        'role-arn': 'arn:aws:iam::111111111111:role/circleci-oidc',
        'timeout-seconds': '5',
        'max-attempts': '1',
        ...(needsInstall ? { helper: 'installed' } : {}),
      }
      if (needsInstall) await runJob(host, jobOf('aws-oidc/install'))
      for (const [index, value] of HOSTILE.entries()) {
        // Each value with a third of the parameters; `npm run attack` takes all of them.
        if (!isFull && (index + turn) % 3 > 0) continue
        const known = Object.entries(base).filter(([name]) => commands[command]?.parameters[name])
        const given = { ...Object.fromEntries(known), [parameter]: value }
        const { steps } = await runJob(host, jobOf({ [`aws-oidc/${command}`]: given }), {
          shell: index % 2 === 0 ? BASH : 'dash -e',
        })
        const step = steps.at(-1)
        assert.ok(step)
        assertClean(host, value, step)
        rmSync(host.bashEnv, { force: true })
      }
    })
  }
})
