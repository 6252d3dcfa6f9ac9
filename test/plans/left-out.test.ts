import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keyKind } from '../../src/plans/keys.ts'
import { refuseProblems } from '../../src/plans/problem.ts'
import { parse, ROLE, refusal } from './parse-profiles.ts'

// AWS SDKs and Tools Reference, "Configuration file settings list", and AWS CLI User Guide, "Configuration".
describe('settings for tools are passed over', () => {
  const passedOver =
    'cli_pager cli_follow_urlparam csm_enabled s3_use_arn_region ec2_metadata_service_endpoint metadata_service_timeout account_id_endpoint_mode api_versions auth_scheme_preference ca_bundle defaults_mode disable_host_prefix_injection disable_request_compression endpoint_discovery_enabled endpoint_url ignore_configured_endpoint_urls imds_use_ipv6 max_attempts parameter_validation request_checksum_calculation request_min_compression_size_bytes response_checksum_validation retry_mode sdk_ua_app_id services sigv4a_signing_region_set sts_regional_endpoints tcp_keepalive use_dualstack_endpoint use_fips_endpoint'
  for (const key of passedOver.split(' ')) {
    test(key, () => {
      assert.deepEqual(keyKind(key, false), { kind: 'passed over' })
      assert.equal(keyKind(`my_${key}`, false).kind, 'unknown')
    })
  }
  test('a block of any service', () => {
    assert.deepEqual(keyKind('dynamodb', true), { kind: 'passed over' })
    assert.deepEqual(keyKind('dynamodb', false), { kind: 'unknown', nearest: undefined })
    assert.deepEqual(keyKind('regoin', true), { kind: 'unknown', nearest: 'region' })
    assert.deepEqual(keyKind('region', false), { kind: 'known', key: 'region' })
    assert.deepEqual(keyKind('transitive_session_tags', false), {
      kind: 'unknown',
      nearest: 'transitive_tag_keys',
    })
    for (const key of ['sso_account_id', 'mfa_serial', 'aws_session_token']) {
      assert.equal(keyKind(key, false).kind, 'other credentials')
    }
    assert.equal(keyKind('my_sso_session', false).kind, 'unknown')
  })
})

describe('what is wrong, as one error', () => {
  const refused = (problems: Parameters<typeof refuseProblems>[0]) => () =>
    refuseProblems(problems, 'x.ini', (line) => (line > 2 ? 'dev' : undefined))
  const why = 'The whole file is checked before anything is exchanged or written.'
  test('one problem, with its key if it begins with one', () => {
    assert.throws(refused([{ line: 3, text: 'role_arn is missing.' }]), {
      code: 'invalid-profiles-file',
      message: 'x.ini has a problem:\n  line 3, profile dev: role_arn is missing.',
      why,
      next: 'Correct line 3 (role_arn) and run again.',
    })
    assert.throws(refused([{ line: 1, text: 'transitive_tag_keys needs …' }]), {
      message: 'x.ini has a problem:\n  line 1: transitive_tag_keys needs …',
      next: 'Correct line 1 (transitive_tag_keys) and run again.',
    })
    for (const text of ['the role_arn is missing.', 'region is wrong.', 'A_B is none.']) {
      assert.throws(refused([{ line: 1, text }]), { next: 'Correct line 1 and run again.' })
    }
  })
  test('several, by line', () => {
    const problems = [
      { line: 3, text: 'b.' },
      { line: 1, text: 'role_arn a.' },
    ]
    assert.throws(refused(problems), {
      message: 'x.ini has 2 problems:\n  line 1: role_arn a.\n  line 3, profile dev: b.',
      next: 'Correct these lines and run again.',
    })
    refused([])()
  })
})

describe('sections without a role', () => {
  const role = `role_arn = ${ROLE}`
  const note =
    'profiles.ini, line 1: [default] has no role_arn, so it is ignored; other profiles do not inherit its settings.'
  const CASES: readonly (readonly [
    text: string,
    profiles: string,
    notes: number,
    shared?: string[],
  ])[] = [
    [`[default]\nregion = eu-west-1\n[profile dev]\n${role}\n`, 'dev', 1],
    [`[default]\noutput = json\nregion = eu-west-1\n[profile dev]\n${role}\n`, 'dev', 1],
    [`[default]\n[profile dev]\n${role}\n`, 'dev', 1],
    [
      `[default]\nregion = eu-west-1\n[profile dev]\n${role}\nsource_profile = base\n`,
      'dev',
      1,
      ['base'],
    ],
    // As a source in the shared files it is not left out.
    [
      `[default]\nregion = eu-west-1\n[profile dev]\n${role}\nsource_profile = default\n`,
      'dev',
      0,
      ['default'],
    ],
    [
      `[profile base]\noutput = json\n[profile dev]\n${role}\nsource_profile = base\n`,
      'dev',
      0,
      ['base'],
    ],
  ]
  for (const [text, profiles, count, sharedProfiles = []] of CASES) {
    test(`${JSON.stringify(text)}: left out`, async () => {
      const notes: string[] = []
      const found = await parse({ text, sharedProfiles, note: (one) => void notes.push(one) })
      assert.equal(found.map(({ profile }) => profile).join(), profiles)
      assert.deepEqual(notes, count === 0 ? [] : [note])
    })
  }

  const MISSING: readonly (readonly [text: string, line: number, shared?: string[]])[] = [
    // Without a role anywhere it is the profile that was meant.
    ['[default]\nregion = eu-west-1\n', 1],
    [`[profile dev]\nregion = eu-west-1\n[profile b]\n${role}\n`, 1],
    [`[default]\naws_access_key_id = x\n[profile b]\n${role}\n`, 1],
    [`[default]\naudience = x\n[profile b]\n${role}\n`, 1],
    // A source, but in no shared file.
    [`[default]\nregion = eu-west-1\n[profile b]\n${role}\nsource_profile = default\n`, 1],
    [`[profile base]\nregion = eu-west-1\n[profile b]\n${role}\nsource_profile = base\n`, 1],
    [`[profile base]\nregion = eu-west-1\n[profile b]\n${role}\n`, 1, ['base']],
  ]
  for (const [text, line, sharedProfiles = []] of MISSING) {
    test(`${JSON.stringify(text)}: the role is missing`, async () => {
      const error = await refusal({ text, sharedProfiles })
      assert.match(
        error?.message ?? '',
        new RegExp(`line ${line}, profile \\w+: role_arn is missing`),
      )
    })
  }
})

test('a file that is no configuration at all: twenty problems are enough', async () => {
  const error = await refusal({ text: 'x\n'.repeat(100) })
  assert.equal(error?.message.split('\n').length, 21)
  assert.match(error?.message ?? '', /line 20: it is neither|line 20: there is text before/)
})
