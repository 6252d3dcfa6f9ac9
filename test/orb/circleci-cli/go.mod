module circleci-cli-for-tests

go 1.25.9

require github.com/CircleCI-Public/circleci-cli v0.1.47860
