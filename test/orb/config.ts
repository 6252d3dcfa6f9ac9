import { parse } from 'yaml'
import type { Orb } from '../../scripts/pack-orb.ts'
import { compile, type Job } from './compile.ts'
import { orb } from './packed-orb.ts'
import type { Values } from './parameters.ts'

/** The jobs of a config in YAML, with the packed orb in the place of whatever `aws-oidc` stands for. */
export function compileWithOrb(config: string | Values, ours: Orb = orb): Job[] {
  const parsed: Values = typeof config === 'string' ? parse(config) : config
  return compile({ ...parsed, orbs: { ...(parsed['orbs'] as object), 'aws-oidc': ours } })
}

/** A job of these steps. */
export function jobOf(...steps: unknown[]): Job {
  const [job] = compileWithOrb({
    jobs: { deploy: { docker: [{ image: 'cimg/node:lts' }], steps } },
  })
  if (!job) throw new Error('no job')
  return job
}
