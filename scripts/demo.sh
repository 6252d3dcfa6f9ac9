# The main job, as a CircleCI job of the sandbox does it.
set -eu

show() {
  printf '\n$ %s\n' "$*"
  "$@"
}

show circleci-aws-oidc assume-role --role-arn arn:aws:iam::111111111111:role/circleci-oidc \
  --profile dev --region eu-central-1
show circleci-aws-oidc whoami --profile dev
