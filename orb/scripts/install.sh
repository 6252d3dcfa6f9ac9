# Installs the helper that this text carries, and Node where the image has none.

# A job may set options for its own Node.
unset NODE_OPTIONS

(umask 077 && mkdir -p "$root") || fail 6 "$root cannot be created." \
  "Next: make the home directory writable, or set HOME or XDG_DATA_HOME to one that is."

if ! find_node; then
  if [ "$AWS_OIDC_INSTALL_NODE" != 1 ]; then
    no_node "install-node is false."
  elif has apk; then
    add_package
  else
    fetch_node
  fi
fi

# shellcheck disable=SC2016 # JavaScript, not shell
printf '%s' '@PAYLOAD@' | "$node" -e '@PLACE@' "$root/versions/$release" @SHA256@ || exit

directory=$root/versions/$release
if [ -n "${BASH_ENV:-}" ]; then
  case $directory in
    *:*) fail 6 "$directory cannot be on PATH: it has a colon." \
      "Next: set XDG_DATA_HOME to a directory without one." ;;
  esac
  quoted=$(printf '%s' "$directory" | sed "s/'/'\\\\''/g")
  line="export PATH='$quoted':\"\$PATH\""
  if ! grep -qxF -e "$line" "$BASH_ENV" 2>/dev/null; then
    # The last line there may have no end.
    printf '\n%s\n' "$line" >>"$BASH_ENV" || fail 6 "$BASH_ENV cannot be written." \
      "Next: let this user write it, or set BASH_ENV to a file that it may write."
  fi
fi
echo "circleci-aws-oidc @VERSION@ is in $directory"
