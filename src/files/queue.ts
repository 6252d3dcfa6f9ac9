import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { onInterruption } from '../processes.ts'
import { isAlive, machine, machineTime, uniqueId } from './holder.ts'
import { removeFile } from './target.ts'

const STALE_AFTER_MS = 30_000

/**
 * Those who wait for a lock, in the order in which they came: each has a file in a directory beside the lock, numbered
 * one above the last. It only says whose turn it is; that no two get the lock is the lock file's own doing.
 */
export class LockQueue {
  readonly #directory: string
  #ticket: string | undefined
  #forget = () => {}

  /** `path` is the lock's. */
  constructor(path: string) {
    this.#directory = path.replace(/\.lock$/, '.queue')
  }

  /** How many wait who came earlier. The tickets of dead processes among them are removed. */
  ahead(): number {
    if (!this.#ticket && !existsSync(this.#directory)) return 0
    const own = this.#ticket
    const earlier = this.#tickets().filter((one) => own === undefined || one < own)
    for (let last = earlier.at(-1); last && isOfDead(last); last = earlier.at(-1)) {
      this.#remove(last)
      earlier.pop()
    }
    return earlier.length
  }

  /** Takes a place at the end. Where no file can be made, one waits without. */
  join(): void {
    if (this.#ticket) return
    try {
      if (!existsSync(this.#directory)) mkdirSync(this.#directory, 0o700)
    } catch {
      // Another one made it, or nobody can.
    }
    const last = Number(this.#tickets().at(-1)?.split('-')[0] ?? 0)
    const ticket = ticketName(last + 1)
    this.#ticket = ticket
    this.#forget = onInterruption(() => this.#remove(ticket))
    try {
      closeSync(openSync(join(this.#directory, ticket), 'wx', 0o600))
    } catch {
      // The last to leave removed the directory a moment ago, or nobody can make files here.
      this.#ticket = undefined
      this.#forget()
    }
  }

  leave(): void {
    if (this.#ticket || existsSync(this.#directory)) this.#remove(this.#ticket)
    this.#ticket = undefined
    this.#forget()
  }

  #tickets(): string[] {
    try {
      return readdirSync(this.#directory)
        .filter((name) => TICKET.test(name))
        .sort()
    } catch {
      return []
    }
  }

  #remove(ticket: string | undefined): void {
    try {
      if (ticket) removeFile(join(this.#directory, ticket))
      rmdirSync(this.#directory)
    } catch {
      // Others wait, or it is another user's.
    }
  }
}

/** A ticket says all in its name, so that there is none without content: number, machine, process, time. */
const TICKET = /^\d{8}-([0-9a-f]{8})-(\d+)-(\d+)-(\d+)-[0-9a-f]{24}$/

function ticketName(number: number): string {
  const { boot, processes } = place()
  return [
    String(number).padStart(8, '0'),
    ...[boot, processes, process.pid, machineTime(), uniqueId()],
  ].join('-')
}

function isOfDead(ticket: string): boolean {
  const [, boot, processes, pid, at] = TICKET.exec(ticket) ?? []
  const ours = place()
  if (boot !== ours.boot) return true
  if (processes === ours.processes) return !isAlive(Number(pid))
  return machineTime() - Number(at) > STALE_AFTER_MS
}

function place() {
  const { boot, processes } = machine()
  return {
    boot: boot
      .replace(/[^0-9a-f]/g, '')
      .slice(0, 8)
      .padEnd(8, '0'),
    processes: processes.replace(/\D/g, '') || '0',
  }
}
