import { OidcError } from '../../errors.ts'
import type { Generated, GeneratedFile } from './files.ts'

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const LARGEST_BODY = 51_200
const LARGEST_TEMPLATE = 1_000_000
const MOST_RESOURCES = 500

/** A template for every account of organizational units, and the script that deploys it with CloudFormation StackSets. */
export function stackSet({ files, text }: Generated, name: string): Generated {
  const resources = text.match(/^ {4}Type: "?AWS::/gm)?.length ?? 0
  const length = Buffer.byteLength(text)
  if (length > LARGEST_TEMPLATE || resources > MOST_RESOURCES) {
    throw new OidcError('invalid-usage', {
      what: `The template would have ${resources} resources and ${length} bytes; CloudFormation allows ${MOST_RESOURCES} and ${LARGEST_TEMPLATE}.`,
      next: 'Split the roles file, for instance by team, and deploy a stack set for each part.',
    })
  }
  const script: GeneratedFile = {
    name: 'deploy.sh',
    text: deployment(name, length > LARGEST_BODY, text.includes('CreateProvider:')),
    executable: true,
  }
  return { files: [...files, script], text: carrying(text, script.text) }
}

function deployment(name: string, isLarge: boolean, hasProvider: boolean): string {
  return `#!/bin/sh
# Deploys template.yaml with CloudFormation StackSets to every account of the organizational units given,
# now and as accounts join them; a second run brings all of them up to date.
#   sh deploy.sh OU_ID...
# Run it in the management account, or with CALL_AS=DELEGATED_ADMIN in that of a delegated administrator.
# StackSets must be trusted in the organization: aws cloudformation activate-organizations-access
# STACK_SET_NAME: name of the stack set (${name})${hasProvider ? PROVIDER_USAGE : ''}${isLarge ? BUCKET_USAGE : ''}
set -eu
export AWS_PAGER=''
if [ $# = 0 ]; then
  echo 'Usage: sh deploy.sh OU_ID...' >&2
  exit 2
fi

stack_set=\${STACK_SET_NAME:-${name}}
call_as=\${CALL_AS:-SELF}
region=\${AWS_REGION:-\${AWS_DEFAULT_REGION:-us-east-1}}
export AWS_DEFAULT_REGION="$region"
here=$(dirname -- "$0")
${isLarge ? UPLOADED : INLINE}

aws cloudformation validate-template "$from" "$template" >/dev/null

# Ends when the operation does, and fails where an account has failed.
finish() {
  while :; do
    state=$(aws cloudformation describe-stack-set-operation --stack-set-name "$stack_set" \\
      --call-as "$call_as" --operation-id "$1" --query StackSetOperation.Status --output text)
    case $state in
      SUCCEEDED) return 0 ;;
      RUNNING | QUEUED | STOPPING) sleep 5 ;;
      *)
        echo "The operation $1 on $stack_set ended as $state:" >&2
        aws cloudformation list-stack-set-operation-results --stack-set-name "$stack_set" \\
          --call-as "$call_as" --operation-id "$1" --output table >&2
        exit 1
        ;;
    esac
  done
}

set_options() {
  aws cloudformation "$@" --stack-set-name "$stack_set" --call-as "$call_as" \\
    "$from" "$template" --capabilities CAPABILITY_NAMED_IAM \\${
      hasProvider
        ? `
    --parameters "ParameterKey=CreateProvider,ParameterValue=\${CREATE_PROVIDER:-true}" \\`
        : ''
    }
    --permission-model SERVICE_MANAGED \\
    --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false
}

# IAM is global: one region does. All accounts of a unit at a time, and none is left out for another's failure.
preferences='RegionConcurrencyType=PARALLEL,MaxConcurrentPercentage=100,FailureTolerancePercentage=100'

found=$(aws cloudformation list-stack-sets --status ACTIVE --call-as "$call_as" \\
  --query "Summaries[?StackSetName=='$stack_set'].StackSetName" --output text)
if [ -z "$found" ]; then
  set_options create-stack-set >/dev/null
else
  operation=$(set_options update-stack-set --operation-preferences "$preferences" \\
    --query OperationId --output text)
  finish "$operation"
fi

units=$(printf ',%s' "$@")
operation=$(aws cloudformation create-stack-instances --stack-set-name "$stack_set" \\
  --call-as "$call_as" --deployment-targets "OrganizationalUnitIds=\${units#,}" \\
  --regions "$region" --operation-preferences "$preferences" \\
  --query OperationId --output text)
finish "$operation"

aws cloudformation list-stack-instances --stack-set-name "$stack_set" --call-as "$call_as" \\
  --query 'Summaries[].[Account,StackInstanceStatus.DetailedStatus]' --output text
`
}

const PROVIDER_USAGE = `
# CREATE_PROVIDER: false where every account has a provider for the issuer already (true)`

const BUCKET_USAGE = `
# TEMPLATE_BUCKET: the template is too long for a request, so it is put into this S3 bucket`

const INLINE = `from=--template-body
template="file://$here/template.yaml"`

const UPLOADED = `bucket=\${TEMPLATE_BUCKET:?names no bucket for the template, which is too long for a request}
aws s3 cp "$here/template.yaml" "s3://$bucket/$stack_set.yaml" >/dev/null
from=--template-url
template="https://$bucket.s3.amazonaws.com/$stack_set.yaml"`

/** The delimiter is no line of a template: each has a key or an item. */
function carrying(template: string, script: string): string {
  const [head = '', rest = ''] = script.split(/(?<=\nhere=)\$\(dirname -- "\$0"\)\n/)
  return `${head}$(mktemp -d)
trap 'rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM
cat >"$here/template.yaml" <<'END'
${template}END
${rest}`
}
