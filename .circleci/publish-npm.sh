#!/bin/sh
# Publishes the file that was packed after the tests, as a trusted publisher: npm exchanges the job's OIDC token.
set -eu
set -- dist/*.tgz
# The orb takes no other package than this one.
integrity=$(node -p '"sha512-" + require("crypto").createHash("sha512").update(require("fs").readFileSync(process.argv[1])).digest("base64")' "$1")
if ! grep -qF "$integrity" orb/dist/npm.sh; then
  echo "$1 is not the package that the orb was packed with: nothing is published." >&2
  echo "Next: run the workflow again from its start." >&2
  exit 1
fi
registry=$(npm config get registry | sed 's|^https://||; s|/$||')
NPM_ID_TOKEN=$(circleci run oidc get --claims "{\"aud\":\"npm:$registry\"}")
export NPM_ID_TOKEN
npm publish "$1" --access public --ignore-scripts
