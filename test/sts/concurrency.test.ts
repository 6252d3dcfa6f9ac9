import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { concurrency } from '../../src/sts/client.ts'

test('as many works as allowed run at the same time, in the order given', async () => {
  const limited = concurrency(3)
  let running = 0
  let most = 0
  const started: number[] = []
  const work = (number: number) => async () => {
    started.push(number)
    running += 1
    most = Math.max(most, running)
    await turn()
    running -= 1
    return number
  }
  const numbers = Array.from({ length: 20 }, (_, index) => index)
  const done = await Promise.all(numbers.map((number) => limited(work(number))))
  assert.deepEqual([done, started, most], [numbers, numbers, 3])
})

test('a work that fails gives its place to the next', async () => {
  const limited = concurrency(1)
  const works = [
    limited(() => Promise.reject(new Error('first'))),
    limited(() => Promise.resolve('second')),
  ]
  const [first, second] = await Promise.allSettled(works)
  assert.equal(first?.status, 'rejected')
  assert.deepEqual(second, { status: 'fulfilled', value: 'second' })
})
