import { symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import type { Job } from './compile.ts'
import { compileWithOrb } from './config.ts'
import { exampleWorld } from './example-world.ts'
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
import { addAwsProgram, addTool, pathOf } from './tools.ts'

/** Programs that configs of users call. */
const USER_PROGRAMS = ['docker', 'npx', 'terraform', 'python', 'make']

const PLAIN = { environment: {}, shell: undefined, background: false }

/** What the images of the configs are like, as far as our steps can tell. */
function imageOf(job: Job): { node: boolean; alpine: boolean } {
  const [container] = (job.executor['docker'] ?? []) as { image: string }[]
  const image = container?.image ?? 'machine'
  const node = !/^(alpine|cimg\/(base|python|go|deploy))/.test(image)
  return { node, alpine: image.includes('alpine') }
}

const isCleanup = ({ AWS_OIDC_ORB_COMMAND }: Environment) => AWS_OIDC_ORB_COMMAND === 'cleanup'

/** Runs every job of a config in a host like its image; a last step, before cleanup, says who the job is. */
export async function runConfig(
  t: TestContext,
  config: string | Values,
  mirror: NodeMirror,
): Promise<{ host: Host; job: Job; result: JobResult }[]> {
  const runs = []
  for (const job of compileWithOrb(config)) {
    const image = imageOf(job)
    const tools = [...(image.node ? ['node'] : ['curl']), ...(image.alpine ? [] : ['bash'])]
    const host = await openHost(t, { world: exampleWorld, tools, busybox: image.alpine })
    for (const program of USER_PROGRAMS) addAwsProgram(host.bin, program)
    if (image.alpine) addPackages(host)
    for (const path of ['dist', '.circleci']) symlinkSync(resolve(path), join(host.root, path))
    addTool(host.root, 'deploy.sh', 'exec aws s3 sync . s3://site')
    const who = { name: 'who', command: '. "$BASH_ENV"; aws sts get-caller-identity' }
    const asks = { ...who, when: 'always', ...PLAIN } as const
    const end = job.steps.findIndex(({ environment }) => isCleanup(environment))
    const steps = job.steps.toSpliced(end < 0 ? job.steps.length : end, 0, asks)
    const env = {
      DEPLOY_ROLE_ARN: 'arn:aws:iam::123456789012:role/deploy',
      NODE_MIRROR: mirror.url,
    }
    const shell = image.alpine ? 'busybox sh -eo pipefail' : BASH
    runs.push({
      host,
      job,
      result: await runJob(
        host,
        { ...job, steps: steps.map((step) => pinned(step, mirror)) },
        { shell, env },
      ),
    })
  }
  return runs
}

/** The packages of Alpine, as far as jobs here add them. */
function addPackages({ bin }: Host): void {
  const link = `${pathOf('ln')} -s '${process.execPath}' "\${0%/*}/node"`
  addTool(bin, 'apk', `case "$*" in *nodejs*) ${link} ;; esac`)
  addTool(bin, 'id', 'echo 0')
}

/** The Node that the orb pins cannot be had here: the mirror's is pinned instead. */
function pinned(step: Job['steps'][number], mirror: NodeMirror): Job['steps'][number] {
  const { AWS_OIDC_NODE_MIRROR: url, ...environment } = step.environment
  if (url === undefined) return step
  return {
    ...step,
    environment: {
      ...environment,
      AWS_OIDC_NODE_MIRROR: url.startsWith('$') ? url : mirror.url,
      AWS_OIDC_NODE_VERSION: nodeVersion,
      AWS_OIDC_NODE_SHA256: mirror.sha256,
    },
  }
}
