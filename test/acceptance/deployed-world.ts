import { parse } from 'yaml'
import { readWorld, type World } from '../../src/sandbox/index.ts'

const ACCOUNT = '111111111111'

/** What IAM takes: https and no port. A local issuer stands in for it in the world. */
export const REGISTERED = 'https://ci.example.com'

interface Template {
  readonly Parameters: { readonly RoleName: { readonly Default: string } }
  readonly Resources: {
    readonly Provider: {
      readonly Properties: {
        readonly Url: string
        readonly ClientIdList: string[]
        readonly ThumbprintList?: string[]
      }
    }
    readonly Role: {
      readonly Properties: { readonly AssumeRolePolicyDocument: { readonly Statement: object[] } }
    }
  }
}

export interface Deployed {
  readonly world: World
  readonly roleArn: string
  readonly trustPolicy: object
  readonly thumbprints: readonly string[]
}

/** The world after a CloudFormation template of `trust generate` is deployed, with `issuer` in place of `REGISTERED`. */
export function deploy(template: string, issuer: string): Deployed {
  const [host, localHost] = [REGISTERED, issuer].map((url) => new URL(url).host)
  const text = template.replaceAll(REGISTERED, issuer).replaceAll(`${host}`, `${localHost}`)
  const { Parameters, Resources }: Template = parse(text)
  const { Url: url, ClientIdList: clientIds, ThumbprintList } = Resources.Provider.Properties
  const providerArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/${localHost}`
  const policy = Resources.Role.Properties.AssumeRolePolicyDocument
  // The template chooses between the provider it makes and one that is there: both have this ARN.
  const Statement = policy.Statement.map((one) => ({
    ...one,
    Principal: { Federated: providerArn },
  }))
  const trustPolicy = { ...policy, Statement }
  const name = Parameters.RoleName.Default
  const providers = [{ url, clientIds }]
  const accounts = { [ACCOUNT]: { providers, roles: [{ name, trustPolicy }] } }
  return {
    world: readWorld({ accounts }),
    roleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
    trustPolicy,
    thumbprints: ThumbprintList ?? [],
  }
}
