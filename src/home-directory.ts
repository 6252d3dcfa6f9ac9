/**
 * An empty HOME counts as unset, so that the home is the one of the user's account. Node and the SDK would
 * take it for the working directory.
 */
export function withoutEmptyHome(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (env['HOME'] === '') delete env['HOME']
  return env
}
