import { Secrets } from './secrets.ts'
import { printableLines } from './text.ts'

/**
 * Where output goes. Everything passes through `conceal`, so a secret that slips in is not shown, and no control characters
 * but line ends, tabs and our own colours. What comes from elsewhere within a line is made `printable` before.
 */
export interface Terminal {
  /** The result, on stdout. */
  print(text: string): void
  /** A result that is a secret itself, for the program that reads stdout: nothing of it is concealed. */
  handOver(text: string): void
  /** Narration, on stderr. */
  note(text: string): void
  /** Narration for who watches, on stderr: on a terminal or in the log of a CI, not for a program that calls this one. */
  progress(text: string): void
  /** Narration for `--debug`, on stderr. */
  debug(text: string): void
  /** From now on `secret` is shown as `[concealed]`. */
  conceal(secret: string): void
  /** The text as it may be shown. */
  concealed(text: string): string
  /** Makes the runner of GitHub Actions show `***` for a secret in its log. It reads this from stderr, and hides the line. */
  mask(secret: string): void
  /** Paints text, where stdout or stderr is a terminal that shows colour. */
  paint(stream: 'stdout' | 'stderr', style: Style, text: string): string
  /** How many columns stdout has, or `COLUMNS` says; 80 where neither is known. */
  width(): number
}

/** The terminal as its owner has it. */
interface OpenTerminal extends Terminal {
  /** Whether there is something on stdout already. */
  hasPrinted(): boolean
  /** Waits until all output is written. Resolves to what kept some of it from being written, if anything. */
  flush(): Promise<OutputFailure | undefined>
}

interface OutputFailure {
  readonly stream: OutputStream
  readonly error: NodeJS.ErrnoException
}

type OutputStream = 'stdout' | 'stderr'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green'

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, yellow: 33, green: 32 }

export function openTerminal(): OpenTerminal {
  const secrets = new Secrets()
  const { AWS_OIDC_DEBUG, AWS_OIDC_ORB_DEBUG } = process.env
  const debugging =
    isDebugAsked(process.argv) || isTrue(AWS_OIDC_ORB_DEBUG) || isTrue(AWS_OIDC_DEBUG)
  const { write, flush, isOpen } = openOutput()
  const concealed = (text: string) => secrets.conceal(text)
  const clean = (stream: OutputStream, text: string) =>
    printableLines(concealed(text), isPainted(stream))
  return {
    flush,
    hasPrinted: () => isOpen('stdout'),
    print: (text) => write('stdout', clean('stdout', text)),
    handOver: (text) => write('stdout', text),
    note: (text) => write('stderr', clean('stderr', text)),
    progress: (text) => {
      if (process.stderr.isTTY || process.env['CI']) write('stderr', clean('stderr', text))
    },
    debug: (text) => debugging && write('stderr', clean('stderr', `debug: ${text}`)),
    conceal: (secret) => secret.length >= 8 && secrets.add(secret),
    concealed,
    // https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log
    mask: (secret) => {
      const data = secret.replace(/[%\r\n]/g, encodeURIComponent)
      write('stderr', `::add-mask::${data}`)
    },
    paint: (stream, style, text) =>
      isPainted(stream) ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text,
    width: () => {
      const given = Number(process.env['COLUMNS'])
      return Math.max(40, (given > 0 && given) || process.stdout.columns || 80)
    },
  }
}

/**
 * FORCE_COLOR wins over NO_COLOR, as in Node's own `getColorDepth`; then https://no-color.org and
 * https://bixense.com/clicolors, where 0 is no.
 */
function isPainted(stream: OutputStream): boolean {
  const { FORCE_COLOR, NO_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM } = process.env
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  if (NO_COLOR) return false
  if (CLICOLOR_FORCE && CLICOLOR_FORCE !== '0') return true
  return process[stream].isTTY && CLICOLOR !== '0' && TERM !== 'dumb'
}

/** Writes lines, and remembers what went wrong with it; a stream is opened with its first line. */
function openOutput() {
  const failures = new Map<OutputStream, NodeJS.ErrnoException>()
  const opened = new Set<OutputStream>()
  const writing = new Set<Promise<void>>()
  const fail = (name: OutputStream, error: NodeJS.ErrnoException) => {
    if (!failures.has(name)) failures.set(name, error)
  }
  const write = (name: OutputStream, text: string): void => {
    const stream = name === 'stdout' ? process.stdout : process.stderr
    if (!opened.has(name)) stream.on('error', (error) => fail(name, error))
    opened.add(name)
    const written = new Promise<void>((resolve, reject) => {
      // Some versions of Node throw what a file's disk refuses, others tell the callback.
      stream.write(`${text}\n`, (error) => (error ? reject(error) : resolve()))
    }).catch((error: NodeJS.ErrnoException) => fail(name, error))
    writing.add(written)
    written.then(() => writing.delete(written))
  }
  const flush = async (): Promise<OutputFailure | undefined> => {
    await Promise.all(writing)
    // A reader that left, as in `… | head -1`, has what it wanted.
    const [failure] = [...failures].filter(([, { code }]) => code !== 'EPIPE')
    return failure && { stream: failure[0], error: failure[1] }
  }
  return { write, flush, isOpen: (name: OutputStream) => opened.has(name) }
}

/** What stands after `--` is the command's. */
function isDebugAsked(args: readonly string[]): boolean {
  const separator = args.indexOf('--')
  return args.slice(0, separator < 0 ? undefined : separator).includes('--debug')
}

function isTrue(text: string | undefined): boolean {
  return text === '1' || text === 'true'
}
