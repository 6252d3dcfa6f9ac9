import { type Organization, providersOf, rolesIn } from '../roles/organization.ts'
import { trustPolicyDocument } from '../roles/policy-document.ts'
import { type Generated, jsonText } from './files.ts'

/**
 * A world file of the sandbox with the same accounts, providers and roles, and a job of one of these projects; of none,
 * one that the first role trusts.
 */
export function world(organization: Organization, projects: readonly string[]): Generated {
  const accounts = organization.accounts.map((account) => {
    const roles = rolesIn(organization, account)
    const providers = providersOf(roles).map(({ issuer, clientIds }) => ({
      url: issuer,
      clientIds,
    }))
    const partition = roles[0]?.partition ?? 'aws'
    return [
      account.id,
      {
        ...(partition === 'aws' ? {} : { partition }),
        providers,
        roles: roles.map((setup) => ({
          name: setup.roleName,
          ...(setup.maxSessionDuration === undefined
            ? {}
            : { maxSessionDuration: setup.maxSessionDuration }),
          trustPolicy: trustPolicyDocument(setup),
        })),
      },
    ]
  })
  const job = rehearsed(organization, projects)
  const text = jsonText({ ...job, accounts: Object.fromEntries(accounts) })
  return { files: [{ name: 'world.json', text }], text }
}

/** Organization, project and job of the first role that tokens of these projects may assume. */
function rehearsed({ roles }: Organization, projects: readonly string[]): object {
  const parties = roles.map(({ setup }) => setup.party).filter((party) => party.kind === 'tokens')
  const [party] = parties
  const subjects = parties.flatMap((one) => one.subjects)
  const isOfProjects = (one: string) =>
    projects.length === 0 || projects.some((id) => one.includes(`/project/${id}/`))
  const subject = subjects.find((one) => one.startsWith('org/') && isOfProjects(one))
  if (party === undefined) return {}
  if (subject === undefined) return { issuer: party.issuer }
  const [, organization, project] = /^org\/([^/]+)\/project\/([^/]+)/.exec(subject) ?? []
  const own = subjects.filter((one) => one.startsWith(`org/${organization}/project/${project}/`))
  const [, repository, branch] =
    own.map((one) => BRANCH.exec(one)).find((match) => match !== null) ?? []
  const issuer = parties.find((one) => one.subjects.includes(subject))?.issuer
  return {
    organization,
    ...(project === '*' ? {} : { project }),
    issuer,
    ...(branch === undefined
      ? {}
      : { job: { repository, branch: branch.replace(/\*$/, 'rehearsal') } }),
  }
}

const BRANCH = /\/vcs-origin\/(.+?)\/vcs-ref\/refs\/heads\/(.+)$/
