import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentFindings } from '../../src/doctor/files.ts'
import { replaceFiles } from '../../src/files/replace.ts'
import { parseIni } from '../../src/profiles/ini.ts'
import { type Profile, profileEdits } from '../../src/profiles/profile.ts'
import { removeOurs } from '../../src/profiles/removal.ts'
import { median } from './measure.ts'

// How the time to write profiles, to look at the files and to take the profiles back grows with profiles and sections.

const PROFILES = [1, 10, 100, 200, 500, 1000]
const SECTIONS = [10, 1000, 5000]
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3)

const WORK = ['write', 'doctor', 'cleanup'] as const
type Taken = Readonly<Record<(typeof WORK)[number], number>>

const sectionsOf = (count: number) =>
  Array.from(
    { length: count },
    (_, i) => `[profile p${i}]\nregion = eu-west-1\n# the user's own\noutput = json\n`,
  ).join('\n')

/** Every other one is there already. */
const profilesOf = (count: number) =>
  Array.from({ length: count }, (_, i): Profile => {
    const credentials = {
      accessKeyId: `ASIA${i}`,
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: new Date('2026-11-21T12:00:00Z'),
    }
    const name = i % 2 === 0 ? `p${i / 2}` : `new${i}`
    return { kind: 'static', name, region: 'us-east-1', output: undefined, credentials }
  })

async function once(directory: string, profiles: number, sections: number): Promise<Taken> {
  const locations = {
    config: join(directory, 'config'),
    credentials: join(directory, 'credentials'),
  }
  await writeFile(locations.config, sectionsOf(sections))
  await writeFile(locations.credentials, '')
  const edits = profileEdits(profilesOf(profiles), locations, 'replaced')
  const write = await milliseconds(() => replaceFiles(edits))
  const text = await readFile(locations.config, 'utf8')
  const doctor = await milliseconds(async () =>
    contentFindings(await parseIni(text, ''), 'config', ''),
  )
  const cleanup = await milliseconds(() => removeOurs(text, 'config', undefined, ''))
  return { write, doctor, cleanup }
}

/** Of this process's own processor time, which other processes do not lengthen much. */
async function milliseconds(work: () => unknown): Promise<number> {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

const directory = await mkdtemp(join(tmpdir(), 'growth-'))
const taken = new Map<string, Taken>()
for (const sections of SECTIONS) {
  for (const profiles of PROFILES) {
    await once(directory, profiles, sections)
    const rounds: Taken[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push(await once(directory, profiles, sections))
    }
    const middle = (work: keyof Taken) => median(rounds.map((one) => one[work]))
    const all = { write: middle('write'), doctor: middle('doctor'), cleanup: middle('cleanup') }
    taken.set(`${profiles} ${sections}`, all)
  }
}
await rm(directory, { recursive: true })

const at = (work: keyof Taken, profiles: number, sections: number) =>
  taken.get(`${profiles} ${sections}`)?.[work] ?? Number.NaN
const column = (text: string) => text.padStart(10)
for (const work of WORK) {
  console.log(`\n${work}, ms of processor time, by profiles (across) and sections (down)`)
  console.log(`${column('')}${PROFILES.map((count) => column(`${count}`)).join('')}`)
  for (const sections of SECTIONS) {
    const row = PROFILES.map((profiles) => column(at(work, profiles, sections).toFixed(1)))
    console.log(`${column(`${sections}`)}${row.join('')}`)
  }
  const exponent = (more: number, less: number, times: number) =>
    (Math.log(more / less) / Math.log(times)).toFixed(2)
  const byProfiles = exponent(at(work, 1000, 5000), at(work, 100, 5000), 10)
  const bySections = exponent(at(work, 1000, 5000), at(work, 1000, 1000), 5)
  console.log(`  exponent: ${byProfiles} in profiles, ${bySections} in sections`)
  const many = (at(work, 200, 5000) / at(work, 1, 5000)).toFixed(2)
  const twice = (at(work, 1000, 5000) / at(work, 500, 5000)).toFixed(2)
  console.log(`  5,000 sections: 200 profiles take ${many} × one, 1,000 take ${twice} × 500`)
}
console.log(`\nlargest memory: ${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB`)
