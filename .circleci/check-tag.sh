#!/bin/sh
# Fails unless the tag is "v" and the version of package.json, which orb and package carry within them.
set -eu
version=$(node -p 'require("./package.json").version')
if [ "v$version" != "$CIRCLE_TAG" ]; then
  echo "The tag is $CIRCLE_TAG, but package.json says $version: nothing is published." >&2
  echo "Next: delete the tag; give the tag of a version to a commit that has it in package.json." >&2
  exit 1
fi
