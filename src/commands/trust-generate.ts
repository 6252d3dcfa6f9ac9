import type { CommandContext, OptionsOf } from '../command-table.ts'
import { startDeadline } from '../deadline.ts'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import type { Claims } from '../token/claims.ts'
import { readToken } from '../token/source.ts'
import { circleciTokens } from '../trust/generate/circleci.ts'
import { conflict } from '../trust/generate/coordinate.ts'
import { writeFiles } from '../trust/generate/files.ts'
import { tokensLike } from '../trust/generate/from-token.ts'
import { generate, setupNotes } from '../trust/generate/generate.ts'
import { githubTokens } from '../trust/generate/github.ts'
import { gitlabTokens } from '../trust/generate/gitlab.ts'
import { issuerTokens } from '../trust/generate/issuer.ts'
import {
  type RoleSetup,
  type TrustedParty,
  type TrustedTokens,
  trustedRole,
} from '../trust/generate/setup.ts'
import { readJsonFile } from '../trust/input.ts'

/** What the options ask for: who is trusted, and the role. */
export async function readSetup(
  options: OptionsOf<'trust generate'>,
  env: Environment,
): Promise<RoleSetup> {
  const party = await readParty(options, env)
  const defaultName = party.kind === 'tokens' ? `${party.ci}-oidc` : 'ci-oidc'
  return {
    party,
    accountId: options['account-id'],
    partition: options.partition,
    roleName: options['role-name'] ?? defaultName,
    policyArns: options['policy-arns'],
    permissionPolicy: await readPermissionPolicy(options['permission-policy']),
    thumbprints: options.thumbprints,
    tags: readTags(options.tags),
    maxSessionDuration: options['max-session-duration'],
  }
}

/** IAM takes keys that differ only in case for the same: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html */
function readTags(texts: readonly string[]): ReadonlyMap<string, string> {
  const tags = new Map<string, string>()
  const keys = new Set<string>()
  for (const [key, value] of texts.map(readTag)) {
    if (keys.has(key.toLowerCase())) {
      throw new OidcError('invalid-usage', {
        what: `--tags holds the key "${key}" twice; IAM does not tell small letters from capitals.`,
        next: 'Leave one of them out.',
      })
    }
    keys.add(key.toLowerCase())
    tags.set(key, value)
  }
  return tags
}

function readTag(text: string): [key: string, value: string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new OidcError('invalid-usage', {
    what: `--tags holds "${text}", which has no "=" between key and value.`,
    next: 'Give KEY=VALUE, several separated by commas. No value can hold a comma.',
  })
}

// IAM quotas: inline policies of a role, 10,240 characters without white space.
const MAXIMUM_LENGTH = 10_240

async function readPermissionPolicy(path: string | undefined): Promise<object | undefined> {
  if (path === undefined) return undefined
  const policy = await readJsonFile(path, 'The permission policy')
  const length = JSON.stringify(policy).length
  if (typeof policy !== 'object' || policy === null || !('Statement' in policy)) {
    throw malformed(`The permission policy ${path} has no "Statement".`)
  }
  if (length > MAXIMUM_LENGTH) {
    throw malformed(
      `The permission policy ${path} has ${length} characters; IAM takes at most ${MAXIMUM_LENGTH}.`,
    )
  }
  return policy
}

function malformed(what: string): OidcError {
  return new OidcError('file-malformed', {
    what,
    next: 'Give a whole policy document, or a managed policy with --policy-arns.',
  })
}

export async function run(
  options: OptionsOf<'trust generate'>,
  { env, terminal }: CommandContext,
): Promise<number> {
  const setup = await readSetup(options, env)
  const { files, text } = generate(options.for, setup)
  for (const note of setupNotes(setup)) terminal.note(`Note: ${note}`)
  const directory = options['out-dir']
  if (directory === undefined) {
    terminal.print(text.replace(/\n$/, ''))
    return 0
  }
  for (const path of await writeFiles(directory, files, options.force)) terminal.print(path)
  return 0
}

type Coordinate = keyof typeof BELONGS_TO

const NARROWING = ['branch', 'user-id', 'ref-type', 'ref', 'environment'] as const

/** The option that chooses a kind of party, and the options that say more of it. */
const BELONGS_TO = {
  'trusts-role': ['external-id'],
  'from-token': [
    ...NARROWING,
    'any-project',
    'token-env',
    'token-file',
    'token-version',
    'audience',
  ],
  'org-id': ['project-id', 'branch', 'vcs-origin', 'user-id', 'any-project', 'issuer', 'audience'],
  'project-path': ['gitlab-url', 'ref-type', 'ref', 'any-project', 'audience'],
  repository: ['ref', 'environment', 'any-project', 'issuer', 'audience'],
  issuer: ['subject', 'any-project', 'audience'],
} as const satisfies Partial<
  Record<keyof OptionsOf<'trust generate'>, readonly (keyof OptionsOf<'trust generate'>)[]>
