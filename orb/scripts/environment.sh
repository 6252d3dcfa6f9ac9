# shellcheck shell=sh
# Begins every step: no traces, the job's variables, and where our files are.

# A trace would show whatever secrets $BASH_ENV holds.
{ set +xv; } 2>/dev/null

# Ends the step: exit code (those of the helper), then lines for stderr.
fail() {
  code=$1
  shift
  printf '%s\n' "$@" >&2
  exit "$code"
}

# What earlier steps exported. Only bash reads it by itself, and not when it is called sh.
# shellcheck disable=SC3028 # SHELLOPTS is looked at in bash only
case ${BASH_VERSION:+bash}:${SHELLOPTS:-} in
  :* | *posix*)
    if [ -n "${BASH_ENV:-}" ] && [ -r "$BASH_ENV" ]; then
      # shellcheck disable=SC1090
      . "$BASH_ENV" || :
    fi
    ;;
esac

home=${HOME:-}
if [ -z "$home" ]; then
  user=$(id -un 2>/dev/null) || user=
  case $user in
    '' | *[!A-Za-z0-9._-]*) ;;
    *) eval "home=~$user" ;;
  esac
fi
case $home in
  /*) ;;
  *) fail 6 "There is no home directory: HOME is not set to one, and the user has none." \
    "Next: set HOME to a directory of this job." ;;
esac
# As the helper does: a relative XDG_DATA_HOME is ignored.
case ${XDG_DATA_HOME:-} in
  /*) root=$XDG_DATA_HOME/circleci-aws-oidc ;;
  *) root=$home/.local/share/circleci-aws-oidc ;;
esac
release=@RELEASE@
