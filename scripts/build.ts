import { readFileSync } from 'node:fs'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { type BuildOptions, build } from 'esbuild'
import { TRUST_COMMANDS } from '../src/trust/command-table.ts'
import { compiledAhead } from './build/compile-ahead.ts'
import { parsedLate, REFUSE_OLD_NODE, started } from './build/loader.ts'
import { notices, packagesOf } from './build/notices.ts'
import { replacements } from './build/replacements.ts'
import { smallFiles, stagedFiles, type TwoFiles } from './build/single-file.ts'
import { CODE_PAGES } from './docs/indexes.ts'
import { DOCTOR_FILE, minify } from './embed.ts'

const OUT = 'dist'

const FILE = 'circleci-aws-oidc.cjs'

/** Beside it: what rarer cases load. `src/refresh/installed-copy.ts` takes it along. */
const LATER_FILE = 'later.cjs'

/**
 * What assume-role loads one after the other: what reads the command line, what reads the options and opens the
 * connection; meanwhile, what asks STS; and while STS answers, what writes.
 */
const STAGES = {
  main: ['main.ts'],
  plan: ['commands/assume-role.ts'],
  sts: ['sts/assume-roles.ts'],
  write: ['delivery/write-profiles.ts', 'delivery/bash-env.ts'],
} as const

/** Calls by which the SDK registers its classes of errors; we read from the answer itself what is wrong. */
const UNNEEDED = ['TypeRegistry.for', '_s_registry.registerError', 'n0_registry.registerError']

/**
 * How the orb's copy is made: without commands for a workstation, help, what reads the tokens of other CIs, and
 * what IAM's grammar of policies needs. A module that is left out is not found by the import() that loads it.
 */
const EMBEDDED = {
  leftOut: [
    'help/flags.ts',
    'help/pages.ts',
    'commands/completion.ts',
    'commands/explain.ts',
    'commands/sandbox.ts',
    'commands/trust/audit.ts',
    'commands/trust/check.ts',
    'commands/trust/generate.ts',
    'doctor/trust-policy.ts',
    'commands/trust/thumbprint.ts',
    'trust/policy/session-policy.ts',
    'refresh/endpoint.ts',
    'plans/earlier-sources.ts',
    ...['github', 'gitlab', 'bitbucket', 'buildkite', 'jenkins'].map((ci) => `token/${ci}.ts`),
  ],
  later: ['commands/doctor.ts', 'commands/token.ts'],
  unread: {
    of: ['src/options.ts', 'src/command-table.ts'],
    keys: [
      ...['description', 'descriptions', 'summary', 'usage', 'examples'],
      ...['group', 'groups', 'takes'],
    ],
  },
  unneeded: UNNEEDED,
} as const

/** Of the commands of `trust`, which the orb leaves out, it keeps the names: so it can say that it has not got them. */
const EMBEDDED_INSTEAD = {
  './trust/options.ts': 'export const TRUST_OPTIONS = {}',
  './trust/command-table.ts': `export const TRUST_COMMANDS = ${JSON.stringify(
    Object.fromEntries(Object.keys(TRUST_COMMANDS).map((name) => [name, { options: [] }])),
  )}`,
}

const common = {
  outdir: OUT,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  write: false,
} as const satisfies BuildOptions

await rm(OUT, { recursive: true, force: true })
await mkdir(`${OUT}/embedded`, { recursive: true })

const sideFiles = await build({
  ...common,
  entryPoints: { sandbox: 'src/sandbox/index.ts', 'sandbox-circleci': 'src/sandbox/circleci.ts' },
  format: 'cjs',
  // parsedLate has Node compile a text, in which import() does not work.
  supported: { 'dynamic-import': false },
})
for (const { path, text } of sideFiles.outputFiles) await write(baseName(path), parsedLate(text))

// So small that an old Node may as well parse it.
const launcher = await build({
  ...common,
  entryPoints: { launcher: 'src/launcher.ts' },
  format: 'cjs',
  target: 'node12',
  banner: { js: REFUSE_OLD_NODE },
  external: [`./${FILE}`],
})

/** The parts of the helper, some modules replaced by these texts. */
const partsWith = (replaced: Readonly<Record<string, string>>) =>
  build({
    ...common,
    entryPoints: { main: 'src/main.ts' },
    format: 'esm',
    splitting: true,
    // The names of variables stay until Rollup has read them.
    minify: false,
    minifySyntax: true,
    minifyWhitespace: true,
    chunkNames: '[name]-[hash]',
    external: ['kerberos'],
    plugins: [
      replacements({
        'launcher-text': `export default ${JSON.stringify(launcher.outputFiles[0]?.text)}`,
        'code-pages': `export default ${JSON.stringify(CODE_PAGES.map((page) => readFileSync(page, 'utf8')).join('\n'))}`,
        ...replaced,
      }),
    ],
  })
const main = await partsWith({})
await writeFile(`${OUT}/metafile.json`, JSON.stringify(main.metafile))
await writeHelper(FILE, LATER_FILE, await stagedFiles(main, { stages: STAGES, unneeded: UNNEEDED }))
await chmod(`${OUT}/${FILE}`, 0o755)
const embedded = await smallFiles(await partsWith(EMBEDDED_INSTEAD), EMBEDDED)
await writeHelper(`embedded/${FILE}`, DOCTOR_FILE, embedded)
// With `helper: npm`, the orb runs it from the package.
const installer = readFileSync('orb/scripts/installer.cjs', 'utf8')
await write('installer.cjs', `${minify(installer)};exports.addLauncher(...process.argv.slice(2))\n`)

const packages = packagesOf([main.metafile, sideFiles.metafile, launcher.metafile])
await write('THIRD-PARTY-NOTICES.txt', notices(packages))

/** Writes a helper and the file beside it; the helper twice, since it has to run to show what to compile ahead. */
async function writeHelper(
  path: string,
  restName: string,
  { parts, rest }: TwoFiles,
): Promise<void> {
  await write(path.replace(FILE, restName), rest)
  await writeFile(`${OUT}/${path}`, await started(parts, restName))
  await write(path, await started(await compiledAhead(`${OUT}/${path}`, parts), restName))
}

function baseName(path: string): string {
  return path.replace(/^.*[/\\]/, '')
}

async function write(name: string, code: string): Promise<void> {
  await writeFile(`${OUT}/${name}`, code)
  console.log(`${OUT}/${name} ${(Buffer.byteLength(code) / 1000).toFixed(0)} kB`)
}
