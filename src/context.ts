import { type Deadline, startDeadline } from './deadline.ts'
import type { Environment } from './options.ts'
import type { Terminal } from './terminal.ts'

/** What the work of a command needs besides its plan. It goes down as it is; who needs less says so. */
export interface Context {
  readonly env: Environment
  readonly terminal: Terminal
  /** When the work must be done. */
  readonly deadline: Deadline
  /** How often STS is asked when AWS or the network fails, where the user said so. */
  readonly maxAttempts: number | undefined
}

/** Does work that may take so many seconds, and gives it what is given with the deadline added. */
export async function withinTime<Given extends Partial<Context>, Result>(
  seconds: number,
  given: Given,
  work: (context: Given & Pick<Context, 'deadline'>) => Promise<Result>,
): Promise<Result> {
  const deadline = startDeadline(seconds, given.terminal?.progress)
  try {
    return await work({ ...given, deadline })
  } finally {
    deadline.clear()
  }
}
