import { type Organization, projectsOf, providersOf, rolesIn } from '../roles/organization.ts'
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
  for (const { setup } of roles) {
    const { party } = setup
    if (party.kind !== 'tokens') continue
    const [subject = ''] = party.subjects
    const [, organization] = /^org\/([^/]+)\//.exec(subject) ?? []
    if (organization === undefined) return { issuer: party.issuer }
    const [project] = projectsOf(setup)
    const [, repository, ref] = /\/vcs-origin\/(.+?)\/vcs-ref\/(.+)$/.exec(subject) ?? []
    const [, branch] = /^refs\/heads\/(.+)$/.exec(ref ?? '') ?? []
    const job = {
      ...(repository === undefined ? {} : { repository }),
      ...(branch === undefined ? {} : { branch: branch.replace(/\*$/, 'rehearsal') }),
    }
    return {
      organization,
      ...(project === undefined ? {} : { project }),
      issuer: party.issuer,
      ...(Object.keys(job).length > 0 ? { job } : {}),
    }
  }
  return {}
}
