// Prints the caller identity and region that the AWS SDK for JavaScript finds: javascript-identity.mjs [PROFILE]
// With CALLS in the environment it asks as often with one client, PAUSE seconds apart.
import { setTimeout as sleep } from 'node:timers/promises'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromNodeProviderChain } from '@aws-sdk/credential-providers'

const [profile] = process.argv.slice(2)
const chosen = profile ? { profile } : {}
const client = new STSClient({ ...chosen, credentials: fromNodeProviderChain(chosen) })
const ask = () => client.send(new GetCallerIdentityCommand({}))
let answer = await ask()
for (let call = 1; call < Number(process.env['CALLS'] ?? 1); call += 1) {
  await sleep(Number(process.env['PAUSE'] ?? 0) * 1000)
  answer = await ask()
}
const { Arn, Account } = answer
console.log(JSON.stringify({ Arn, Account, region: await client.config.region() }))
