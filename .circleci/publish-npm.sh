#!/bin/sh
# Publishes the package as a trusted publisher: npm exchanges the job's OIDC token.
set -eu
version=$(node -p 'require("./package.json").version')
if [ "v$version" != "$CIRCLE_TAG" ]; then
  echo "The tag is $CIRCLE_TAG, but package.json says $version." >&2
  exit 1
fi
registry=$(npm config get registry | sed 's|^https://||; s|/$||')
NPM_ID_TOKEN=$(circleci run oidc get --claims "{\"aud\":\"npm:$registry\"}")
export NPM_ID_TOKEN
npm publish --access public