>

/** Whom the options name: by coordinates, by a token, or another role. */
export async function readParty(
  options: OptionsOf<'trust generate'>,
  env: Environment,
): Promise<TrustedParty> {
  const chosen = chooseCoordinate(options)
  refuseStrays(chosen, options)
  const audience = options.audience
  const anyProject = options['any-project']
  switch (chosen) {
    case 'trusts-role':
      return trustedRole(options['trusts-role'] ?? '', options['external-id'])
    case 'from-token': {
      const tokens = tokensLike(await readClaims(options, env), narrowing(options))
      refuseStraysOf(tokens, options)
      return tokens
    }
    case 'org-id':
      return circleciTokens({
        ...narrowing(options),
        orgId: options['org-id'] ?? '',
        projectId: options['project-id'],
        vcsOrigin: options['vcs-origin'],
        issuer: options.issuer,
        audience,
      })
    case 'project-path':
      return gitlabTokens({
        ...narrowing(options),
        url: options['gitlab-url'],
        projectPath: options['project-path'] ?? '',
        audience,
      })
    case 'repository':
      return githubTokens({
        ...narrowing(options),
        repository: options.repository ?? '',
        issuer: options.issuer,
        audience,
      })
    case 'issuer':
      return issuerTokens({
        issuer: options.issuer ?? '',
        audience,
        subject: options.subject,
        anyProject,
      })
  }
}

function narrowing(options: OptionsOf<'trust generate'>) {
  return {
    anyProject: options['any-project'],
    branch: options.branch,
    userId: options['user-id'],
    refType: options['ref-type'],
    ref: options.ref,
    environment: options.environment,
  }
}

function chooseCoordinate(options: OptionsOf<'trust generate'>): Coordinate {
  const kinds = (Object.keys(BELONGS_TO) as Coordinate[]).filter((name) => isGiven(options, name))
  // --issuer also belongs to CircleCI Server and GitHub Enterprise Server.
  const [first, second] = kinds.length > 1 ? kinds.filter((name) => name !== 'issuer') : kinds
  if (first && second) throw conflict(first, second)
  if (first) return first
  throw new OidcError('invalid-usage', {
    what: 'Whom the role is to trust is missing.',
    next: 'Give --org-id and --project-id (CircleCI), --project-path (GitLab), --repository (GitHub), --issuer with --audience and --subject, --from-token, or --trusts-role.',
  })
}

/** An option that would be ignored is a mistake, not a wish. */
function refuseStrays(chosen: Coordinate, options: OptionsOf<'trust generate'>): void {
  const own: readonly string[] = BELONGS_TO[chosen]
  const others = Object.entries(BELONGS_TO).flatMap(([name, more]) => [name, ...more])
  const stray = others.find(
    (name) => name !== chosen && !own.includes(name) && isGiven(options, name as Coordinate),
  )
  if (stray === undefined) return
  throw new OidcError('invalid-usage', {
    what: `--${stray} has no meaning with --${chosen}.`,
    next: `Leave one of them out; with --${chosen} go ${own.map((name) => `--${name}`).join(', ')}.`,
  })
}

/** The coordinate that stands for the token's CI: what narrows its subject down. */
const COORDINATE_OF = {
  circleci: 'org-id',
  gitlab: 'project-path',
  github: 'repository',
  ci: 'issuer',
} as const satisfies Record<TrustedTokens['ci'], Coordinate>

/** With a token, what narrows down is known only when it is read. */
function refuseStraysOf({ ci, issuer }: TrustedTokens, options: OptionsOf<'trust generate'>): void {
  const own: readonly string[] = BELONGS_TO[COORDINATE_OF[ci]]
  const stray = NARROWING.find((name) => !own.includes(name) && isGiven(options, name))
  if (stray === undefined) return
  const fitting = NARROWING.filter((name) => own.includes(name)).map((name) => `--${name}`)
  throw new OidcError('invalid-usage', {
    what: `--${stray} has no meaning with a token of ${issuer}.`,
    why:
      fitting.length > 0
        ? `Its subject is narrowed down by ${fitting.join(', ')}.`
        : 'Its subject is taken as it is.',
    next: `Leave --${stray} out, or give --issuer, --audience and --subject instead of --from-token.`,
  })
}

function isGiven(
  options: OptionsOf<'trust generate'>,
  name: keyof OptionsOf<'trust generate'>,
): boolean {
  return options[name] !== undefined && options[name] !== false
}

async function readClaims(options: OptionsOf<'trust generate'>, env: Environment): Promise<Claims> {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const reading = readToken(options, env, deadline.signal)
    const { claims } = await deadline.race('reading the web identity token', reading)
    return claims
  } finally {
    deadline.clear()
  }
}
