import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { startTokenServer } from '../token/token-server.ts'
import { type CiJob, recipesUnder, startCiJob } from './ci-recipe.ts'

// The recipes of docs/other-ci.md, each run as its CI does, with the AWS side that the page generates.

interface Ci {
  readonly heading: string
  readonly issuer: string
  readonly subject: string
  readonly role: string
  readonly session: string
  readonly language: 'yaml' | 'groovy'
  /** Runs a recipe in the job and returns what its last step printed. */
  readonly run: (t: TestContext, job: CiJob, recipe: string) => Promise<string>
}

/** A token service that gives this job's tokens; how a job reaches it. */
async function tokenService(t: TestContext, { job, mint }: CiJob) {
  const { url } = await startTokenServer(t, async (response, request) => {
    const audience = new URL(request.url ?? '', 'http://x').searchParams.get('audience')
    response.end(JSON.stringify({ value: await mint(audience ?? '') }))
  })
  const bearer = 'the-bearer-of-this-build'
  job.secrets.add(bearer)
  return { url, bearer }
}

/** What the runner takes from GITHUB_ENV after a step. */
function variables(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '')
  return Object.fromEntries(lines.map((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? []))
}

const CIS: readonly Ci[] = [
  {
    heading: 'GitHub Actions',
    issuer: 'https://token.actions.githubusercontent.com',
    subject: 'repo:acme/website:ref:refs/heads/main',
    role: 'github-oidc',
    session: 'github-1658821493-website-deploy',
    language: 'yaml',
    run: async (t, ci, recipe) => {
      const { permissions, jobs } = parse(recipe)
      assert.equal(permissions['id-token'], 'write')
      const { url, bearer } = await tokenService(t, ci)
      const env = {
        GITHUB_ACTIONS: 'true',
        GITHUB_RUN_ID: '1658821493',
        GITHUB_REPOSITORY: 'acme/website',
        GITHUB_JOB: 'deploy',
        GITHUB_ENV: ci.job.write('github_env', ''),
        ACTIONS_ID_TOKEN_REQUEST_URL: `${url}?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
      }
      let printed = ''
      for (const { run } of jobs.deploy.steps) {
        const exported = variables(readFileSync(env.GITHUB_ENV, 'utf8'))
        printed = await ci.run(run, { ...env, ...exported })
      }
      return printed
    },
  },
  {
    heading: 'GitLab',
    issuer: 'https://gitlab.com',
    subject: 'project_path:acme/website:ref_type:branch:ref:main',
    role: 'gitlab-oidc',
    session: 'gitlab-7-website-deploy',
    language: 'yaml',
    run: async (_, ci, recipe) => {
      const { id_tokens, script, variables } = parse(recipe).deploy
      const env: Record<string, string> = {
        GITLAB_CI: 'true',
        CI_JOB_ID: '7',
        CI_PROJECT_NAME: 'website',
        CI_JOB_NAME: 'deploy',
        ...variables,
      }
      for (const name of Object.keys(id_tokens)) env[name] = await ci.mint(id_tokens[name].aud)
      return ci.run(script.join('\n'), env)
    },
  },
  {
    heading: 'Bitbucket Pipelines',
    issuer: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
    subject: '{5b8e2d14-7f36-4a9c-8d01-3e4f5a6b7c8d}:{9c8b7a65-4d3e-4f21-a0b1-c2d3e4f5a6b7}',
    role: 'bitbucket-oidc',
    session: 'bitbucket-7-website',
    language: 'yaml',
    run: async (_, ci, recipe) => {
      const { oidc, script } = parse(recipe).pipelines.branches.main[0].step
      const audience = 'ari:cloud:bitbucket::workspace/0d3f6a52-4c1b-4e7a-9f80-2b5c6d7e8f90'
      return ci.run(script.join('\n'), {
        BITBUCKET_BUILD_NUMBER: '7',
        BITBUCKET_REPO_SLUG: 'website',
        ...(oidc === true ? { BITBUCKET_STEP_OIDC_TOKEN: await ci.mint(audience) } : {}),
      })
    },
  },
  {
    heading: 'Buildkite',
    issuer: 'https://agent.buildkite.com',
    subject: 'organization:acme:pipeline:website:ref:refs/heads/main:commit:4f0c2a3:step:deploy',
    role: 'buildkite-oidc',
    session: 'buildkite-7-website-deploy',
    language: 'yaml',
    run: async (_, ci, recipe) => {
      const [{ key, command }] = parse(recipe).steps
      const file = ci.job.write('minted', await ci.mint('sts.amazonaws.com'))
      const asked = 'oidc request-token --audience sts.amazonaws.com'
      ci.job.program('buildkite-agent', `[ "$*" = "${asked}" ] && exec cat "${file}"`)
      return ci.run(command.join('\n'), {
        BUILDKITE: 'true',
        BUILDKITE_BUILD_NUMBER: '7',
        BUILDKITE_PIPELINE_SLUG: 'website',
        BUILDKITE_STEP_KEY: key,
      })
    },
  },
  {
    heading: 'Jenkins',
    issuer: 'https://jenkins.example.com/oidc',
    subject: 'https://jenkins.example.com/job/website/',
    role: 'jenkins-oidc',
    session: 'jenkins-7-website-Deploy',
    language: 'groovy',
    run: async (t, ci, recipe) => {
      const { url, bearer } = await tokenService(t, ci)
      const bound: Record<string, string> = {
        "credentials('aws-id-token')": ci.job.write('token', await ci.mint('sts.amazonaws.com')),
        "credentials('token-service-bearer')": bearer,
        "'https://tokens.example.com/token'": url,
      }
      const [, block = ''] = /^ {2}environment \{\n(.*?)^ {2}\}/ms.exec(recipe) ?? []
      const env = [...block.matchAll(/(\w+) = (.*)/g)].map(([, name = '', value = '']) => {
        assert.ok(bound[value], value)
        return [name, bound[value]] as const
      })
      const [, script = ''] = /^ +sh '(.*)'$/m.exec(recipe) ?? []
      return ci.run(script, {
        JENKINS_URL: 'https://jenkins.example.com/',
        BUILD_NUMBER: '7',
        JOB_NAME: 'website',
        STAGE_NAME: 'Deploy',
        ...Object.fromEntries(env),
      })
    },
  },
]

for (const { heading, language, run, role, session, ...identity } of CIS) {
  const recipes = recipesUnder(heading, language)
  test(`${heading} has a recipe`, () => assert.notEqual(recipes.length, 0))
  for (const { line, text } of recipes) {
    test(`${heading}: docs/other-ci.md:${line}`, async (t) => {
      const ci = await startCiJob(t, heading, { ...identity, role })
      const printed = await run(t, ci, text)
      const arn = `arn:aws:sts::111111111111:assumed-role/${role}/${session}`
      assert.ok(printed.includes(arn), printed)

      const stranger = { ...identity, role, subject: `x${identity.subject}` }
      const other = await startCiJob(t, heading, stranger)
      await assert.rejects(run(t, other, text), /Error access-denied: /)
    })
  }
}
