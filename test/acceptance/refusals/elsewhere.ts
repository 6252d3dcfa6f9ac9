import { ORG, OTHER, PROJECT, SUBJECT, USER } from './set-up.ts'

type Claims = Readonly<Record<string, string>>

const claims = (sub: string, more: Claims = {}): Claims => ({
  iss: `https://oidc.circleci.com/org/${ORG}`,
  aud: ORG,
  sub,
  'oidc.circleci.com/project-id': PROJECT,
  ...more,
})

const at = (origin: string, ref: string) => `${SUBJECT}/${USER}/vcs-origin/${origin}/vcs-ref/${ref}`
const WEBSITE = 'github.com/acme/website'
const OF_OTHER = `https://oidc.circleci.com/org/${OTHER}`

/** Jobs of other projects and organizations: no advice may let them in. */
export const STRANGERS: Readonly<Record<string, Claims>> = {
  'another project': claims(`org/${ORG}/project/${OTHER}/user/${USER}`, {
    'oidc.circleci.com/project-id': OTHER,
  }),
  'another project, same repository and branch': claims(
    at(WEBSITE, 'refs/heads/main').replace(PROJECT, OTHER),
    { 'oidc.circleci.com/project-id': OTHER },
  ),
  'another organization': claims(at(WEBSITE, 'refs/heads/main').replaceAll(ORG, OTHER), {
    iss: OF_OTHER,
    aud: OTHER,
  }),
  'another organization with this audience': claims(at(WEBSITE, 'refs/heads/main'), {
    iss: OF_OTHER,
  }),
  'a fork': claims(at('github.com/mallory/website', 'refs/heads/pull/12')),
  'GitHub Actions': claims('repo:mallory/website:ref:refs/heads/main', {
    iss: 'https://token.actions.githubusercontent.com',
    aud: 'sts.amazonaws.com',
  }),
}

/** Other jobs of the project: no advice may let them in where the policy limits the branch. */
export const SIBLINGS: Readonly<Record<string, Claims>> = {
  'another branch': claims(at(WEBSITE, 'refs/heads/feature')),
  'a branch that begins alike': claims(at(WEBSITE, 'refs/heads/main2')),
  'a branch with the name of a subject': claims(
    at(WEBSITE, 'refs/heads/x/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main2'),
  ),
  'a tag': claims(at(WEBSITE, 'refs/tags/v1')),
  'another repository': claims(at('github.com/acme/api', 'refs/heads/main')),
  'a V1 token': claims(`${SUBJECT}/${USER}`),
}
