import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { machine, machineTime } from '../../src/files/holder.ts'

export const ID = '0123456789abcdef01234567'

interface Left {
  readonly pid?: number
  readonly host?: string
  readonly boot?: string
  readonly processes?: string
  readonly ageSeconds?: number
  readonly id?: string
}

/** What another process would have written into a lock file. */
export function lockText({ ageSeconds = 0, pid = process.pid, id = ID, ...other }: Left): string {
  const at = String(Math.round(machineTime() - ageSeconds * 1000)).padStart(16, '0')
  return JSON.stringify({ at, pid, host: hostname(), id, ...machine(), ...other })
}

export function leaveLock(path: string, left: Left = {}): void {
  writeFileSync(path, lockText(left))
}

export const deadProcess = () => spawnSync(process.execPath, ['-e', '0']).pid
