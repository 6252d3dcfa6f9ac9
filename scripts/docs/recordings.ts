import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { terminalSvg } from './terminal-svg.ts'

interface Recording {
  readonly path: string
  readonly title: string
  /** Run by sh in a job of the sandbox; its last command may fail. */
  readonly script: string
  /** Files beside it. */
  readonly files?: Readonly<Record<string, string>>
  readonly world?: object
}

const ISSUER = 'oidc.circleci.com/org/a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'

/** It was written for V1 tokens, whose subject ends after the user. */
const FOR_V1 = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${ISSUER}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          [`${ISSUER}:sub`]:
            'org/a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab/project/3c2d5e10-77aa-4f6b-8d0e-fedcba987654/user/8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31',
        },
      },
    },
  ],
}

export const RECORDINGS: readonly Recording[] = [
  {
    path: 'docs/pictures/demo.svg',
    title: 'npm run demo: assume-role and whoami in the sandbox',
    script: `. ${resolve('scripts/demo.sh')}`,
  },
  {
    path: 'docs/pictures/doctor.svg',
    title: 'doctor finds why AWS refuses a role, and says how to mend it',
    script: `
      command="npx circleci-aws-oidc doctor --role-arn arn:aws:iam::111111111111:role/deploy --trust-policy trust-policy.json"
      echo "$ $command"
      eval "\${command#npx }"`,
    files: { 'trust-policy.json': JSON.stringify(FOR_V1) },
    world: {
      accounts: {
        '111111111111': {
          providers: [
            { url: `https://${ISSUER}`, clientIds: ['a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'] },
          ],
          roles: [{ name: 'deploy', trustPolicy: FOR_V1 }],
        },
      },
    },
  },
]

/** What differs from run to run, and what a recording has instead. */
const SCRUBBED: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d(\.\d{3})?/g, '2026-11-21$107:55:33'],
  [/\bin 5\d minutes/g, 'in 59 minutes'],
  [/\bARO[A-Z0-9]{17,18}\b/g, 'AROABPYPEBIDACAKJ364H'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:4566'],
  [/\bin \d+ ms/g, 'in 3 ms'],
  [/\bNode v?\d+\.\d+\.\d+/g, 'Node 24.0.0'],
  [/(\/[\w.-]+)+\/home\/\.aws/g, '~/.aws'],
  [/^sandbox: .*\n/gm, ''],
]

/** Plays it in the sandbox. */
export function record({ title, script, files = {}, world }: Recording): string {
  const directory = mkdtempSync(join(tmpdir(), 'recording-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
    writeFileSync(join(directory, 'world.json'), JSON.stringify(world ?? {}))
    writeFileSync(join(directory, 'script.sh'), `exec 2>&1\n${script}`)
    const cli = resolve('dist/circleci-aws-oidc.cjs')
    const args = [
      cli,
      'sandbox',
      '--env',
      'FORCE_COLOR',
      '--world',
      'world.json',
      '--',
      'sh',
      'script.sh',
    ]
    const output = execFileSync('sh', ['-c', '"$@" || true', 'sh', process.execPath, ...args], {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, FORCE_COLOR: '1', NO_COLOR: '' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const scrubbed = SCRUBBED.reduce(
      (text, [pattern, instead]) => text.replace(pattern, instead),
      output,
    )
    return terminalSvg(title, scrubbed)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
