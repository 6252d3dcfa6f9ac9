import type { JobDirectory } from './job-directory.ts'
import { shellQuote } from './job-directory.ts'
import type { Environment } from './job-environment.ts'
import { circleVariables, isHiddenFromJob, sandboxVariables } from './job-environment.ts'
import type { World } from './world.ts'

/**
 * POSIX shell text that turns the shell it is pasted into into a job of this sandbox. The token is minted when pasted, so
 * none is printed; AWS files go to the sandbox's directory, so the user's own `~/.aws` stays as it is.
 */
export function describeExports(
  world: World,
  url: string,
  directory: JobDirectory,
  parent: Environment,
): string {
  const hidden = Object.keys(parent).filter((name) => /^(AWS|CIRCLE)/.test(name))
  const unset = hidden.filter(isHiddenFromJob).sort()
  const { PATH: _, ...variables } = sandboxVariables(url, directory, parent)
  const exported = {
    ...circleVariables(world),
    ...variables,
    AWS_CONFIG_FILE: `${directory.home}/.aws/config`,
    AWS_SHARED_CREDENTIALS_FILE: `${directory.home}/.aws/credentials`,
  }
  return [
    ...(unset.length > 0 ? [`unset ${unset.join(' ')}`] : []),
    ...Object.entries(exported).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    `export PATH=${shellQuote(directory.bin)}:"$PATH"`,
    'export CIRCLE_OIDC_TOKEN_V2="$(circleci run oidc get)"',
    '',
  ].join('\n')
}
