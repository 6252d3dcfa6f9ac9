import { ROLE } from './parse-profiles.ts'
import type { ProblemCase } from './problem-cases.ts'

const role = `role_arn = ${ROLE}`
const dev = `[profile dev]\n${role}\n`

/** Files that AWS tools cannot read, or read differently. */
export const SYNTAX_PROBLEMS: readonly ProblemCase[] = [
  {
    name: 'nothing at all',
    text: '# no profile\n',
    problems: ['line 1: there is no profile with a role. Write [profile NAME]'],
  },
  {
    name: 'every line that no AWS tool can read',
    text: `region = x\n[profile dev\n${role}\nnonsense\n[profile x]\npolicy = {\n  "a": 1\n}\n`,
    problems: [
      'line 1: there is text before the first [section]. Write [profile NAME], key = value',
      'line 2: the section header lacks a name or "]".',
      'line 4: it is neither a [section] nor a "key = value".',
      'line 8: it is neither a [section] nor a "key = value". Write [profile NAME], key = value, or a comment; indent lines that continue a value.',
    ],
  },
  {
    name: 'byte order mark',
    text: `\ufeff${dev}x\n`,
    problems: ['line 1: it starts with a byte order mark', 'line 3: it is neither'],
  },
  {
    name: 'lone carriage returns',
    text: `[profile dev]\r${role}\n`,
    problems: ['line 1: a lone carriage return ends the line for the AWS CLI'],
  },
  {
    name: 'sections and keys twice, of whatever name',
    text: `${dev}Region = eu-west-1\nregion = eu-west-1\n[services x]\na = 1\na = 2\n[profile dev]\n[profile "dev"]\n${role}\n[services x]\n`,
    problems: [
      'line 3, profile dev: the AWS SDK for JavaScript does not read keys with capital letters. Write region.',
      'line 4, profile dev: "region" is on line 3 already. Keep one of the two.',
      'line 7: "a" is on line 6 already.',
      'line 8: the section "profile dev" is on line 1 already. Keep one of the two.',
      'line 9: the profile dev is on line 1 already. Keep one of the two sections.',
      'line 11: the section "services x" is on line 5 already.',
    ],
  },
  {
    name: '[default] and [profile default]',
    text: `[default]\n${role}\n[profile default]\n${role}\n`,
    problems: ['line 3: the profile default is on line 1 already.'],
  },
  {
    name: 'headers that are no profile',
    text: '[dev]\n[DEFAULT]\n[Default]\n[profile]\n[profile a b]\n[ profile dev ]\n[profile  two]\n[profile "a b"]\n[profile x] y\n[profile __proto__]\n[profile.dev]\n',
    problems: [
      'line 1: "dev" is not a profile in this syntax. Write [profile dev].',
      'line 2: the AWS CLI copies the keys of [DEFAULT] into every profile, SDKs do not.',
      'line 3: "Default" is not the default profile. Write [default].',
      'line 4: "profile" is not a profile: it takes "profile", one space and one name.',
      'line 5: "profile a b" is not a profile: it takes',
      'line 6: " profile dev " is not a profile: it takes',
      'line 7: the AWS SDK for JavaScript does not read [profile  two] as a profile. Write [profile two].',
      'line 8: "a b" cannot be a profile name.',
      'line 9: text beside the section header hides it from the AWS SDK for JavaScript. Write [profile x] alone',
      'line 10: "__proto__" cannot be a profile name.',
      'line 11: "profile.dev" is not a profile: it takes',
    ],
  },
  {
    name: 'what AWS tools read differently',
    text: `[profile dev]\nrole_arn: ${ROLE}\nregion = eu-west-1 # home\noutput =\nduration_seconds = 900\n  ;\n  1\nexternal_id =\n  a = b\n`,
    problems: [
      'line 2, profile dev: the AWS SDK for JavaScript does not read ":" between key and value. Write "role_arn = …".',
      'line 3, profile dev: "#" or ";" after a space is part of the value of region for the AWS CLI, but a comment for the AWS SDK for JavaScript. Put the comment on a line of its own.',
      'line 4, profile dev: output has no value. Give one, or remove the line.',
      'line 5, profile dev: the indented line below belongs to the value of duration_seconds for the AWS CLI',
      'line 8, profile dev: external_id has no value. Start it on the same line: "external_id = …".',
      'line 8, profile dev: external_id needs a source_profile',
    ],
  },
  {
    name: 'a setting that only one of them sees, because of its indentation',
    text: `${dev}  \n[profile a]\n  s3 =\n  ${role}\n[profile b]\n${role}\npolicy_arns = arn:aws:iam::aws:policy/x\n  region = eu-west-1\n`,
    problems: [
      'line 6, profile a: the AWS CLI and the AWS SDK for JavaScript read role_arn differently here.',
      'line 9, profile b: "region" is not the ARN of a managed policy.',
      'line 10, profile b: the AWS CLI and the AWS SDK for JavaScript read region differently here.',
    ],
  },
  {
    name: 'blocks that the AWS CLI cannot read, headers within a value',
    text: `${dev}policy =\n  {"Statement": []}\n[services x]\ns3 =\n  what\nlist = a\n  [x]\n`,
    problems: [
      'line 3, profile dev: policy has no value. Start it on the same line',
      'line 4, profile dev: the AWS CLI needs key = value in an indented block. Start a longer value on the line of its key.',
      'line 7: the AWS CLI needs key = value in an indented block.',
      'line 9: the AWS SDK for JavaScript treats this indented line as a section header.',
    ],
  },
]
