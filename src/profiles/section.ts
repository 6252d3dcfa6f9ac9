import { type IniFile, parseIni, type Section } from './ini-lines.ts'
import { javaScriptReads, readAsJavaScript } from './javascript-reading.ts'
import { malformedFile } from './malformed-file.ts'
import { appendSection } from './new-section.ts'
import { assertProfileName } from './profile-name.ts'
import type { SectionEdit } from './section-edit.ts'
import { canonicalHeader, denotesProfile } from './section-header.ts'
import { refuseDuplicates, refuseInherited, refuseUnseenHeaders } from './section-refusals.ts'
import { type Placement, rewriteSections } from './section-rewrite.ts'
import { assertSetting } from './setting.ts'

/**
 * Returns the text of an AWS shared file with one profile's settings changed and every other byte
 * kept, so that botocore and the JavaScript SDK both read exactly `values` for their keys.
 * Editing twice gives the same text. `path` is for messages only.
 * Throws `file-malformed` (path and line), `invalid-profile-name`, `invalid-usage`.
 */
export function editSection(text: string, edit: SectionEdit, path: string): string {
  assertProfileName(edit.profile)
  for (const [key, value] of Object.entries(edit.values)) assertSetting(key, value)
  const remove = edit.remove.filter((key) => !Object.hasOwn(edit.values, key))
  const change = { ...edit, remove }

  const file = parseIni(text, path)
  const targets = file.sections.filter((s) => denotesProfile(s.name, edit.file, edit.profile))
  const writes = Object.keys(edit.values).length > 0
  refuseDuplicates(targets, path)
  if (writes || targets.length > 0) refuseInherited(file, remove, path)
  refuseUnseenHeaders(file, targets, path)

  const inPlace = rewrite(text, file, targets, change, 'in place')
  if (misreadLine(inPlace, change) === undefined) return inPlace
  // The JavaScript SDK does not see a key below an indented block; at the top of the section it does.
  const onTop = rewrite(text, file, targets, change, 'beneath header')
  const misread = misreadLine(onTop, change)
  if (misread === undefined) return onTop
  const line = text.split('\n').lastIndexOf(onTop.split('\n')[misread - 1] ?? '') + 1
  throw malformedFile(path, Math.max(line, 1), READ_DIFFERENTLY)
}

const READ_DIFFERENTLY =
  'the AWS SDK for JavaScript reads this line as a setting of the profile to be written, ' +
  'the AWS CLI does not; check its indentation and the section header above it'

function rewrite(
  text: string,
  file: IniFile,
  targets: readonly Section[],
  edit: SectionEdit,
  placement: Placement,
): string {
  const header = canonicalHeader(edit.file, edit.profile)
  if (targets.length === 0) {
    return Object.keys(edit.values).length === 0 ? text : appendSection(text, header, edit)
  }
  const seen = targets.some((target) => javaScriptReads(target.name, edit.file, edit.profile))
  return rewriteSections(file, targets, edit, placement, seen ? undefined : header)
}

/** The line that keeps the JavaScript SDK from reading what the edit says, if there is one. */
function misreadLine(text: string, edit: SectionEdit): number | undefined {
  const settings = readAsJavaScript(text, edit.file, edit.profile)
  for (const [key, value] of Object.entries(edit.values)) {
    const setting = settings.get(key)
    if (!setting) return [...settings.values()].at(-1)?.line ?? 1
    if (setting.value !== value) return setting.line
  }
  return edit.remove.map((key) => settings.get(key)?.line).find((line) => line !== undefined)
}
