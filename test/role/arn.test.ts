import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRoleArn, parseRoleArn, partitionOfPolicy } from '../../src/role/arn.ts'

// IAM User Guide, "IAM ARNs": arn:PARTITION:iam::ACCOUNT:role/PATH/NAME
const VALID: [arn: string, partition: string, path: string, name: string][] = [
  ['arn:aws:iam::123456789012:role/deploy', 'aws', '/', 'deploy'],
  ['arn:aws:iam::123456789012:role/S3Access', 'aws', '/', 'S3Access'],
  ['arn:aws-cn:iam::123456789012:role/deploy', 'aws-cn', '/', 'deploy'],
  ['arn:aws-us-gov:iam::123456789012:role/deploy', 'aws-us-gov', '/', 'deploy'],
  ['arn:aws-eusc:iam::123456789012:role/deploy', 'aws-eusc', '/', 'deploy'],
  ['arn:aws-iso-b:iam::123456789012:role/deploy', 'aws-iso-b', '/', 'deploy'],
  ['arn:aws:iam::123456789012:role/team/ci/deploy', 'aws', '/team/ci/', 'deploy'],
  ['arn:aws:iam::123456789012:role/a+=,.@-_Z9', 'aws', '/', 'a+=,.@-_Z9'],
  [`arn:aws:iam::123456789012:role/${'n'.repeat(64)}`, 'aws', '/', 'n'.repeat(64)],
]

for (const [arn, partition, path, name] of VALID) {
  test(`${arn} is taken apart`, () => {
    assert.deepEqual(parseRoleArn(arn), { arn, partition, accountId: '123456789012', path, name })
  })
}

const ROLE = 'arn:aws:iam::123456789012:role/deploy'

const SLIPS: [text: string, why: string][] = [
  [`${ROLE} `, 'It begins or ends with a space or a line break.'],
  [`${ROLE}\n`, 'It begins or ends with a space or a line break.'],
  [` ${ROLE}`, 'It begins or ends with a space or a line break.'],
  [`"${ROLE}"`, 'The quotation marks are part of the value.'],
  [`'${ROLE}'`, 'The quotation marks are part of the value.'],
  ['arn:aws:iam::123456789012:role/my role', 'It contains a space.'],
  ['', 'It does not begin with "arn:": the name of a role is not enough.'],
  ['deploy', 'It does not begin with "arn:": the name of a role is not enough.'],
  [
    'aws:iam::123456789012:role/deploy',
    'It does not begin with "arn:": the name of a role is not enough.',
  ],
  [
    'arn:amazon:iam::123456789012:role/deploy',
    '"amazon" is not a partition such as aws, aws-cn or aws-us-gov.',
  ],
  [
    'arn::iam::123456789012:role/deploy',
    '"" is not a partition such as aws, aws-cn or aws-us-gov.',
  ],
  [
    'arn:aws:sts::123456789012:assumed-role/deploy/session',
    'It is the ARN of a session; the role has an ARN of its own, with "iam".',
  ],
  [`x"${ROLE}"`, 'It does not begin with "arn:": the name of a role is not enough.'],
  [
    'arn:aws2:iam::123456789012:role/deploy',
    '"aws2" is not a partition such as aws, aws-cn or aws-us-gov.',
  ],
  [
    'arn:xaws:iam::123456789012:role/deploy',
    '"xaws" is not a partition such as aws, aws-cn or aws-us-gov.',
  ],
  [
    'arn:aws:iam:x123456789012:role/deploy',
    'IAM ARNs have no region, but "x123456789012" stands there.',
  ],
  [
    'arn:aws:iam:123456789012x:role/deploy',
    'IAM ARNs have no region, but "123456789012x" stands there.',
  ],
  ['arn:aws:iam::x123456789012:role/deploy', '"x123456789012" is not an account id of 12 digits.'],
  ['arn:aws:iam::123456789012x:role/deploy', '"123456789012x" is not an account id of 12 digits.'],
  [
    `arn:aws:iam::123456789012:${'k'.repeat(121)}`,
    `It names "${'k'.repeat(120)}…", not "role/NAME".`,
  ],
  [
    `arn:aws:iam::123456789012:${'k'.repeat(120)}`,
    `It names "${'k'.repeat(120)}", not "role/NAME".`,
  ],
  ['arn:aws:iam::123456789012:role//', 'The name of the role is missing.'],
  ['arn:aws:s3:::bucket', 'It belongs to the service "s3"; a role belongs to "iam".'],
  [
    'arn:aws:iam:123456789012:role/deploy',
    'A colon is missing: there are two between "iam" and the account id.',
  ],
  [
    'arn:aws:iam:eu-west-1:123456789012:role/deploy',
    'IAM ARNs have no region, but "eu-west-1" stands there.',
  ],
  [
    'arn:aws:iam::12345678901:role/deploy',
    'The account id "12345678901" has 11 digits instead of 12.',
  ],
  [
    'arn:aws:iam::1234567890123:role/deploy',
    'The account id "1234567890123" has 13 digits instead of 12.',
  ],
  [
    'arn:aws:iam::1234-5678-9012:role/deploy',
    '"1234-5678-9012" is not an account id of 12 digits.',
  ],
  ['arn:aws:iam::ACCOUNT:role/deploy', '"ACCOUNT" is not an account id of 12 digits.'],
  [
    'arn:aws:iam::123456789012:user/alice',
    'It is the ARN of a user; a token is exchanged for a role.',
  ],
  [
    'arn:aws:iam::123456789012:instance-profile/deploy',
    'It is the ARN of an instance profile; the role inside it has its own.',
  ],
  [
    'arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/x',
    'It is the ARN of the identity provider; the role has its own.',
  ],
  ['arn:aws:iam::123456789012:policy/p', 'It is the ARN of a policy, not of a role.'],
  ['arn:aws:iam::123456789012:root', 'It names "root", not "role/NAME".'],
  ['arn:aws:iam::123456789012:Role/deploy', 'It names "Role", not "role/NAME".'],
  ['arn:aws:iam::123456789012:role:deploy', 'It names "role:deploy", not "role/NAME".'],
  ['arn:aws:iam::123456789012:role', 'The name of the role is missing.'],
  ['arn:aws:iam::123456789012:role/', 'The name of the role is missing.'],
  ['arn:aws:iam::123456789012:role/team/', 'It ends with "/"; the name of the role comes last.'],
  ['arn:aws:iam::123456789012:role//deploy', 'The path before the name of the role is not valid.'],
  [
    `arn:aws:iam::123456789012:role/${'n'.repeat(65)}`,
    'The role name has 65 characters; the limit is 64.',
  ],
  [
    'arn:aws:iam::123456789012:role/dépl*y',
    'The role name "dépl*y" has characters other than letters, digits and _+=,.@-',
  ],
  [
    `arn:aws:iam::123456789012:role/${'p'.repeat(2020)}/deploy`,
    'It has 2058 characters; the limit is 2048.',
  ],
]

