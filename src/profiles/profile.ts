import type { FileEdit } from '../files/replace.ts'
import { resolveTarget } from '../files/target.ts'
import { assertRegion } from '../role/region.ts'
import type { SessionCredentials } from '../role/request.ts'
import { isoSeconds } from '../text.ts'
import { malformedFile } from './ini.ts'
import type { SharedFileLocations } from './locations.ts'
import type { SharedFile } from './profile-name.ts'
import type { SectionEdit } from './section.ts'
import { editSections } from './sections.ts'
import { type OwnKeys, STATIC_KEYS } from './static-keys.ts'

/** A profile and where its credentials come from. */
export type Profile =
  | (Settings & { readonly kind: 'static'; readonly credentials: SessionCredentials })
  | (Settings & { readonly kind: 'refresh'; readonly credentialProcess: string })
  | (Settings & {
      readonly kind: 'token-file'
      readonly roleArn: string
      readonly tokenFile: string
      readonly roleSessionName: string
    })

interface Settings {
  readonly name: string
  /** Written to the config file when given; what stands there stays otherwise. */
  readonly region?: string | undefined
  readonly output?: string | undefined
}

/**
 * The profiles as edits of the shared files, which take every other kind of credentials away from them.
 * A profile without settings gets no section in the config file: SDKs find it by the credentials file
 * alone. Throws `invalid-region`; the edits throw what `editSection` throws.
 */
export function profileEdits(
  profiles: readonly Profile[],
  locations: SharedFileLocations,
  ownKeys: OwnKeys,
): FileEdit[] {
  for (const { region } of profiles) if (region !== undefined) assertRegion(region)
  const oneFile = resolveTarget(locations.config) === resolveTarget(locations.credentials)
  const edit = (file: SharedFile) => (text: string, path: string) => {
    const edits = profiles.flatMap((profile) => {
      // Where both files are one, both sections of the default profile are one, too.
      const oneSection = oneFile && profile.name === 'default'
      if (oneSection && file === 'config') return []
      const change = oneSection ? inOneFile(profile) : changeOf(profile, file)
      return [{ profile: profile.name, file, ownKeys, ...change }]
    })
    return editSections(text, edits, path)
  }
  return sharedFileEdits(locations, { config: edit('config'), credentials: edit('credentials') })
}

type Change = Pick<SectionEdit, 'values' | 'note' | 'remove'>

function changeOf(profile: Profile, file: SharedFile): Change {
  // SDKs prefer what the credentials file says of a profile, also of its region.
  const settings = Object.keys(SETTINGS.config(profile).values)
  return { ...SETTINGS[file](profile), remove: [...CREDENTIAL_KEYS, ...settings] }
}

function inOneFile(profile: Profile): Change {
  const [config, credentials] = [SETTINGS.config(profile), SETTINGS.credentials(profile)]
  const values = { ...config.values, ...credentials.values }
  return { ...config, ...credentials, values, remove: CREDENTIAL_KEYS }
}

/** What each of the files gets. */
const SETTINGS: Readonly<Record<SharedFile, (profile: Profile) => Omit<Change, 'remove'>>> = {
  config: (profile) => {
    const { region, output } = profile
    return {
      values: {
        ...sourceSettings(profile),
        ...(region === undefined ? {} : { region }),
        ...(output === undefined ? {} : { output }),
      },
    }
  },
  credentials: (profile) => {
    if (profile.kind !== 'static') return { values: {} }
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = profile.credentials
    return {
      values: {
        aws_access_key_id: accessKeyId,
        aws_secret_access_key: secretAccessKey,
        aws_session_token: sessionToken,
      },
      note: `credentials expire ${isoSeconds(expiration)}`,
    }
  },
}

/** What the config file says of where the credentials come from. */
function sourceSettings(profile: Profile): Record<string, string> {
  switch (profile.kind) {
    case 'static':
      return {}
    case 'refresh':
      return { credential_process: profile.credentialProcess }
    case 'token-file':
      return {
        role_arn: profile.roleArn,
        web_identity_token_file: profile.tokenFile,
        role_session_name: profile.roleSessionName,
      }
  }
}

/**
 * Every key that says where a profile's credentials come from, of whatever kind. A profile keeps
 * those of one kind only: SDKs differ in which kind they try first.
 */
export const CREDENTIAL_KEYS = [
  ...STATIC_KEYS,
  // botocore reads this old name before aws_session_token.
  'aws_security_token',
  // The account of the keys that were there; SDKs build endpoints from it.
  'aws_account_id',
  'role_arn',
  'source_profile',
  'credential_source',
  'web_identity_token_file',
  'credential_process',
  'sso_session',
  'sso_start_url',
  'sso_region',
  'sso_account_id',
  'sso_role_name',
  'sso_registration_scopes',
  'login_session',
  'external_id',
  'role_session_name',
  'duration_seconds',
  'mfa_serial',
] as const

/**
 * Edits of the shared files. The credentials file ends up readable by its owner only, the config file
 * keeps its mode. The edits throw `file-malformed`.
 */
export function sharedFileEdits(
  locations: SharedFileLocations,
  edits: Readonly<Partial<Record<SharedFile, TextEdit>>>,
): FileEdit[] {
  const files: SharedFile[] = ['config', 'credentials']
  return files.flatMap((file) => {
    const edit = edits[file]
    const path = locations[file]
    if (!edit) return []
    const editBytes = async (content: Buffer) =>
      Buffer.from(await edit(decode(content, path), path))
    return [{ path, edit: editBytes, secret: file === 'credentials' }]
  })
}

/** Returns the new text of a file; `path` is for its error messages. Pure: it may run twice. */
type TextEdit = (text: string, path: string) => string | Promise<string>

/** The text of a file's bytes. Throws `file-malformed` with the line that is not UTF-8. */
export function decode(content: Buffer, path: string): string {
  const text = content.toString('utf8')
  if (Buffer.from(text).equals(content)) return text
  const lines = text.split('\n')
  const bytes = content.toString('latin1').split('\n')
  const line = lines.findIndex((item, i) => Buffer.from(item).toString('latin1') !== bytes[i])
  throw malformedFile(path, line + 1, 'it is not valid UTF-8')
}
