#!/bin/sh
# Fails unless the tag is "v" and the version of package.json, which orb and package carry within them, and lies on main.
set -eu
version=$(node -p 'require("./package.json").version')
if [ "v$version" != "$CIRCLE_TAG" ]; then
  echo "The tag is $CIRCLE_TAG, but package.json says $version: nothing is published." >&2
  echo "Next: delete the tag; give the tag of a version to a commit that has it in package.json." >&2
  exit 1
fi
git fetch --quiet origin main
if ! git merge-base --is-ancestor HEAD FETCH_HEAD; then
  echo "The tag $CIRCLE_TAG is not on main: nothing is published." >&2
  echo "Next: delete the tag; merge its commit, then give the tag to one that is on main." >&2
  exit 1
fi
