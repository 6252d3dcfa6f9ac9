# Puts the helper in place as circleci-aws-oidc. Needs $node and fail.

room="Next: make room there and make it writable, or set HOME or XDG_DATA_HOME."

make_directory() {
  (umask 077 && mkdir -p "$1") || fail 6 "$1 cannot be created." \
    "Next: make the home directory writable, or set HOME or XDG_DATA_HOME to one that is."
}

quoted() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# Makes $directory/circleci-aws-oidc run the bundle $1, and puts it on the PATH of later steps.
add_launcher() {
  launcher=$directory/circleci-aws-oidc
  runs=$(quoted "$node")
  # exec gives the job's NODE_OPTIONS back to its command.
  # shellcheck disable=SC2016 # The launcher's own variables
  text=$(printf '%s\n' '#!/bin/sh' "if [ ! -x $runs ]; then" \
    "  printf '%s\\n' $runs' is gone, the Node that circleci-aws-oidc was installed with.' \\" \
    "    \"Next: use the orb's command install in an earlier step of this job.\" >&2" \
    '  exit 6' 'fi' \
    'if [ -n "$NODE_OPTIONS" ]; then export CIRCLECI_AWS_OIDC_NODE_OPTIONS="$NODE_OPTIONS"; fi' \
    'unset NODE_OPTIONS' "exec $runs $(quoted "$1") \"\$@\"")
  if [ "$(cat "$launcher" 2>/dev/null)" != "$text" ] || [ ! -x "$launcher" ]; then
    # Through a rename: another step may be running what is there now.
    temporary=$launcher.$$
    { printf '%s\n' "$text" >"$temporary" && chmod 755 "$temporary" && mv -f "$temporary" "$launcher"; } || {
      rm -f "$temporary"
      fail 6 "$launcher cannot be written." "$room"
    }
  fi
  if [ -n "${BASH_ENV:-}" ]; then
    case $directory in
      *:*) fail 6 "$directory cannot be on PATH: it has a colon." \
        "Next: set XDG_DATA_HOME to a directory without one." ;;
    esac
    line="export PATH=$(quoted "$directory"):\"\$PATH\""
    if ! grep -qxF -e "$line" "$BASH_ENV" 2>/dev/null; then
      # The last line there may have no end.
      printf '\n%s\n' "$line" >>"$BASH_ENV" || fail 6 "$BASH_ENV cannot be written." \
        "Next: let this user write it, or set BASH_ENV to a file that it may write."
    fi
  fi
}
