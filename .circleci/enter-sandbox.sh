#!/bin/sh
# Leads the steps that follow to the sandbox started before.
set -eu
seconds=0
until grep -q CIRCLE_OIDC_TOKEN_V2 sandbox.env 2>/dev/null; do
  seconds=$((seconds + 1))
  [ "$seconds" -le 60 ]
  sleep 1
done
# The job keeps its own $BASH_ENV: what comes later is written there.
grep -v '^export BASH_ENV=' sandbox.env >>"$BASH_ENV"
