// Stands in for programs that use AWS (`aws`, `terraform`, `cdk`, …): says who it is with the
// credentials the real SDK finds, and what it was asked to do.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const [program, ...args] = process.argv.slice(2)
const at = args.indexOf('--profile')
if (at >= 0) process.env['AWS_PROFILE'] = args[at + 1]
const region = process.env['AWS_REGION'] ?? 'us-east-1'
const client = new STSClient({ region, maxAttempts: 1 })
const { Arn } = await client.send(new GetCallerIdentityCommand({}))
// A password for `docker login --password-stdin`, as `aws ecr get-login-password` would print.
if (args.includes('get-login-password')) console.log('password')
else console.log(`${program} ${args.join(' ')} as ${Arn}`)
