#!/bin/sh
# Publishes the package as a trusted publisher: npm exchanges the job's OIDC token.
set -eu
registry=$(npm config get registry | sed 's|^https://||; s|/$||')
NPM_ID_TOKEN=$(circleci run oidc get --claims "{\"aud\":\"npm:$registry\"}")
export NPM_ID_TOKEN
npm publish --access public
