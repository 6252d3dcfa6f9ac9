import { parseDocument } from 'yaml'
import { type Job as CompiledJob, compile } from '../orb/compile.ts'
import type { Values } from '../orb/parameters.ts'

/** What a YAML block is: a whole CircleCI config, or a part of a job that one is made around. */
export function readConfig(text: string): Values {
  const document = parseDocument(text)
  if (document.errors[0]) throw document.errors[0]
  const config = document.toJS() as Values | unknown[]
  if (Array.isArray(config)) return configOf({ steps: config })
  if ('jobs' in config) return config
  if ('steps' in config) return configOf(config)
  throw new Error('a YAML block must be a config, or a job with steps, or a list of steps')
}

function configOf(job: object): Values {
  return { jobs: { deploy: { docker: [{ image: 'cimg/aws:2026.04' }], ...job } } } as Values
}

export function usesOrb(text: string): boolean {
  return /\baws-oidc\//.test(text)
}

/** The jobs of a config without orbs. */
export function compileConfig(text: string): CompiledJob[] {
  return compile(readConfig(text))
}
