import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { pathOf } from '../tools/programs.ts'
import { compileWithOrb } from './config.ts'
import { openHost, runJob } from './job-runner.ts'
import type { Values } from './parameters.ts'
import { addTool } from './tools.ts'

const text = (value = '') => ({ type: 'string', default: value })

/** What CircleCI's orbs have in common: `auth`, then a step that uses `profile_name` and `region`. */
function orbJob(name: string, parameters: Values, command: string): Values {
  const own = {
    ...parameters,
    profile_name: text('default'),
    region: text('${AWS_DEFAULT_REGION}'),
  }
  const environment = Object.keys(own).map((key) => [`STR_${key}`, `<<parameters.${key}>>`])
  // They expand variables so.
  const expanded = Object.keys(own).map((key) => `${key}="$(eval echo "$STR_${key}")"`)
  return {
    parameters: { auth: { type: 'steps' }, ...own },
    docker: [{ image: 'cimg/base:current' }],
    steps: [
      { steps: '<<parameters.auth>>' },
      {
        run: {
          name,
          environment: Object.fromEntries(environment),
          command: [...expanded, command].join('\n'),
        },
      },
    ],
  }
}

/** https://circleci.com/developer/orbs/orb/circleci/aws-ecr and …/aws-ecs: names and defaults, not their code. */
const ORBS = {
  'aws-ecr': {
    jobs: {
      build_and_push_image: orbJob(
        'Log into Amazon ECR',
        { repo: text(), tag: text('latest'), account_id: text('${AWS_ACCOUNT_ID}') },
        'aws ecr get-login-password --region "$region" --profile "$profile_name" | docker login --username AWS --password-stdin "$account_id.dkr.ecr.$region.amazonaws.com"',
      ),
    },
  },
  'aws-ecs': {
    jobs: {
      deploy_service_update: orbJob(
        'Update the service',
        { family: text(), cluster: text() },
        'aws ecs update-service --cluster "$cluster" --service "$family" --region "$region" --profile "$profile_name"',
      ),
    },
  },
}

const [, recipe = ''] =
  /```yaml\n(version[\s\S]*?)```/.exec(readFileSync('docs/recipes.md', 'utf8')) ?? []

test('the recipe for auth of aws-ecr and aws-ecs', async (t) => {
  const config = parse(recipe)
  const jobs = compileWithOrb({ ...config, orbs: { ...config.orbs, ...ORBS } })
  assert.equal(jobs.length, 2)
  const outputs = []
  for (const job of jobs) {
    const host = await openHost(t)
    addTool(host.bin, 'docker', `echo "docker $*"; exec ${pathOf('cat')}`)
    const { succeeded, output, steps } = await runJob(host, job)
    assert.ok(succeeded, output)
    outputs.push(steps.at(-1)?.stdout ?? '')
    assert.match(readFileSync(join(host.home, '.aws/config'), 'utf8'), /^\[default\]$/m)
  }
  const [login = '', update = ''] = outputs
  const who = /as arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//
  assert.match(
    login,
    /^docker login --username AWS --password-stdin 111111111111\.dkr\.ecr\.eu-central-1\.amazonaws\.com$/m,
  )
  assert.match(login, /^password$/m)
  assert.match(update, who)
})
