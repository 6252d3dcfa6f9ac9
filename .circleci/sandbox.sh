#!/bin/sh
# Runs the sandbox of this commit with the job's Node, or the one the orb fetched.
set -eu
node=$(command -v node) || for node in "$HOME"/.local/share/circleci-aws-oidc/node-*/bin/node; do :; done
exec "$node" dist/circleci-aws-oidc.cjs sandbox >sandbox.env
