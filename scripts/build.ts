import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { type BuildOptions, build } from 'esbuild'
import { parsedLate, REFUSE_OLD_NODE } from './old-node.ts'
import { replacements } from './replacements.ts'
import { singleFile } from './single-file.ts'

const OUT = 'dist'

/** What the orb's copy does without: commands for a workstation, help, and what IAM's grammar of policies needs. */
const NOT_EMBEDDED = [
  'help.ts',
  'commands/sandbox.ts',
  'commands/trust-audit.ts',
  'commands/trust-check.ts',
  'commands/trust-generate.ts',
  'doctor/trust-policy.ts',
  'commands/trust-thumbprint.ts',
  'trust/policy/session-policy.ts',
]

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
  write: false,
} as const satisfies BuildOptions

await rm(OUT, { recursive: true, force: true })
await mkdir(`${OUT}/embedded`, { recursive: true })

const sideFiles = await build({
  ...common,
  entryPoints: { sandbox: 'src/sandbox/index.ts', 'sandbox-circleci': 'src/sandbox/circleci.ts' },
  format: 'cjs',
})
for (const { path, text } of sideFiles.outputFiles) await write(baseName(path), parsedLate(text))

// So small that an old Node may as well parse it.
const {
  outputFiles: [launcher],
} = await build({
  ...common,
  entryPoints: { launcher: 'src/launcher.ts' },
  format: 'cjs',
  target: 'node12',
  banner: { js: REFUSE_OLD_NODE },
  external: ['./circleci-aws-oidc.cjs'],
})

const main = await build({
  ...common,
  entryPoints: { main: 'src/main.ts' },
  format: 'esm',
  splitting: true,
  chunkNames: '[name]-[hash]',
  external: ['kerberos'],
  plugins: [replacements({ 'launcher-text': `export default ${JSON.stringify(launcher?.text)}` })],
  metafile: true,
})
await writeFile(`${OUT}/metafile.json`, JSON.stringify(main.metafile))
const whole = await singleFile(main, [])
await write('circleci-aws-oidc.cjs', whole)
await chmod(`${OUT}/circleci-aws-oidc.cjs`, 0o755)
await write('embedded/circleci-aws-oidc.cjs', await singleFile(main, NOT_EMBEDDED))

function baseName(path: string): string {
  return path.replace(/^.*[/\\]/, '')
}

async function write(name: string, code: string): Promise<void> {
  await writeFile(`${OUT}/${name}`, code)
  console.log(`${OUT}/${name} ${(Buffer.byteLength(code) / 1000).toFixed(0)} kB`)
}
