# shellcheck shell=sh
# Begins every step: no traces, the job's variables, and where our files are.

# A trace would show whatever secrets $BASH_ENV holds. Failures are looked at where they happen.
{ set +euxv; } 2>/dev/null

# Ends the step: exit code (those of the helper), then lines for stderr.
fail() {
  code=$1
  shift
  printf '%s\n' "$@" >&2
  exit "$code"
}

# shellcheck disable=SC2317,SC2329 # For the trap below
bash_env_ended() {
  # bash is still in the redirection below.
  { set +xv; } 2>/dev/null
  exec 2>&3
  fail 6 "$BASH_ENV, the file for what earlier steps export, ended this step." \
    "Next: remove exit and set -e from it."
}

# What earlier steps exported. Only bash reads it by itself, and not when it is called sh.
# As in bash, what fails in it doesn't matter; its traces are hidden.
# shellcheck disable=SC3028 # SHELLOPTS is looked at in bash only
case ${BASH_VERSION:+bash}:${SHELLOPTS:-} in
  :* | *posix*)
    if [ -n "${BASH_ENV:-}" ] && [ -f "$BASH_ENV" ] && [ -r "$BASH_ENV" ]; then
      case $BASH_ENV in */*) ;; *) BASH_ENV=./$BASH_ENV ;; esac
      exec 3>&2
      trap bash_env_ended EXIT
      # Without "command" a syntax error would end the shell.
      # shellcheck disable=SC1090
      command . "$BASH_ENV" 2>/dev/null || sh -n "$BASH_ENV" ||
        echo "This shell reads $BASH_ENV only up to there. Next: use only the syntax of sh in it, or run the step in bash." >&2
      { set +euxv; } 2>/dev/null
      trap - EXIT
      exec 3>&-
    fi
    ;;
esac

# They may have set one for themselves.
unset IFS
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
export HOME="$home"
# As the helper does: a relative XDG_DATA_HOME is ignored.
case ${XDG_DATA_HOME:-} in
  /*) root=$XDG_DATA_HOME/circleci-aws-oidc ;;
  *) root=$home/.local/share/circleci-aws-oidc ;;
esac
# Programs of ours are in it.
if [ -d "$root" ]; then
  user=$(id -u)
  # shellcheck disable=SC2012,SC2046 # Mode and owner are the first words of the line
  set -- $(ls -ldn "$root/.")
  case $1:$3:$user in
    ?????w* | ????????w*) safe= ;;
    *:0:* | *:"$user:$user" | *:"${SUDO_UID:-}:0") safe=1 ;;
    *) safe= ;;
  esac
  [ -n "$safe" ] || fail 6 "Another user can replace what is in $root." \
    "Next: if what is in it is yours, run chown $user and chmod go-w on it, or set XDG_DATA_HOME to another directory."
fi
# shellcheck disable=SC2034 # A step uses one or both
release=@RELEASE@ npm_release=@NPM_RELEASE@

has() {
  command -v "$1" >/dev/null
}
