import { readFile } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { readCircleciToken } from './circleci.ts'
import { expiration } from './claims.ts'
import type { TokenOptions } from './token-options.ts'
import {
  hasExpired,
  refuseExpired,
  type WebIdentityToken,
  type WhenExpired,
  webIdentityToken,
} from './web-identity-token.ts'

type Source = Exclude<TokenOptions['token-source'], 'auto'>

/**
 * Reads the web identity token from where the options say; aborted by `signal`. An expired one is an
 * error unless `whenExpired` takes it, as one does who only looks at it.
 */
export async function readToken(
  options: TokenOptions,
  env: Environment,
  signal: AbortSignal,
  whenExpired = refuseExpired,
): Promise<WebIdentityToken> {
  const source = chooseSource(options)
  checkOptions(source, options)
  switch (source) {
    case 'circleci':
      return readCircleciToken(
        { version: options['token-version'], audience: options.audience },
        env,
        signal,
        whenExpired,
      )
    case 'env':
      return unexpired(readVariable(options['token-env'] ?? '', env), whenExpired)
    case 'file':
      return readTokenFile(options['token-file'] ?? '', whenExpired)
    case 'stdin':
      return unexpired(await readStdin(signal), whenExpired)
  }
}

function chooseSource(options: TokenOptions): Source {
  if (options['token-source'] !== 'auto') return options['token-source']
  if (options['token-env'] !== undefined) return 'env'
  if (options['token-file'] !== undefined) return 'file'
  return 'circleci'
}

/** An option that the source would ignore is a mistake, not a wish. */
function checkOptions(source: Source, options: TokenOptions): void {
  const belongsTo = {
    'token-env': 'env',
    'token-file': 'file',
    'token-version': 'circleci',
    audience: 'circleci',
  } as const
  for (const [option, owner] of Object.entries(belongsTo)) {
    const given = options[option as keyof typeof belongsTo] !== undefined
    if (given && owner !== source) {
      throw new OidcError('invalid-usage', {
        what: `--${option} has no meaning with the token source "${source}".`,
        next: `Leave --${option} out, or use --token-source ${owner}.`,
      })
    }
    if (!given && owner === source && (option === 'token-env' || option === 'token-file')) {
      throw new OidcError('invalid-usage', {
        what: `The token source "${source}" needs --${option}.`,
        next: `Add --${option}.`,
      })
    }
  }
  if (options.audience !== undefined && options['token-version'] === 'v1') {
    throw new OidcError('invalid-usage', {
      what: '--token-version v1 and --audience exclude each other.',
      why: 'An audience means a minted token, and only its audience can be chosen.',
      next: 'Leave one of them out.',
    })
  }
}

function readVariable(name: string, env: Environment): WebIdentityToken {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new OidcError('invalid-usage', {
      what: '--token-env does not hold the name of an environment variable.',
      next: 'Give the name of the variable, without "$"; never the token itself.',
    })
  }
  const text = env[name]?.trim()
  if (text) return webIdentityToken(text, name)
  throw new OidcError('token-not-found', {
    what: `The environment variable ${name} is ${text === undefined ? 'not set' : 'empty'}.`,
    next: `Set ${name} to the job's web identity token, or name another source.`,
  })
}

async function readTokenFile(path: string, whenExpired = refuseExpired): Promise<WebIdentityToken> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new OidcError('token-not-found', {
      what: `The token file ${path} can't be read: ${(error as Error).message.split(',')[0]}.`,
      next: 'Check the path and who may read it, and that the step which writes it ran before.',
      cause: error,
    })
  }
  if (text.trim() === '') {
    throw new OidcError('token-not-found', {
      what: `The token file ${path} is empty.`,
      next: 'Check the step that writes it.',
    })
  }
  // Whatever keeps the file fresh may have written a new token since.
  return unexpired(
    webIdentityToken(text, path, () => readTokenFile(path)),
    whenExpired,
  )
}

async function readStdin(signal: AbortSignal): Promise<WebIdentityToken> {
  if (process.stdin.isTTY) {
    throw new OidcError('token-not-found', {
      what: 'The token should come from stdin, but stdin is a terminal.',
      next: 'Pipe the token in.',
    })
  }
  const chunks: Buffer[] = []
  // A pipe that never ends would keep the process alive after the time is up.
  for await (const chunk of addAbortSignal(signal, process.stdin)) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.trim() !== '') return webIdentityToken(text, 'stdin')
  throw new OidcError('token-not-found', {
    what: 'The token should come from stdin, but nothing came.',
    next: 'Check the command whose output is piped in.',
  })
}

function unexpired(token: WebIdentityToken, whenExpired: WhenExpired): WebIdentityToken {
  if (!hasExpired(token)) return token
  const error = new OidcError('token-expired', {
    what: `The token from ${token.source} expired at ${expiration(token.claims)?.toISOString()}.`,
    next: 'Have a new token written there right before this command.',
  })
  return whenExpired(token, error)
}
