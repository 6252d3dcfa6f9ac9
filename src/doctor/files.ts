import { OidcError } from '../errors.ts'
import { quoteKey } from '../profiles-file/problem.ts'
import { errorFinding, type Finding, finding, fine } from './finding.ts'
import { lineFindings } from './lines.ts'
import { sectionFindings } from './sections.ts'
import type { SharedFileFacts } from './shared-file.ts'

/** Whether both SDK families read the shared files, and alike. */
export function checkFiles(files: readonly SharedFileFacts[]): Finding[] {
  return files.flatMap((facts) => {
    const wrong = [
      ...(facts.error ? [errorFinding(facts.error)] : []),
      ...permissionFindings(facts),
      ...(facts.content ? contentFindings(facts, facts.content) : []),
    ]
    return wrong.length > 0 ? wrong : [fine('files', summary(facts))]
  })
}

function summary({ path, exists, content }: SharedFileFacts): string {
  if (!exists) return `${path} does not exist yet`
  const count = content?.sections.length ?? 0
  return `${path}: ${count} section${count === 1 ? '' : 's'}, readable for all AWS tools`
}

function permissionFindings({ file, path, mode = 0, ownedByOther }: SharedFileFacts): Finding[] {
  // Windows has no such modes, and Node makes them up.
  const open = process.getuid ? mode & (file === 'credentials' ? 0o077 : 0o002) : 0
  return [
    ...(open === 0 ? [] : [finding('file-mode', `${path} has mode ${(mode & 0o777).toString(8)}`)]),
    ...(ownedByOther ? [finding('file-owner', path)] : []),
  ]
}

function contentFindings(
  { file, path }: SharedFileFacts,
  content: NonNullable<SharedFileFacts['content']>,
): Finding[] {
  return [
    ...twinFindings(content, path),
    ...sectionFindings(content, file, path),
    ...lineFindings(content, path),
  ]
}

/** botocore reads nothing of a file with the same section, or the same key of a section, twice. */
function twinFindings(content: NonNullable<SharedFileFacts['content']>, path: string): Finding[] {
  const sections = content.sections.map(({ name, header }) => ({ key: `[${name}]`, line: header }))
  const options = content.sections.map(({ options }) =>
    options.map(({ key, first }) => ({ key: quoteKey(key), line: first })),
  )
  return [sections, ...options].flatMap((entries) =>
    entries.flatMap(({ key, line }, index) => {
      const twin = entries.slice(0, index).find((other) => other.key === key)
      if (!twin) return []
      return [
        errorFinding(
          new OidcError('file-malformed', {
            what: `${path}, line ${line + 1}: ${key} is on line ${twin.line + 1} already.`,
            why: 'The AWS CLI and everything built on botocore reads nothing of a file that has a section or key twice.',
            next: 'Keep one of the two. A script that appends to the file on each run makes them.',
          }),
        ),
      ]
    }),
  )
}
