import { withoutTokens } from './text.ts'

const SHOWN = '[concealed]'

/** What must not be shown. Thousands of secrets cost a line no more time than one. */
export class Secrets {
  readonly #byEnd = new Map<string, string>()
  readonly #tokens = new Set<string>()
  readonly #others = new Set<string>()

  add(secret: string): void {
    if (secret.startsWith('eyJ')) this.#tokens.add(secret)
    if (ONE_RUN.test(secret)) this.#byEnd.set(secret.slice(-LEAST_END), secret)
    else this.#others.add(secret)
  }

  /** The text without secrets: whole ones, their ends, pieces of tokens, and whatever else could be a token. */
  conceal(text: string): string {
    let shown = text
    for (const secret of this.#others) shown = shown.replaceAll(secret, SHOWN)
    return withoutTokens(
      shown.replace(RUN, (run) => this.#concealRun(run)),
      SHOWN,
    )
  }

  #concealRun(run: string): string {
    for (const token of this.#tokens) if (token.includes(run)) return SHOWN
    let shown = ''
    let done = 0
    for (let end = LEAST_END; end <= run.length; end += 1) {
      const secret = this.#byEnd.get(run.slice(end - LEAST_END, end))
      if (secret === undefined) continue
      let length = LEAST_END
      while (end - length > done && run[end - length - 1] === secret.at(-length - 1)) length += 1
      shown += run.slice(done, end - length) + SHOWN
      done = end
      end += LEAST_END - 1
    }
    return shown + run.slice(done)
  }
}

/** Fewer characters than these tell nothing. */
const LEAST_END = 16

/** What tokens and keys are made of. */
const RUN = /[\w+/=.-]{16,}/g
const ONE_RUN = /^[\w+/=.-]{16,}$/
