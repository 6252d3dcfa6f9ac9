import type { CommandContext, OptionsOf } from '../../command-table.ts'
import { startDeadline } from '../../deadline.ts'
import { OidcError } from '../../errors.ts'
import { type Environment, OPTIONS, type OptionSpec } from '../../options.ts'
import type { Claims } from '../../token/claims.ts'
import { readToken } from '../../token/source.ts'
import { type Generated, writeFiles } from '../../trust/generate/files.ts'
import {
  generate,
  generateAll,
  organizationNotes,
  setupNotes,
} from '../../trust/generate/generate.ts'
import { ownTokenNotes } from '../../trust/generate/own-token.ts'
import { readPermissionPolicy } from '../../trust/input.ts'
import {
  type Organization,
  organizationOf,
  rolesOfProjects,
} from '../../trust/roles/organization.ts'
import { readRolesFile } from '../../trust/roles/roles-file.ts'
import { type RoleSetup, readTags } from '../../trust/roles/setup.ts'
import { conflict } from '../../trust/subjects/coordinate.ts'
import { tokensLike } from '../../trust/subjects/from-token.ts'
import {
  BELONGS_TO,
  isGiven,
  type PartyName,
  partiesNamed,
  partyOf,
  strayOption,
  type TrustedParty,
} from '../../trust/subjects/party.ts'
import { eachOf, type TrustedTokens, together } from '../../trust/subjects/trusted-tokens.ts'

type Options = OptionsOf<'trust generate'>

export async function run(options: Options, context: CommandContext): Promise<number> {
  const { env, terminal } = context
  const { generated, notes } = options['roles-file']
    ? await ofFile(options['roles-file'], options, env)
    : await ofOptions(options, context)
  for (const note of notes) terminal.note(`Note: ${note}`)
  const directory = options['out-dir']
  if (directory === undefined) {
    terminal.print(generated.text.replace(/\n$/, ''))
    return 0
  }
  const paths = await writeFiles(directory, generated.files, options.force)
  for (const path of paths) terminal.print(path)
  return 0
}

interface Answer {
  readonly generated: Generated
  readonly notes: readonly string[]
}

async function ofOptions(options: Options, context: CommandContext): Promise<Answer> {
  const { setups, claims } = await readSetups(options, context)
  const [only] = setups
  if (only !== undefined && setups.length === 1) {
    const isNarrowed = NARROWING.some((name) => isGiven(options[name]))
    const generated = generate(options.for, only)
    const own = claims ? ownTokenNotes(only, claims, isNarrowed) : []
    return { generated, notes: [...setupNotes(only), ...own] }
  }
  return ofOrganization(options.for, organizationOf(setups))
}

function ofOrganization(
  form: Options['for'],
  organization: Organization,
  projects: readonly string[] = [],
): Answer {
  return {
    generated: generateAll(form, organization, projects),
    notes: organizationNotes(form, organization),
  }
}

/** Options that mean something beside a roles file. */
const BESIDE_FILE: readonly string[] = [
  ...['roles-file', 'project-id', 'for', 'out-dir', 'force', 'timeout-seconds', 'debug'],
]

async function ofFile(path: string, options: Options, env: Environment): Promise<Answer> {
  const stray = Object.entries(options).find(
    ([name, value]) => !BESIDE_FILE.includes(name) && isGiven(value) && !isDefault(name, value),
  )
  if (stray !== undefined) {
    throw strayOption(stray[0], 'roles-file', ['project-id', 'for', 'out-dir', 'force'])
  }
  const organization = await readRolesFile(path, env)
  const projects = options['project-id']
  if (projects.length === 0) return ofOrganization(options.for, organization)
  const chosen = ofProjects(organization, projects)
  if (options.for === 'profiles') return ofOrganization('profiles', chosen)
  // A world has all roles, so that it shows as well which of them a job of the project is refused.
  if (options.for === 'world') return ofOrganization('world', organization, projects)
  throw new OidcError('invalid-usage', {
    what: `--for ${options.for} takes every role of --roles-file, so --project-id has no effect.`,
    next: 'Leave it out, or generate the profiles of that project with --for profiles.',
  })
}

function isDefault(name: string, value: unknown): boolean {
  const spec: OptionSpec = OPTIONS[name as keyof typeof OPTIONS]
  return spec.default === value
}

function ofProjects(organization: Organization, projects: readonly string[]): Organization {
  const roles = rolesOfProjects(organization, projects)
  if (roles.length > 0) return { ...organization, roles }
  throw new OidcError('invalid-usage', {
    what: `No role in --roles-file names the project ${projects.join(', ')}.`,
    next: 'Give the id of a project that the file names.',
  })
}

interface Setups {
  readonly setups: readonly RoleSetup[]
  /** Of the token that a role is made from. */
  readonly claims?: Claims
}

