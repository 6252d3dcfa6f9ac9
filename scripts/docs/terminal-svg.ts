/** Characters in a row; a longer line goes on in the next one, as in a terminal. */
const COLUMNS = 110
const CHARACTER = { width: 8.43, height: 20 }
const MARGIN = 16

/** The colours that `src/terminal.ts` asks a terminal for. */
const STYLES: Readonly<Record<string, string>> = {
  '1': ' font-weight="bold"',
  '2': ' fill="#8b949e"',
  '31': ' fill="#ff7b72"',
  '32': ' fill="#7ee787"',
  '33': ' fill="#e3b341"',
}

const CSS = [
  'text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:14px}',
  'text{fill:#e6edf3;white-space:pre}',
  // Hidden until its turn; without animation all of it stands there.
  'text{animation:wait 1ms backwards}@keyframes wait{from{visibility:hidden}to{visibility:visible}}',
  '@media(prefers-reduced-motion:reduce){text{animation:none}}',
].join('')

/** What a terminal showed, as a picture: commands (`$ …`) appear one after another, each followed by its output. */
export function terminalSvg(title: string, output: string): string {
  const rows = output.trim().split('\n').flatMap(rowsOf)
  const width = Math.ceil(COLUMNS * CHARACTER.width) + 2 * MARGIN
  const height = rows.length * CHARACTER.height + 3 * MARGIN
  let seconds = 0
  const lines = rows.map((row, index) => {
    seconds += row.startsWith('<tspan>$ ') ? 1 : 0.15
    const y = (index + 1) * CHARACTER.height + 1.5 * MARGIN
    return `<text x="${MARGIN}" y="${y}" style="animation-delay:${seconds.toFixed(2)}s">${row}</text>`
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" xml:space="preserve" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${CSS}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...lines,
    '</svg>',
  ].join('\n')}\n`
}

/** The rows that a line takes. */
function rowsOf(line: string): string[] {
  const characters = styled(line)
  const rows = Math.max(1, Math.ceil(characters.length / COLUMNS))
  return Array.from({ length: rows }, (_, index) =>
    spans(characters.slice(index * COLUMNS, (index + 1) * COLUMNS)),
  )
}

interface Styled {
  readonly character: string
  readonly style: string
}

function styled(line: string): Styled[] {
  let style = ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are told of colours with them
  return line.split(/(\u001b\[\d+m)/).flatMap((part) => {
    const code = part.startsWith('\u001b') ? part.slice(2, -1) : undefined
    if (code === undefined) return [...part].map((character) => ({ character, style }))
    style = STYLES[code] ?? ''
    return []
  })
}

function spans(characters: readonly Styled[]): string {
  let before: string | undefined
  const parts = characters.map(({ character, style }) => {
    const start = style === before ? '' : `${before === undefined ? '' : '</tspan>'}<tspan${style}>`
    before = style
    return start + escaped(character)
  })
  return before === undefined ? '' : `${parts.join('')}</tspan>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