for (const [text, why] of SLIPS) {
  test(`refused: ${JSON.stringify(text.slice(0, 60))}: ${why}`, () => {
    assert.throws(() => parseRoleArn(text), { code: 'invalid-role-arn', exitCode: 2, why })
  })
}

test('the message shows the slip and the next step a good one', () => {
  assert.throws(() => parseRoleArn('arn:aws:iam:123456789012:role/deploy'), {
    message: 'The role ARN "arn:aws:iam:123456789012:role/deploy" is not valid.',
    next: "Give the ARN as the IAM console shows it at the top of the role's page: arn:aws:iam::123456789012:role/NAME.",
  })
})

test('what does not look like an ARN may be a secret and is not shown', () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
  assert.throws(() => parseRoleArn(secret), {
    message: 'The role ARN (40 characters, not shown) is not valid.',
    why: 'It does not begin with "arn:": the name of a role is not enough.',
  })
})

test('where it comes from is said, and a long one is cut', () => {
  assert.throws(() => parseRoleArn('secret', 'AWS_ROLE_ARN'), {
    message: 'The role ARN (from AWS_ROLE_ARN, 6 characters, not shown) is not valid.',
  })
  assert.throws(() => parseRoleArn(' "ARN:aws:iam', 'AWS_ROLE_ARN'), {
    message: 'The role ARN " "ARN:aws:iam" (from AWS_ROLE_ARN) is not valid.',
  })
  assert.throws(() => parseRoleArn(`arn:${'x'.repeat(117)}`), {
    message: `The role ARN "arn:${'x'.repeat(116)}…" is not valid.`,
  })
  assert.throws(() => parseRoleArn(`secret arn:aws:iam::123456789012:role/x`), {
    message: 'The role ARN (39 characters, not shown) is not valid.',
  })
})

// IAM API Reference, Role: Arn, at most 2048 characters; a path is at most 512, and so no real one gets there.
test('2048 characters are taken', () => {
  const arn = (length: number) => {
    const [start, end] = ['arn:aws:iam::123456789012:role/', '/deploy']
    return start + 'p'.repeat(length - start.length - end.length) + end
  }
  assert.equal(isRoleArn(arn(2048)), true)
  assert.equal(isRoleArn(arn(2049)), false)
  assert.throws(() => parseRoleArn(arn(2049)), {
    why: 'It has 2049 characters; the limit is 2048.',
  })
  const name = `arn:aws:iam::123456789012:role/${'n'.repeat(64)}`
  assert.throws(() => parseRoleArn(name.replace('role/', 'role//')), {
    why: 'The path before the name of the role is not valid.',
  })
})

test('the partition of a managed policy', () => {
  assert.equal(partitionOfPolicy('arn:aws-cn:iam::123456789012:policy/team/ci'), 'aws-cn')
  assert.equal(partitionOfPolicy('arn:aws:iam::aws:policy/ReadOnlyAccess'), 'aws')
  assert.equal(partitionOfPolicy('xarn:aws:iam::aws:policy/ReadOnlyAccess'), undefined)
  assert.equal(partitionOfPolicy('arn:aws:iam::aws:policy/ReadOnlyAccess '), undefined)
  assert.equal(partitionOfPolicy(`arn:aws:iam::aws:policy/${'n'.repeat(129)}`), undefined)
})