/** What the options ask for: a role, or one for each project where there are as many names. */
async function readSetups(options: Options, context: CommandContext): Promise<Setups> {
  const names = options['role-name']
  const common = {
    accountId: options['account-id'],
    partition: options.partition,
    policyArns: options['policy-arns'],
    permissionPolicy: await readPermissionPolicy(options['permission-policy']),
    permissionsBoundary: options['permissions-boundary'],
    thumbprints: options.thumbprints,
    tags: readTags(options.tags),
    maxSessionDuration: options['max-session-duration'],
  }
  if (names.length <= 1) {
    const { party, ...rest } = await readParty(options, context)
    const defaultName = party.kind === 'tokens' ? `${party.ci}-oidc` : 'ci-oidc'
    return { setups: [{ ...common, party, roleName: names[0] ?? defaultName }], ...rest }
  }
  const each = EACH.find((name) => options[name].length === names.length)
  if (each === undefined) {
    throw new OidcError('invalid-usage', {
      what: `--role-name has ${names.length} names, but the number of projects differs.`,
      next: 'Give one name for a role that trusts all of the projects, or one for each project in their order.',
    })
  }
  const origins = options['vcs-origin']
  const setups = names.map((roleName, index) => {
    const own = { ...options, [each]: options[each].slice(index, index + 1) }
    const origin = origins.length === names.length ? origins.slice(index, index + 1) : origins
    return { ...common, party: partyOf({ ...own, 'vcs-origin': origin }), roleName }
  })
  return { setups }
}

const EACH = ['project-id', 'project-path', 'repository'] as const

const NARROWING = ['branch', 'user-id', 'ref-type', 'ref', 'environment'] as const
const WITH_TOKEN: readonly string[] = [
  ...NARROWING,
  ...['any-project', 'token-env', 'token-file', 'token-version', 'audience'],
]

/** Whom the options name: by coordinates, by a token, or another role. */
async function readParty(
  options: Options,
  context: CommandContext,
): Promise<{ readonly party: TrustedParty; readonly claims?: Claims }> {
  const [named] = partiesNamed(options)
  const chosen = options['from-token'] ? 'from-token' : named
  if (options['from-token'] && named) throw conflict('from-token', named)
  refuseTokenOptions(chosen, options)
  if (chosen !== 'from-token') return { party: partyOf(options) }
  const stray = Object.values(BELONGS_TO)
    .flat()
    .find((name) => !WITH_TOKEN.includes(name) && isGiven(options[name]))
  if (stray !== undefined) throw strayOption(stray, 'from-token', WITH_TOKEN)
  const claims = await readClaims(options, context)
  const tokens = together(
    eachOf(options.branch).flatMap((branch) =>
      eachOf(options.ref).map((ref) =>
        tokensLike(claims, {
          anyProject: options['any-project'],
          branch,
          userId: options['user-id'],
          refType: options['ref-type'],
          ref,
          environment: options.environment,
        }),
      ),
    ),
  )
  refuseStraysOf(tokens, options)
  return { party: tokens, claims }
}

/** Which token is of no interest where none is asked for. */
function refuseTokenOptions(chosen: string | undefined, options: Options): void {
  if (chosen === undefined || chosen === 'from-token') return
  const names = ['token-env', 'token-file', 'token-version'] as const
  const stray = names.find((name) => isGiven(options[name]))
  if (stray !== undefined) throw strayOption(stray, chosen, BELONGS_TO[chosen as PartyName])
}

/** The coordinate that stands for the token's CI: what narrows its subject down. */
const COORDINATE_OF = {
  circleci: 'org-id',
  gitlab: 'project-path',
  github: 'repository',
  ci: 'issuer',
} as const satisfies Record<TrustedTokens['ci'], PartyName>

/** With a token, what narrows down is known only when it is read. */
function refuseStraysOf({ ci, issuer }: TrustedTokens, options: Options): void {
  const own: readonly string[] = BELONGS_TO[COORDINATE_OF[ci]]
  const stray = NARROWING.find((name) => !own.includes(name) && isGiven(options[name]))
  if (stray === undefined) return
  const fitting = NARROWING.filter((name) => own.includes(name)).map((name) => `--${name}`)
  throw new OidcError('invalid-usage', {
    what: `--${stray} does not apply to a token from ${issuer}.`,
    why:
      fitting.length > 0
        ? `To narrow down its subject, use ${fitting.join(', ')}.`
        : 'Its subject is taken as it is.',
    next: `Leave --${stray} out, or give --issuer, --audience and --subject instead of --from-token.`,
  })
}

async function readClaims(options: Options, { env, terminal }: CommandContext): Promise<Claims> {
  const deadline = startDeadline(options['timeout-seconds'], terminal.progress)
  try {
    const reading = readToken(options, env, deadline.signal)
    const { claims } = await deadline.race('reading the web identity token', reading)
    return claims
  } finally {
    deadline.clear()
  }
}
