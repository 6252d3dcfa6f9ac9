import type { IniFile, Section } from './ini-lines.ts'
import { javaScriptHeader } from './javascript-reading.ts'
import { malformedFile } from './malformed-file.ts'

/** botocore gives up a file with the same section or key twice, so our write could not be read. */
export function refuseDuplicates(targets: readonly Section[], path: string): void {
  for (const [index, target] of targets.entries()) {
    const twin = targets.slice(0, index).find((other) => other.name === target.name)
    if (twin) {
      const why = `the section [${target.name}] is on line ${twin.header + 1} already; the AWS CLI cannot read a file with both`
      throw malformedFile(path, target.header + 1, why)
    }
    for (const [place, option] of target.options.entries()) {
      const same = target.options.slice(0, place).find((other) => other.key === option.key)
      if (!same) continue
      const why = `the same key is on line ${same.first + 1} already, both in [${target.name}]; the AWS CLI cannot read a file with both`
      throw malformedFile(path, option.first + 1, why)
    }
  }
}

/** botocore copies the options of [DEFAULT] into every section: they cannot be removed from one. */
export function refuseInherited(file: IniFile, remove: readonly string[], path: string): void {
  for (const section of file.sections.filter(({ name }) => name === 'DEFAULT')) {
    const option = section.options.find(({ key }) => remove.includes(key))
    if (!option) continue
    const why = `"${option.key}" in [DEFAULT] holds for every profile in the AWS CLI, beside the credentials to be written; [default] is the default profile`
    throw malformedFile(path, option.first + 1, why)
  }
}

/** The JavaScript SDK would read our keys as part of the section above such a header. */
export function refuseUnseenHeaders(
  file: IniFile,
  targets: readonly Section[],
  path: string,
): void {
  for (const { header } of targets) {
    if (javaScriptHeader(file.lines[header]?.text ?? '') !== undefined) continue
    const why =
      'there is text beside the section header, which hides it from the AWS SDK for JavaScript'
    throw malformedFile(path, header + 1, why)
  }
}
