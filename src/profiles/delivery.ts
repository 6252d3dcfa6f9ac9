import { assertRegion } from '../region.ts'
import { isoSeconds } from '../timestamp.ts'
import { CREDENTIAL_KEYS } from './credential-keys.ts'
import type { FileEdit } from './file-replacement.ts'
import { resolveTarget } from './file-target.ts'
import { editSection } from './section.ts'
import type { SharedFile } from './section-header.ts'
import type { SharedFileLocations } from './shared-file-locations.ts'
import { sharedFileEdits } from './shared-files.ts'

export interface StaticCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
}

interface Settings {
  readonly profile: string
  /** Written to the config file when given; what stands there stays otherwise. */
  readonly region?: string | undefined
  readonly output?: string | undefined
}

/** A profile and where its credentials come from. */
export type ProfileDelivery =
  | (Settings & { readonly kind: 'static'; readonly credentials: StaticCredentials })
  | (Settings & { readonly kind: 'refresh'; readonly credentialProcess: string })
  | (Settings & {
      readonly kind: 'token-file'
      readonly roleArn: string
      readonly tokenFile: string
      readonly roleSessionName: string
    })

/**
 * The profiles as edits of the shared files, which take every other kind of credentials away from them.
 * A profile without settings gets no section in the config file: SDKs find it by the credentials file
 * alone. Throws `invalid-region`; the edits throw `invalid-profile-name`, `invalid-usage`, `file-malformed`.
 */
export function profileEdits(
  deliveries: readonly ProfileDelivery[],
  locations: SharedFileLocations,
): FileEdit[] {
  for (const { region } of deliveries) if (region !== undefined) assertRegion(region)
  const oneFile = resolveTarget(locations.config) === resolveTarget(locations.credentials)
  const edit = (file: SharedFile) => (text: string, path: string) =>
    deliveries.reduce((edited, delivery) => {
      // Where both files are one, both sections of the default profile are one, too.
      const oneSection = oneFile && delivery.profile === 'default'
      if (oneSection && file === 'config') return edited
      const { values, remove, note } = oneSection ? together(delivery) : rewritten(delivery, file)
      const change = { profile: delivery.profile, file, values, remove }
      return editSection(edited, note === undefined ? change : { ...change, note }, path)
    }, text)
  return sharedFileEdits(locations, { config: edit('config'), credentials: edit('credentials') })
}

interface Written {
  readonly values: Readonly<Record<string, string>>
  readonly note?: string
}

interface Rewritten extends Written {
  readonly remove: readonly string[]
}

function rewritten(delivery: ProfileDelivery, file: SharedFile): Rewritten {
  const settings = SETTINGS[file](delivery)
  // SDKs prefer what the credentials file says of a profile, also of its region.
  const settingsElsewhere = file === 'config' ? [] : Object.keys(SETTINGS.config(delivery).values)
  return { ...settings, remove: [...CREDENTIAL_KEYS, ...settingsElsewhere] }
}

function together(delivery: ProfileDelivery): Rewritten {
  const [config, credentials] = [SETTINGS.config(delivery), SETTINGS.credentials(delivery)]
  const values = { ...config.values, ...credentials.values }
  return { ...config, ...credentials, values, remove: CREDENTIAL_KEYS }
}

const SETTINGS: Readonly<Record<SharedFile, (delivery: ProfileDelivery) => Written>> = {
  config: (delivery) => {
    const { region, output } = delivery
    return {
      values: {
        ...sourceSettings(delivery),
        ...(region === undefined ? {} : { region }),
        ...(output === undefined ? {} : { output }),
      },
    }
  },
  credentials: (delivery) => {
    if (delivery.kind !== 'static') return { values: {} }
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = delivery.credentials
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

function sourceSettings(delivery: ProfileDelivery): Record<string, string> {
  switch (delivery.kind) {
    case 'static':
      return {}
    case 'refresh':
      return { credential_process: delivery.credentialProcess }
    case 'token-file':
      return {
        role_arn: delivery.roleArn,
        web_identity_token_file: delivery.tokenFile,
        role_session_name: delivery.roleSessionName,
      }
  }
}
