import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Values } from '../orb/parameters.ts'

/** Runs the jobs of a config that uses the orb; packing it takes a while, so only where one does. */
export async function runOrbConfig(t: TestContext, config: Values): Promise<void> {
  const { runConfig } = await import('../orb/config-run.ts')
  const { NodeMirror } = await import('../orb/node-mirror.ts')
  const mirror = new NodeMirror()
  await mirror.listen()
  t.after(() => mirror.close())
  for (const { result } of await runConfig(t, config, mirror)) {
    assert.ok(result.succeeded, result.output)
  }
}
