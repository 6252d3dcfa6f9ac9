import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { OPTIONS } from '../../src/options.ts'
import { section, tableRows } from './table.ts'

const page = ['docs/migration.md', 'docs/migration-github.md']
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n')

/** Parameters of CircleCI's aws-cli orb 5.4: https://circleci.com/developer/orbs/orb/circleci/aws-cli */
const AWS_CLI_ORB = {
  setup:
    'version override_installed disable_aws_pager install_dir binary_dir profile_name aws_access_key_id aws_secret_access_key region configure_default_region configure_profile_region role_arn role_session_name session_duration set_aws_env_vars use_brew disable_aws_install when',
  role_arn_setup: 'profile_name role_arn source_profile when',
} as const

/** Inputs of its version 6.2: https://github.com/aws-actions/configure-aws-credentials/blob/v6.2.3/action.yml */
const CONFIGURE_AWS_CREDENTIALS =
  'aws-region aws-profile overwrite-aws-profile role-to-assume aws-access-key-id aws-secret-access-key aws-session-token web-identity-token-file role-chaining audience http-proxy no-proxy mask-aws-account-id role-duration-seconds role-external-id role-session-name role-skip-session-tagging transitive-tag-keys inline-session-policy managed-session-policies output-credentials output-env-credentials unset-current-credentials disable-retry retry-max-attempts special-characters-workaround use-existing-credentials allowed-account-ids force-skip-oidc action-timeout-s custom-tags sts-endpoint'

const TABLES: readonly (readonly [heading: string, names: string])[] = [
  ['## The command `setup`', AWS_CLI_ORB.setup],
  ['## The command `role_arn_setup`', AWS_CLI_ORB.role_arn_setup],
  ['# Moving from configure-aws-credentials', CONFIGURE_AWS_CREDENTIALS],
]

const rowsOf = (heading: string) =>
  tableRows(section(page, heading)).map(([name = '', counterpart = '']) => ({
    name: name.replaceAll('`', ''),
    counterpart,
  }))

for (const [heading, names] of TABLES) {
  describe(heading, () => {
    test('has a row for each parameter, and no other', () => {
      assert.deepEqual(
        rowsOf(heading)
          .map(({ name }) => name)
          .sort(),
        names.split(' ').sort(),
      )
    })

    test('every row says what to do', () => {
      for (const { name, counterpart } of rowsOf(heading)) assert.ok(counterpart.length > 3, name)
    })
  })
}

test('what stands alone in code on the right is an option', () => {
  const rows = [TABLES[0], TABLES[2]].flatMap((table) => rowsOf(table?.[0] ?? ''))
  const named = rows.flatMap(({ counterpart }) => /^`([a-z-]+)`/.exec(counterpart)?.[1] ?? [])
  assert.ok(named.length > 15)
  assert.deepEqual(
    named.filter((name) => !(name in OPTIONS) && !['when', 'true'].includes(name)),
    [],
  )
})
