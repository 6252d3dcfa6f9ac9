import { OidcError } from '../../errors.ts'
import type { OptionValues } from '../../options.ts'
import { isRoleArn } from '../../role/arn.ts'
import { isExternalId } from '../../role/request.ts'
import { circleciTokens } from './circleci.ts'
import { conflict, PLAIN } from './coordinate.ts'
import { githubTokens } from './github.ts'
import { gitlabTokens } from './gitlab.ts'
import { issuerTokens } from './issuer.ts'
import { eachOf, type TrustedTokens, together } from './trusted-tokens.ts'

export type TrustedParty = TrustedTokens | TrustedRole

/** What says whom a role trusts, whether it comes from options or from a roles file. */
export type Coordinates = OptionValues<CoordinateName>

/** Who may assume a role, by its coordinates: tokens of a CI, or another role. Throws `invalid-usage`. */
export function partyOf(coordinates: Coordinates): TrustedParty {
  const chosen = chooseParty(coordinates)
  refuseStrays(chosen, coordinates)
  return chosen === 'trusts-role'
    ? trustedRole(coordinates['trusts-role'] ?? '', coordinates['external-id'])
    : together(TOKENS[chosen](coordinates))
}

/** One party for each project and each branch. */
const TOKENS = {
  'org-id': circleciParties,
  'project-path': (given) =>
    given['project-path'].flatMap((projectPath) =>
      eachOf(given.ref).map((ref) =>
        gitlabTokens({
          url: given['gitlab-url'],
          projectPath,
          anyProject: given['any-project'],
          refType: given['ref-type'],
          ref,
          audience: given.audience,
        }),
      ),
    ),
  repository: (given) =>
    given.repository.flatMap((repository) =>
      eachOf(given.ref).map((ref) =>
        githubTokens({
          repository,
          anyProject: given['any-project'],
          ref,
          environment: given.environment,
          issuer: given.issuer,
          audience: given.audience,
        }),
      ),
    ),
  issuer: (given) => [
    issuerTokens({
      issuer: given.issuer ?? '',
      audience: given.audience,
      subject: given.subject,
      anyProject: given['any-project'],
    }),
  ],
} as const satisfies Record<string, (given: Coordinates) => TrustedTokens[]>

function circleciParties(given: Coordinates): TrustedTokens[] {
  const projects = given['project-id']
  const origins = given['vcs-origin']
  if (origins.length > 1 && origins.length !== Math.max(projects.length, 1)) {
    throw new OidcError('invalid-usage', {
      what: `--vcs-origin has ${origins.length} repositories for ${projects.length} projects.`,
      next: 'Give one repository for all of the projects, or one for each in their order.',
    })
  }
  return eachOf(projects).flatMap((projectId, index) =>
    eachOf(given.branch).map((branch) =>
      circleciTokens({
        orgId: given['org-id'] ?? '',
        projectId,
        anyProject: given['any-project'],
        branch,
        vcsOrigin: origins.length > 1 ? origins[index] : origins[0],
        userId: given['user-id'],
        issuer: given.issuer,
        audience: given.audience,
      }),
    ),
  )
}

/** The coordinate that chooses a kind of party, and those that say more of it. */
export const BELONGS_TO = {
  'trusts-role': ['external-id'],
  'org-id': ['project-id', 'branch', 'vcs-origin', 'user-id', 'any-project', 'issuer', 'audience'],
  'project-path': ['gitlab-url', 'ref-type', 'ref', 'any-project', 'audience'],
  repository: ['ref', 'environment', 'any-project', 'issuer', 'audience'],
  issuer: ['subject', 'any-project', 'audience'],
} as const

export type PartyName = keyof typeof BELONGS_TO
export type CoordinateName = PartyName | (typeof BELONGS_TO)[PartyName][number]

const PARTIES = Object.keys(BELONGS_TO) as PartyName[]

/** Every coordinate once. */
export const COORDINATES: readonly CoordinateName[] = [
  ...new Set(PARTIES.flatMap((name) => [name, ...BELONGS_TO[name]])),
]

/** The kinds of party that the coordinates name. --issuer also belongs to CircleCI Server and GitHub Enterprise Server. */
export function partiesNamed(given: Partial<Coordinates>): readonly PartyName[] {
  const named = PARTIES.filter((name) => isGiven(given[name]))
  return named.length > 1 ? named.filter((name) => name !== 'issuer') : named
}

function chooseParty(given: Coordinates): PartyName {
  const [first, second] = partiesNamed(given)
  if (first && second) throw conflict(first, second)
  if (first) return first
  throw new OidcError('invalid-usage', {
    what: 'No trusted entity is given: no option says whose tokens, or which other role, can assume the role.',
    next: 'Give --org-id and --project-id (CircleCI), --project-path (GitLab), --repository (GitHub), --issuer with --audience and --subject, --from-token, or --trusts-role.',
  })
}

/** An option that would be ignored is a mistake, not a wish. */
function refuseStrays(chosen: PartyName, given: Coordinates): void {
  const own: readonly string[] = BELONGS_TO[chosen]
  const stray = COORDINATES.find(
    (name) => name !== chosen && !own.includes(name) && isGiven(given[name]),
  )
  if (stray !== undefined) throw strayOption(stray, chosen, own)
}

export function strayOption(stray: string, chosen: string, own: readonly string[]): OidcError {
  return new OidcError('invalid-usage', {
    what: `--${stray} does not apply with --${chosen}.`,
    next: `Leave one of them out. With --${chosen} you can use ${own.map((name) => `--${name}`).join(', ')}.`,
  })
}

export function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false
}

/** Sessions of another role, which assumes this one (role chaining). */
interface TrustedRole {
  readonly kind: 'role'
  readonly roleArn: string
  readonly externalId: string | undefined
}

/** The party of a chained role: another role, by its ARN, perhaps with an external id. */
export function trustedRole(roleArn: string, externalId: string | undefined): TrustedRole {
  if (!PLAIN.test(roleArn) || !isRoleArn(roleArn)) {
    throw new OidcError('invalid-role-arn', {
      what: `--trusts-role is ${JSON.stringify(roleArn.slice(0, 120))}, which is not the ARN of a role.`,
      next: 'Give the ARN as the IAM console shows it: arn:aws:iam::123456789012:role/NAME.',
    })
  }
  if (externalId !== undefined && !isExternalId(externalId)) {
    throw new OidcError('invalid-usage', {
      what: '--external-id must be 2 to 1224 letters, digits and _+=,.@:/-',
      next: 'Give the external id that the other role presents.',
    })
  }
  return { kind: 'role', roleArn, externalId }
}
