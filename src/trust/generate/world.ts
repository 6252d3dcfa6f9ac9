import { type Organization, providersOf, rolesIn } from '../roles/organization.ts'
import { trustPolicyDocument } from '../roles/policy-document.ts'
import { type Generated, jsonText } from './files.ts'

/** A world file of the sandbox with the same accounts, providers and roles, and a job that the first role trusts. */
export function world(organization: Organization): Generated {
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
  const text = jsonText({ ...rehearsed(organization), accounts: Object.fromEntries(accounts) })
  return { files: [{ name: 'world.json', text }], text }
}

/** Organization, project and job of the first role that tokens may assume. */
function rehearsed({ roles }: Organization): object {
  const parties = roles.map(({ setup }) => setup.party).filter((party) => party.kind === 'tokens')
  const [party] = parties
  const subjects = parties.flatMap((one) => one.subjects)
  const subject = subjects.find((one) => one.startsWith('org/'))
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
