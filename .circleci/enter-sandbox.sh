#!/bin/sh
# Leads the steps that follow to the sandbox started before.
set -eu
seconds=0
until grep -q job.sh sandbox.env 2>/dev/null; do
  seconds=$((seconds + 1))
  if [ "$seconds" -gt 60 ]; then
    echo "The sandbox did not start within 60 seconds. Next: see what its own step says." >&2
    exit 1
  fi
  sleep 1
done
# In bash.exe the colon of C:\ would end an entry of PATH.
path=
if command -v cygpath >/dev/null; then
  # shellcheck disable=SC2016 # Evaluated where the text is read
  path='s/^export PATH=\(.*\):"$PATH"$/export PATH="$(cygpath \1)":"$PATH"/'
fi
# What the sandbox prints reads this file.
variables=$(sed "s/^\. '\(.*\)'$/\1/" sandbox.env)
# The job keeps its own $BASH_ENV: what comes later is written there.
sed -e '/^export BASH_ENV=/d' -e '/^unset /s/ BASH_ENV\( \|$\)/\1/' -e "$path" "$variables" >>"$BASH_ENV"
