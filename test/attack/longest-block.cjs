// Loaded before the program that is measured: leaves the longest time that the thread was busy, in ms.
const { writeFileSync } = require('node:fs')
const { performance } = require('node:perf_hooks')

let last = performance.now()
let longest = 0
const look = () => {
  const now = performance.now()
  longest = Math.max(longest, now - last)
  last = now
}
setInterval(look, 1).unref()
process.on('exit', () => {
  look()
  writeFileSync(process.env.LONGEST_BLOCK_FILE, String(longest))
})
