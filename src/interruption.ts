const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const cleanups = new Set<() => void>()
let listening = false

function cleanUp(): void {
  for (const cleanup of cleanups) {
    try {
      cleanup()
    } catch {
      // The process is ending; the other cleanups still have to run.
    }
  }
  cleanups.clear()
}

function onSignal(signal: NodeJS.Signals): void {
  // Others who listen decide whether the process ends; if it does, the exit event cleans up.
  if (process.listenerCount(signal) > 1) return
  cleanUp()
  stopListening()
  process.kill(process.pid, signal)
}

function startListening(): void {
  if (listening) return
  listening = true
  process.on('exit', cleanUp)
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

function stopListening(): void {
  listening = false
  process.off('exit', cleanUp)
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

function stopWhenIdle(): void {
  if (cleanups.size === 0 && listening) stopListening()
}

/**
 * Runs `cleanup` (synchronous) if the process ends before the returned function is called.
 * A signal still ends the process as it would have without us.
 */
export function onInterruption(cleanup: () => void): () => void {
  startListening()
  cleanups.add(cleanup)
  return () => {
    cleanups.delete(cleanup)
    // A signal caught during synchronous work arrives one turn of the event loop later.
    setImmediate(() => setImmediate(stopWhenIdle))
  }
}
