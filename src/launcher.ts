import { quickAnswer } from './refresh/quick-answer.ts'

// What the `credential_process` of a profile starts. It lies beside a copy of the bundle, whose size
// alone would make each `aws` command wait.
const answer = quickAnswer(process.argv.slice(2), process.env)
if (answer === undefined) require('./circleci-aws-oidc.cjs')
else process.stdout.write(answer)
