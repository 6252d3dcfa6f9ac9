import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONNECTION_TIMEOUT } from '../../src/network/agents.ts'
import { get } from '../../src/network/get.ts'
import { saying, startTokenServer } from '../token/token-server.ts'

test('a server that is connected may take longer than connecting may', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const server = await startTokenServer(t, (response) => {
    t.mock.timers.tick(CONNECTION_TIMEOUT + 1)
    saying(200, 'late')(response)
  })
  const answer = await get(new URL(server.url), {}, {}, new AbortController().signal)
  assert.deepEqual(answer, { status: 200, body: 'late' })
})
