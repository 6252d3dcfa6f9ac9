import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Job, RunStep } from './compile.ts'
import { compileWithOrb } from './config.ts'
import { exampleWorld } from './example-world.ts'
import { addImage, imageOf } from './image.ts'
import {
  BASH,
  type Environment,
  type Host,
  type JobResult,
  openHost,
  runJob,
} from './job-runner.ts'
import { type NodeMirror, nodeVersion } from './node-mirror.ts'
import type { Values } from './parameters.ts'

const PLAIN = { environment: {}, shell: undefined, background: false, after: [] }

const isCleanup = ({ AWS_OIDC_ORB_COMMAND }: Environment) => AWS_OIDC_ORB_COMMAND === 'cleanup'

export interface ConfigRun {
  readonly host: Host
  readonly job: Job
  readonly result: JobResult
}

/**
 * Runs every job of a config in a host like its image; a last step, before cleanup, says who the job is.
 * `shell` is that of images which are not Alpine's; `variables` those of the job, beside what CircleCI sets.
 */
export async function runConfig(
  t: TestContext,
  config: string | Values,
  mirror: NodeMirror,
  shell = BASH,
  variables: Environment = {},
): Promise<ConfigRun[]> {
  const runs = []
  for (const job of compileWithOrb(config)) {
    runs.push(await runIn(t, job, mirror, shell, variables))
  }
  return runs
}

async function runIn(
  t: TestContext,
  job: Job,
  mirror: NodeMirror,
  otherShell: string,
  variables: Environment,
): Promise<ConfigRun> {
  const image = imageOf(job)
  const shell = image.alpine ? 'busybox sh -eo pipefail' : otherShell
  const [program = ''] = shell.split(' ')
  const host = await openHost(t, {
    world: exampleWorld,
    tools: [...(image.node ? ['node'] : ['curl']), ...(program === 'bash' ? ['bash'] : [])],
    busybox: program === 'busybox',
  })
  const builtIn = addImage(host, image)
  const who = { name: 'who', command: '. "$BASH_ENV"; "$OWN/aws" sts get-caller-identity' }
  const end = job.steps.findIndex(({ environment }) => isCleanup(environment))
  const steps = job.steps.toSpliced(end < 0 ? job.steps.length : end, 0, {
    ...PLAIN,
    ...who,
    when: 'always',
  })
  const env = {
    DEPLOY_ROLE_ARN: 'arn:aws:iam::123456789012:role/deploy',
    NODE_MIRROR: mirror.url,
    OWN: join(host.root, 'own'),
    ...variables,
  }
  const result = await runJob(
    host,
    {
      ...job,
      // Windows has one, too.
      shell: job.shell === 'bash.exe' ? BASH : job.shell,
      steps: steps.flatMap((step) => [
        ...step.after.map((name) => ({ ...PLAIN, ...builtInStep(name, builtIn) })),
        pinned(step, mirror),
      ]),
    },
    { shell, env },
  )
  return { host, job, result }
}

function builtInStep(name: string, scripts: Readonly<Record<string, string>>) {
  return { name, command: scripts[name] ?? ':', when: 'on_success' } as const
}

/** The Node that the orb pins cannot be had here: the mirror's is pinned instead. */
function pinned(step: RunStep, mirror: NodeMirror): RunStep {
  const { AWS_OIDC_ORB_NODE_MIRROR: url, ...environment } = step.environment
  if (url === undefined) return step
  return {
    ...step,
    environment: {
      ...environment,
      AWS_OIDC_ORB_NODE_MIRROR: url.startsWith('$') ? url : mirror.url,
      AWS_OIDC_ORB_NODE_VERSION: nodeVersion,
      AWS_OIDC_ORB_NODE_SHA256: mirror.sha256,
    },
  }
}
