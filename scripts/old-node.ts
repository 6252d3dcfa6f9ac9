import { version } from '../package.json'

/** ES5 before anything newer is parsed: says which Node it takes, and ends with the exit code of bad usage. */
export const REFUSE_OLD_NODE = `var release = process.versions.node
if (parseInt(release, 10) < 20) {
  console.error('circleci-aws-oidc ${version} needs Node 20 or newer, but this is Node ' + release + ' (' + process.execPath + ').')
  process.exit(2)
}
`

/** A CommonJS file whose code is a text in it, so that an old Node parses only what refuses it. */
export function parsedLate(code: string): string {
  const names = ['exports', 'require', 'module', '__filename', '__dirname']
  const quoted = names.map((name) => `'${name}'`).join(',')
  return `${REFUSE_OLD_NODE}require('vm').compileFunction(${JSON.stringify(code)}, [${quoted}], { filename: __filename })(${names.join(',')})\n`
}
