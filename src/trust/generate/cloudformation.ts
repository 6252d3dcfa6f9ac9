import { OidcError } from '../../errors.ts'
import { issuerHostPath } from '../policy/context-keys.ts'
import type { Generated } from './files.ts'
import { checkPolicyLength, policyWith } from './policy-document.ts'
import type { RoleSetup, TrustedTokens } from './setup.ts'

/** A JSON value as YAML in block style. Whatever could mean something else in plain style is quoted as in JSON. */
export function yamlText(value: unknown): string {
  return `${nodeLines(value).join('\n')}\n`
}

function nodeLines(value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((item) => {
      const [first = '', ...rest] = nodeLines(item)
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
    })
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, item]) => entryLines(scalar(key), item))
  }
  return [typeof value === 'string' ? scalar(value) : JSON.stringify(value)]
}

function entryLines(key: string, item: unknown): string[] {
  const lines = nodeLines(item)
  const nested = typeof item === 'object' && item !== null && Object.keys(item).length > 0
  return nested ? [`${key}:`, ...lines.map((line) => `  ${line}`)] : [`${key}: ${lines[0]}`]
}

// Words that YAML 1.1 reads as booleans or null.
const SPECIAL = /^(y|n|yes|no|on|off|true|false|null)$/i

/** YAML's double-quoted style takes JSON strings: https://yaml.org/spec/1.2.2/#731-double-quoted-style */
function scalar(text: string): string {
  return /^[A-Za-z][\w /.:-]*$/.test(text) && !/:( |$)|\s$/.test(text) && !SPECIAL.test(text)
    ? text
    : JSON.stringify(text)
}

type Part = Readonly<Record<string, unknown>>

/** A CloudFormation template. Outside `Fn::Sub` strings are literal, but for dynamic references. */
export function cloudformation(setup: RoleSetup): Generated {
  checkPolicyLength(setup)
  const { party } = setup
  const template = party.kind === 'tokens' ? tokensTemplate(setup, party) : roleTemplate(setup)
  const text = yamlText({ AWSTemplateFormatVersion: '2010-09-09', ...template })
  refuseDynamicReference(text)
  return { files: [{ name: 'template.yaml', text }], text }
}

/** There is no way to escape one: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html */
function refuseDynamicReference(text: string): void {
  const [found] = /\{\{resolve:[^}]{0,80}/.exec(text) ?? []
  if (found === undefined) return
  throw new OidcError('invalid-usage', {
    what: `"${found}" stands in the subject or a policy, and CloudFormation would replace it.`,
    next: 'Take it out, or generate another form with --for.',
  })
}

function tokensTemplate(setup: RoleSetup, party: TrustedTokens): Part {
  const host = issuerHostPath(party.issuer)
  const existing = {
    'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:oidc-provider/${host}`,
  }
  const providerArn = { 'Fn::If': ['CreatesProvider', { Ref: 'Provider' }, existing] }
  return {
    Description:
      'OIDC provider and role for CI jobs. Deploy with --capabilities CAPABILITY_NAMED_IAM.',
    Parameters: {
      ...parameters(setup),
      CreateProvider: {
        Description: 'false where the account already has a provider for this issuer',
        Type: 'String',
        AllowedValues: ['true', 'false'],
        Default: 'true',
      },
    },
    Conditions: { CreatesProvider: { 'Fn::Equals': [{ Ref: 'CreateProvider' }, 'true'] } },
    Resources: {
      Provider: {
        Type: 'AWS::IAM::OIDCProvider',
        Condition: 'CreatesProvider',
        Properties: {
          Url: party.issuer,
          ClientIdList: [party.audience],
          ...(setup.thumbprints.length > 0 ? { ThumbprintList: setup.thumbprints } : {}),
          ...tags(setup),
        },
      },
      Role: role(setup, { Federated: providerArn }),
    },
    Outputs: {
      ...outputs,
      ProviderArn: { Description: 'ARN of the OIDC provider', Value: providerArn },
    },
  }
}

function roleTemplate(setup: RoleSetup): Part {
  const trusted = setup.party.kind === 'role' ? setup.party.roleArn : ''
  return {
    Description: 'Role that another role assumes. Deploy with --capabilities CAPABILITY_NAMED_IAM.',
    Parameters: parameters(setup),
    Resources: { Role: role(setup, { AWS: trusted }) },
    Outputs: outputs,
  }
}

function parameters(setup: RoleSetup): Part {
  return {
    RoleName: { Description: 'Name of the role', Type: 'String', Default: setup.roleName },
    MaxSessionDuration: {
      Description: 'Longest session in seconds',
      Type: 'Number',
      MinValue: 3600,
      MaxValue: 43_200,
      Default: setup.maxSessionDuration ?? 3600,
    },
  }
}

function role(setup: RoleSetup, principal: object): Part {
  const { policyArns, permissionPolicy } = setup
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: { Ref: 'RoleName' },
      MaxSessionDuration: { Ref: 'MaxSessionDuration' },
      AssumeRolePolicyDocument: policyWith(principal, setup.party),
      ...(policyArns.length > 0 ? { ManagedPolicyArns: policyArns } : {}),
      ...(permissionPolicy === undefined
        ? {}
        : { Policies: [{ PolicyName: { Ref: 'RoleName' }, PolicyDocument: permissionPolicy }] }),
      ...tags(setup),
    },
  }
}

function tags(setup: RoleSetup): Part {
  return setup.tags.size === 0
    ? {}
    : { Tags: [...setup.tags].map(([Key, Value]) => ({ Key, Value })) }
}

const outputs = {
  RoleArn: {
    Description: 'ARN of the role, for --role-arn',
    Value: { 'Fn::GetAtt': ['Role', 'Arn'] },
  },
}
