import { CIS, detectCi } from '../ci.ts'
import type { Environment } from '../options.ts'
import { type Finding, finding, fine } from './findings.ts'

interface Runtime {
  /** `20.20.2` */
  readonly node: string
  readonly version: string
  /** Path of the running program. */
  readonly program: string
}

/** Node, the copy of the helper that runs, and the CI it runs in. */
export function checkRuntime({ node, version, program }: Runtime, env: Environment): Finding[] {
  const old = Number.parseInt(node, 10) < 20
  return [
    ...(old ? [finding('node-too-old', `it is ${node}, and 20 or newer is needed`)] : []),
    ...(env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
      ? [finding('tls-unverified', 'NODE_TLS_REJECT_UNAUTHORIZED is 0')]
      : []),
    ...(old
      ? []
      : [fine('runtime', `Node ${node}, circleci-aws-oidc ${version} ${copy(program)}`)]),
    fine('runtime', ciName(env)),
  ]
}

/** The orb puts its copy into a directory named after version and checksum. */
function copy(program: string): string {
  return /[/\\]versions[/\\][^/\\]+(?<!-npm)-[0-9a-f]{12}[/\\]/.test(program)
    ? "(the orb's copy)"
    : '(npm)'
}

function ciName(env: Environment): string {
  const ci = detectCi(env)
  if (ci === undefined) return 'No supported CI detected'
  const { name } = CIS[ci]
  if (ci !== 'circleci') return name
  const { CIRCLE_JOB: job, CIRCLE_BUILD_NUM: build } = env
  return `${name}${job ? `, job ${job}` : ''}${build ? `, build ${build}` : ''}`
}
