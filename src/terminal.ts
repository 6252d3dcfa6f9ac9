/** Where output goes. Everything passes through `conceal`, so a secret that slips in is not shown. */
export interface Terminal {
  /** The result, on stdout. */
  print(text: string): void
  /** The result where it is a secret for the program that reads it, on stdout as it is. */
  handOver(text: string): void
  /** Narration, on stderr. */
  note(text: string): void
  /** Narration for `--debug`, on stderr. */
  debug(text: string): void
  /** From now on `secret` is shown as `[concealed]`. */
  conceal(secret: string): void
  /** Has the log of GitHub Actions show `***` for a secret; its runner reads that from stderr, and hides it. */
  mask(secret: string): void
  /** Paints text, where stdout or stderr is a terminal that shows colour. */
  paint(stream: 'stdout' | 'stderr', style: Style, text: string): string
}

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green'

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, yellow: 33, green: 32 }

const JWT = /eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]+/g

export function openTerminal(): Terminal {
  const secrets = new Set<string>()
  const debugging = process.argv.includes('--debug') || isTrue(process.env['AWS_OIDC_DEBUG'])
  const clean = (text: string) => {
    let shown = text.replace(JWT, '[concealed]')
    for (const secret of secrets) shown = shown.replaceAll(secret, '[concealed]')
    return shown
  }
  const write = (stream: NodeJS.WriteStream, text: string) => stream.write(`${clean(text)}\n`)
  return {
    print: (text) => write(process.stdout, text),
    handOver: (text) => process.stdout.write(`${text}\n`),
    note: (text) => write(process.stderr, text),
    debug: (text) => debugging && write(process.stderr, `debug: ${text}`),
    conceal: (secret) => secret.length >= 8 && secrets.add(secret),
    // https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log
    mask: (secret) => {
      const data = secret.replace(/[%\r\n]/g, encodeURIComponent)
      process.stderr.write(`::add-mask::${data}\n`)
    },
    paint: (stream, style, text) =>
      process[stream].isTTY && !process.env['NO_COLOR']
        ? `\u001b[${CODES[style]}m${text}\u001b[0m`
        : text,
  }
}

function isTrue(text: string | undefined): boolean {
  return text === '1' || text === 'true'
}
