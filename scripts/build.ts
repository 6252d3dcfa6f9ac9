import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { type BuildOptions, build } from 'esbuild'
import { replacements } from './replacements.ts'
import { singleFile } from './single-file.ts'

const OUT = 'dist'

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
} as const satisfies BuildOptions

await rm(OUT, { recursive: true, force: true })
await mkdir(OUT)

const main = await build({
  ...common,
  entryPoints: { main: 'src/main.ts' },
  format: 'esm',
  splitting: true,
  chunkNames: '[name]-[hash]',
  external: ['kerberos'],
  plugins: [replacements],
  metafile: true,
  write: false,
})
await write('circleci-aws-oidc.cjs', await singleFile(main.outputFiles, 'main.cjs'))
await chmod(`${OUT}/circleci-aws-oidc.cjs`, 0o755)
await writeFile(`${OUT}/metafile.json`, JSON.stringify(main.metafile))

const sandbox = await build({
  ...common,
  entryPoints: { sandbox: 'src/sandbox/index.ts', 'sandbox-circleci': 'src/sandbox/circleci.ts' },
  format: 'cjs',
  write: false,
})
for (const { path, text } of sandbox.outputFiles) await write(path.replace(/^.*[/\\]/, ''), text)

async function write(name: string, code: string): Promise<void> {
  await writeFile(`${OUT}/${name}`, code)
  console.log(`${OUT}/${name} ${(Buffer.byteLength(code) / 1000).toFixed(0)} kB`)
}
