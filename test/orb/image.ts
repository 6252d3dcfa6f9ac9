import { join, resolve } from 'node:path'
import { shellWord } from '../../src/text.ts'
import { pathOf } from '../tools/programs.ts'
import type { Job } from './compile.ts'
import type { Host } from './job-runner.ts'
import { addAwsProgram, addTool, linkTools } from './tools.ts'

/** What an image or a machine has, as far as configs here use it. */
export interface Image {
  /** Its shell is busybox, and its packages are Alpine's. */
  readonly alpine: boolean
  readonly node: boolean
  /** Programs that configs of users call. */
  readonly programs: readonly (keyof typeof PROGRAMS)[]
}

const FROM_BASE = ['make', 'python'] as const
const FROM_NODE = ['npm', 'npx'] as const

/** As their Dockerfiles say: https://github.com/CircleCI-Public/cimg-base and the like. */
const IMAGES: readonly (readonly [RegExp, Image])[] = [
  [/^cimg\/base:/, { alpine: false, node: false, programs: FROM_BASE }],
  [/^cimg\/python:/, { alpine: false, node: false, programs: [...FROM_BASE, 'pip'] }],
  [/^cimg\/node:/, { alpine: false, node: true, programs: [...FROM_BASE, ...FROM_NODE] }],
  [
    /^cimg\/aws:/,
    {
      alpine: false,
      node: true,
      programs: [...FROM_BASE, ...FROM_NODE, 'aws', 'pip', 'terraform'],
    },
  ],
  [/^alpine:/, { alpine: true, node: false, programs: ['apk'] }],
  [/^node:.*alpine/, { alpine: true, node: true, programs: ['apk', ...FROM_NODE] }],
  // Of CircleCI's, or with what its owner put there.
  [
    /^machine$/,
    { alpine: false, node: true, programs: [...FROM_BASE, ...FROM_NODE, 'aws', 'docker'] },
  ],
]

export function imageOf(job: Job): Image {
  const [container] = (job.executor['docker'] ?? []) as { image: string }[]
  const name = container?.image ?? 'machine'
  const [, image] = IMAGES.find(([pattern]) => pattern.test(name)) ?? []
  if (!image) throw new Error(`The runner does not know what the image ${name} has`)
  return image
}

/** Ends a stand-in unless the condition holds. */
const needs = (condition: string, message: string) =>
  `${condition} || { echo "${message}" >&2; exit 1; }`

/** The stand-ins, by what they do before they use AWS. `$own` has what is not on the PATH yet. */
const PROGRAMS = {
  aws: ':',
  make: needs('[ -f Makefile ]', 'no Makefile: not checked out'),
  docker: needs('[ "$1" != build ] || [ -f Dockerfile ]', 'no Dockerfile: not checked out'),
  npm: `if [ "$1 $2" = "install --global" ]; then
  printf '#!/bin/sh\\nexec "%s" "%s" "$@"\\n' "$node" "$PWD/dist/circleci-aws-oidc.cjs" >"$bin/circleci-aws-oidc"
  exec "$chmod" +x "$bin/circleci-aws-oidc"
fi
[ "$1" = ci ] && [ -f package-lock.json ] && exec mkdir node_modules; exit 1`,
  npx: needs('[ -d node_modules ]', 'not installed: npm ci'),
  pip: `[ "$*" = "install -r requirements.txt" ] && [ -f requirements.txt ] && exec touch .installed; exit 1`,
  python: needs('[ "$1" != -m ] || [ -f .installed ]', 'No module named $2'),
  terraform: `if [ "$1" = init ]; then [ -f main.tf ] && exec mkdir .terraform; fi
${needs('[ -d .terraform ]', 'not initialized: terraform init')}`,
  apk: `[ "$1" = add ] || exit 1
for name; do
  case $name in
    nodejs) "$ln" -sf "$node" "$bin/node" ;;
    aws-cli) "$ln" -sf "$own/aws" "$bin/aws" ;;
  esac
done
exit`,
} as const

/** What a checkout brings. */
const PROJECT = ['Dockerfile', 'Makefile', 'main.tf', 'package-lock.json', 'requirements.txt']

/** Puts the image's programs on the PATH; the result are scripts for CircleCI's own steps by name. */
export function addImage(host: Host, image: Image): Readonly<Record<string, string>> {
  const own = join(host.root, 'own')
  const words = {
    own,
    bin: host.bin,
    ln: pathOf('ln'),
    chmod: pathOf('chmod'),
    node: process.execPath,
  }
  const variables = Object.entries(words).map(([name, value]) => `${name}=${shellWord(value)}`)
  linkTools(own, [])
  for (const [name, first] of Object.entries(PROGRAMS)) {
    addAwsProgram(own, name, [...variables, first].join('\n'))
  }
  addAwsProgram(own, 'deploy.sh')
  addTool(host.bin, 'aws', 'echo "This image has no aws" >&2; exit 127')
  const put = (name: string, directory = host.bin) =>
    `${pathOf('ln')} -sf ${shellWord(join(own, name))} ${shellWord(join(directory, name))}`
  for (const name of image.programs)
    addTool(host.bin, name, `exec ${shellWord(join(own, name))} "$@"`)
  // As Alpine's images, where the user is root.
  if (image.alpine) addTool(host.bin, 'id', 'echo 0')
  const workspace = ['dist', '.circleci'].map((name) => shellWord(resolve(name))).join(' ')
  return {
    checkout: `touch ${PROJECT.join(' ')}; ${put('deploy.sh', host.root)}`,
    setup_remote_docker: put('docker'),
    attach_workspace: `${pathOf('ln')} -sf ${workspace} .`,
  }
}
