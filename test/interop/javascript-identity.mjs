// Prints the caller identity and region that the AWS SDK for JavaScript finds: javascript-identity.mjs [PROFILE]
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromNodeProviderChain } from '@aws-sdk/credential-providers'

const [profile] = process.argv.slice(2)
const chosen = profile ? { profile } : {}
const client = new STSClient({ ...chosen, credentials: fromNodeProviderChain(chosen) })
const { Arn, Account } = await client.send(new GetCallerIdentityCommand({}))
console.log(JSON.stringify({ Arn, Account, region: await client.config.region() }))
