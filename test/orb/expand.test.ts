import assert from 'node:assert/strict'
import { type StdioOptions, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { expandVariables } from '../../src/option-values.ts'
import { pathOf } from '../tools/programs.ts'
import { SHELLS } from './shells.ts'

// Where Node is missing, a shell does what the helper does with the variables in a parameter.
const [script = ''] =
  /^expand\(\) \{\n.*?\n\}\n/ms.exec(readFileSync('orb/scripts/fetch-node.sh', 'utf8')) ?? []

const env = {
  HOST: 'mirror.example.com',
  PORT: '8443',
  EMPTY: '',
  _X1: 'underscored',
  DATA: '$HOST ${PORT} }{ $(exit 9) `exit 9` \' " \\ * ~ \n%s',
}

const TEXTS = [
  '',
  'https://nodejs.org/dist',
  '$HOST',
  '${HOST}',
  '${HOST:-default}',
  '${NOT_SET:-default}',
  '${EMPTY:-default}',
  '${NOT_SET:-}',
  'https://$HOST:$PORT/dist',
  'https://${HOST}:${PORT:-443}/dist',
  'https://${NOT_SET:-$HOST}/dist',
  'https://${NOT_SET:-${HOST}}/dist',
  'https://${NOT_SET:-a-${HOST}-${PORT}-b}/dist',
  '${HOST:-${PORT}}/dist',
  '${NOT_SET:-x}${EMPTY:-y}${HOST:-z}',
  '${NOT_SET:-a{b}c}',
  '${NOT_SET:-{',
  '$HOST$PORT${HOST}x$_X1',
  '$HOST.$PORT-$_X1/',
  '$DATA',
  'a${DATA}b',
  '${NOT_SET:-$DATA}',
  '$',
  '$$',
  'a$',
  '$1',
  '${1}',
  '${',
  '${}',
  '${HOST',
  '${aws:username}',
  '${HOST-x}',
  '${HOST:=x}',
  '${#HOST}',
  '$(exit 9)',
  '`exit 9`',
  '${HOST:-$(exit 9)}',
  '${NOT_SET:-$(exit 9)}',
  '"$HOST"\'$HOST\'',
  '\\$HOST',
  '%s%d\\n',
  '-n',
]

for (const { command: shell, skip } of SHELLS) {
  describe(`what a variable stands for, under ${shell}`, { skip }, () => {
    const [program = '', ...options] = shell.split(' ')
    const text = `{ set +eux; } 2>/dev/null\nfail() { echo "$2"; exit 2; }\n${script}\nexpand "$@"`
    const expand = (value: string) => {
      const args = [...options, '-c', text, 'sh', 'node-mirror', value]
      // bash with a socket as stdin takes itself for a remote shell.
      const stdio: StdioOptions = ['ignore', 'pipe', 'pipe']
      return spawnSync(pathOf(program), args, { env, stdio, encoding: 'utf8' })
    }
    for (const value of TEXTS) {
      test(JSON.stringify(value), () => {
        const { status, stdout, stderr } = expand(value)
        assert.equal(stdout, expandVariables(value, env, 'node-mirror'))
        assert.deepEqual([status, stderr], [0, ''])
      })
    }

    for (const value of ['$NOT_SET', 'https://${EMPTY}/', '${NOT_SET:-$EMPTY}']) {
      test(`${value} is refused`, () => {
        const { status, stdout } = expand(value)
        assert.equal(status, 2)
        assert.match(
          stdout,
          /^node-mirror refers to the environment variable (NOT_SET|EMPTY), which/,
        )
      })
    }
  })
}
