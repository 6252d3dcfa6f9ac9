import { startDeadline } from '../deadline.ts'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import type { Claims } from '../token/claims.ts'
import { readToken } from '../token/source.ts'
import { circleciTokens } from '../trust/circleci-subjects.ts'
import { githubTokens } from '../trust/github-subjects.ts'
import { gitlabTokens } from '../trust/gitlab-subjects.ts'
import { issuerTokens } from '../trust/issuer-subjects.ts'
import { tokensLike } from '../trust/token-coordinates.ts'
import type { TrustedParty, TrustedTokens } from '../trust/trusted-party.ts'
import { trustedRole } from '../trust/trusted-role.ts'
import { conflict } from '../trust/usage.ts'
import type { GenerateOptions } from './trust-generate.ts'

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
} as const satisfies Partial<Record<keyof GenerateOptions, readonly (keyof GenerateOptions)[]>>

/** Whom the options name: by coordinates, by a token, or another role. */
export async function readParty(options: GenerateOptions, env: Environment): Promise<TrustedParty> {
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

function narrowing(options: GenerateOptions) {
  return {
    anyProject: options['any-project'],
    branch: options.branch,
    userId: options['user-id'],
    refType: options['ref-type'],
    ref: options.ref,
    environment: options.environment,
  }
}

function chooseCoordinate(options: GenerateOptions): Coordinate {
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
function refuseStrays(chosen: Coordinate, options: GenerateOptions): void {
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
function refuseStraysOf({ ci, issuer }: TrustedTokens, options: GenerateOptions): void {
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

function isGiven(options: GenerateOptions, name: keyof GenerateOptions): boolean {
  return options[name] !== undefined && options[name] !== false
}

async function readClaims(options: GenerateOptions, env: Environment): Promise<Claims> {
  const deadline = startDeadline(options['timeout-seconds'])
  try {
    const reading = readToken(options, env, deadline.signal)
    const { claims } = await deadline.race('reading the web identity token', reading)
    return claims
  } finally {
    deadline.clear()
  }
}
