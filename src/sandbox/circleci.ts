// The `circleci` of a sandbox job: only `run oidc get` and `env subst`, which jobs use for tokens.
// Bundled alone and run through a shim on PATH, so it imports nothing but Node.

const USAGE = `Usage:
  circleci run oidc get [--claims JSON] [--root-issuer]
  circleci env subst [TEXT]
`

class UsageError extends Error {}

async function main(args: readonly string[]): Promise<string> {
  const [group, topic, verb] = args
  if (group === 'run' && topic === 'oidc' && verb === 'get') return getToken(args.slice(3))
  if (group === 'env' && topic === 'subst') {
    const text = args.length > 2 ? args.slice(2).join(' ') : await readStdin()
    return substitute(text, process.env)
  }
  throw new UsageError(`unknown command "${args.join(' ')}" for "circleci"`)
}

/** https://circleci.com/docs/oidc-tokens-with-custom-claims/ */
async function getToken(args: readonly string[]): Promise<string> {
  const url = process.env['CIRCLE_SANDBOX_URL']
  if (!url) throw new Error('CIRCLE_SANDBOX_URL is not set: this is not a sandbox job')
  const answer = await fetch(`${url}/sandbox/mint`, {
    method: 'POST',
    // CircleCI's own mints V2 only; V1 is for the exports of the sandbox.
    body: JSON.stringify({
      ...parseTokenArguments(args),
      version: process.env['CIRCLE_SANDBOX_TOKEN_VERSION'],
    }),
  })
  const { token, problem } = (await answer.json()) as { token?: string; problem?: string }
  if (token === undefined) throw new Error(`failed to get token: ${problem}`)
  return `${token}\n`
}

function parseTokenArguments(args: readonly string[]) {
  let claims: unknown
  let rootIssuer = false
  const rest = [...args]
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    const [name, inline] = /^(--claims)=(.*)/s.exec(flag)?.slice(1) ?? [flag]
    if (name === '--root-issuer') rootIssuer = true
    else if (name === '--claims') claims = parseClaims(inline ?? rest.shift())
    else throw new UsageError(`unknown flag: ${flag}`)
  }
  return { claims, rootIssuer }
}

function parseClaims(text: string | undefined): unknown {
  if (text === undefined) throw new UsageError('flag needs an argument: --claims')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`failed to parse claims: ${error instanceof Error ? error.message : error}`)
  }
}

/** `$NAME`, `${NAME}` and the shell's `-`, `:-`, `=`, `:=`, `+`, `:+` forms; an unset variable is empty. */
function substitute(text: string, env: NodeJS.ProcessEnv): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)(?:(:?)([-=+])([^}]*))?\})/g,
    (_, bare, braced, colon, operator, word) => {
      const value = env[bare ?? braced]
      const present = value !== undefined && (colon !== ':' || value !== '')
      if (operator === '+') return present ? word : ''
      return present || operator === undefined ? (value ?? '') : word
    },
  )
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

main(process.argv.slice(2)).then(
  (output) => process.stdout.write(output),
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`Error: ${message}\n${error instanceof UsageError ? USAGE : ''}`)
    process.exitCode = 1
  },
)

export {}
