import { execFileSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type Command, NODE, printTable, ratio, sideBySide, time } from './bench/measure.ts'
import { atSts, type Way } from './bench/rulers.ts'

// How long the main job takes beside a bare request for the same, on three rulers. `BENCH_NODE` names another Node.

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15)
const CLI = 'dist/circleci-aws-oidc.cjs'
const ROLE = 'arn:aws:iam::111111111111:role/circleci-oidc'
const NOTHING = 'node -e 0'
const BARE = 'bare request'

const RULERS = [
  { name: 'http', tls: false, delay: 0, latencyMs: 0 },
  { name: 'https', tls: true, delay: 0, latencyMs: 0 },
  { name: 'https, 20 ms round trip, STS 60 ms', tls: true, delay: 10, latencyMs: 60 },
] as const satisfies readonly (Way & { readonly name: string })[]

/** One role as CircleCI's orb aws-cli sets it up (its command `assume-role-with-web-identity`). */
const AWS_CALL = `
set -- $(aws sts assume-role-with-web-identity --role-arn "$ROLE_ARN" --role-session-name bench \
  --web-identity-token "$CIRCLE_OIDC_TOKEN_V2" --duration-seconds 3600 \
  --query "[Credentials.AccessKeyId,Credentials.SecretAccessKey,Credentials.SessionToken]" --output text)`
const AWS_CONFIGURE = `
aws configure set aws_access_key_id "$1" --profile default
aws configure set aws_secret_access_key "$2" --profile default
aws configure set aws_session_token "$3" --profile default
aws configure set default.region us-east-1
aws configure set region us-east-1 --profile default`

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const nodeVersion = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim()
for (const ruler of RULERS) {
  await atSts(ruler, async (given) => {
    const env = { ...given, AWS_OIDC_ROLE_ARN: ROLE }
    const commands = {
      [NOTHING]: [NODE, '-e', '0'],
      [BARE]: [NODE, 'scripts/bare-request.cjs'],
      'assume-role': [NODE, CLI, 'assume-role'],
    } satisfies Record<string, Command>
    console.log(`\n${ruler.name}: one role, ${ROUNDS} rounds, Node ${nodeVersion}`)
    printTable(await sideBySide(commands, env, ROUNDS), BARE)
  })
}

await atSts(RULERS[0], async (env, home) => {
  await time(
    [NODE, CLI, 'assume-role', '--role-arn', ROLE, '--profile', 'kept', '--credentials', 'refresh'],
    env,
  )
  const versions = join(home, '.local/share/circleci-aws-oidc/versions')
  const [installed = ''] = await readdir(versions)
  const launcher = join(versions, installed, 'launcher.cjs')
  const commands = {
    [NOTHING]: [NODE, '-e', '0'],
    // As the profile's own credential_process calls it.
    'cached credential-process': [NODE, launcher, 'credential-process', '--profile', 'kept'],
  } satisfies Record<string, Command>
  console.log(`\na profile that renews itself, ${ROUNDS} rounds`)
  printTable(await sideBySide(commands, env, ROUNDS), NOTHING)
})

await atSts({ tls: false, delay: 0, latencyMs: 100 }, async (env, home) => {
  const profiles = Array.from({ length: 50 }, (_, i) => `[profile p${i}]\nrole_arn = ${ROLE}\n`)
  const file = join(home, 'profiles.ini')
  await writeFile(file, profiles.join('\n'))
  const commands = {
    'one role': [NODE, CLI, 'assume-role', '--role-arn', ROLE],
    'fifty roles': [NODE, CLI, 'assume-role', '--profiles-file', file],
  } satisfies Record<string, Command>
  const times = await sideBySide(commands, env, 5)
  console.log('\nan STS that answers after 100 ms')
  console.log(`  fifty roles to one: ${ratio(times, 'fifty roles', 'one role').median.toFixed(2)}`)
})

if (isInstalled('aws')) {
  await atSts(RULERS[0], async (given) => {
    const env = { ...given, ROLE_ARN: ROLE, AWS_DEFAULT_REGION: 'us-east-1' }
    const commands = {
      [BARE]: [NODE, 'scripts/bare-request.cjs'],
      'one AWS CLI call': ['sh', '-ec', AWS_CALL],
      'the aws-cli orb for one role': ['sh', '-ec', `${AWS_CALL}\n${AWS_CONFIGURE}`],
    } satisfies Record<string, Command>
    console.log('\nthe AWS CLI, http, 3 rounds')
    printTable(await sideBySide(commands, { ...env, AWS_OIDC_ROLE_ARN: ROLE }, 3), BARE)
  })
} else console.log('\nThe AWS CLI is not installed: no comparison with it.')

console.log('\nbundle sizes:')
for (const file of ['circleci-aws-oidc.cjs', 'later.cjs', 'sandbox.cjs']) {
  const bytes = await readFile(join('dist', file))
  const sizes = { minified: bytes, gzip: gzipSync(bytes), brotli: brotliCompressSync(bytes) }
  const texts = Object.entries(sizes).map(
    ([name, { length }]) => `${name} ${(length / 1000).toFixed(0)} kB`,
  )
  console.log(`  ${file.padEnd(22)} ${texts.join(', ')}`)
}
