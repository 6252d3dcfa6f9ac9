import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { runCli } from '../../src/cli.ts'
import { OidcError } from '../../src/errors.ts'
import type { Environment } from '../../src/options.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts'
import type { Terminal } from '../../src/terminal.ts'

export const ROLE = 'arn:aws:iam::111111111111:role/circleci-oidc'

/** What a command prints, notes and ends with; for an error its code and exit code. */
interface Ran {
  readonly code: number
  /** The lines on stdout. */
  readonly out: string
  readonly notes: string
  readonly debug: string
  /** What it hands over to the program that reads stdout. */
  readonly handed: string
  /** What is never to be shown. */
  readonly concealed: readonly string[]
  /** What is painted: stream, style, text. */
  readonly painted: readonly (readonly string[])[]
  readonly error: OidcError | undefined
}

/** Runs a command in this process: a hundredth of the time that the built program takes. */
export async function run(args: readonly string[], env: Environment = {}): Promise<Ran> {
  const out: string[] = []
  const notes: string[] = []
  const debug: string[] = []
  const handed: string[] = []
  const concealed: string[] = []
  const painted: string[][] = []
  const terminal: Terminal = {
    print: (text) => void out.push(text),
    handOver: (text) => void handed.push(text),
    note: (text) => void notes.push(text),
    progress: () => {},
    debug: (text) => void debug.push(text),
    conceal: (secret) => void concealed.push(secret),
    concealed: (text) => text,
    mask: () => {},
    paint: (...given) => {
      painted.push(given)
      return given[2]
    },
    width: () => 80,
  }
  const done = (code: number, error?: OidcError) => {
    const text = (lines: string[]) => lines.join('\n')
    const shown = { out: text(out), notes: text(notes), debug: text(debug), handed: text(handed) }
    return { code, ...shown, concealed, painted, error }
  }
  // The SDK reads it, too.
  const before = process.env
  process.env = { ...env }
  try {
    return done(await runCli(args, { env, terminal }))
  } catch (error) {
    if (error instanceof OidcError) return done(error.exitCode, error)
    throw error
  } finally {
    process.env = before
  }
}

export class Home {
  readonly path = mkdtempSync(join(tmpdir(), 'home-'))
  /** Nothing but the home; of a job with a sandbox, its token and endpoint as well. */
  readonly env: Record<string, string> = { HOME: this.path }

  constructor(t: Pick<TestContext, 'after'>) {
    t.after(() => rmSync(this.path, { recursive: true, force: true }))
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), 'utf8')
  }

  write(path: string, content: string | Buffer, mode = 0o600): string {
    const file = join(this.path, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content, { mode })
    return file
  }

  run(args: readonly string[], env: Environment = {}): Promise<Ran> {
    return run(args, { ...this.env, ...env })
  }
}

/** A home with a token, and the sandbox that takes it. */
export async function homeWithSandbox(
  t: TestContext,
  options: SandboxOptions = {},
): Promise<{ home: Home; sandbox: Sandbox; token: string }> {
  const sandbox = await startSandbox(options)
  t.after(() => sandbox.close())
  const home = new Home(t)
  const token = await sandbox.mint()
  Object.assign(home.env, {
    AWS_ENDPOINT_URL_STS: sandbox.url,
    CIRCLE_OIDC_TOKEN_V2: token,
    CIRCLE_BUILD_NUM: '42',
  })
  return { home, sandbox, token }
}

/** Credentials of a role, asked of the sandbox as its API is documented: API_AssumeRoleWithWebIdentity.html. */
export async function credentialsOf(
  sandbox: Sandbox,
  token: string,
): Promise<Record<'AccessKeyId' | 'SecretAccessKey' | 'SessionToken', string>> {
  const query = new URLSearchParams({
    ...{ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: ROLE },
    ...{ RoleSessionName: 'session', WebIdentityToken: token },
  })
  const answer = await (await fetch(`${sandbox.url}/?${query}`)).text()
  const of = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)?.[1] ?? ''
  return {
    AccessKeyId: of('AccessKeyId'),
    SecretAccessKey: of('SecretAccessKey'),
    SessionToken: of('SessionToken'),
  }
}

/** A section of the credentials file. */
export function credentialsSection(
  name: string,
  keys: Awaited<ReturnType<typeof credentialsOf>>,
): string {
  return `[${name}]
aws_access_key_id = ${keys.AccessKeyId}
aws_secret_access_key = ${keys.SecretAccessKey}
aws_session_token = ${keys.SessionToken}
`
}
