# shellcheck shell=sh disable=SC2154,SC2034 # What it needs, and gives
# Fetches Node where the image has none. Needs $root, fail and no_node.

# Prints the text $2 with what $NAME, ${NAME} and ${NAME:-default} in it stand for, as the helper does.
# Only the names are evaluated. $1 is the parameter.
expand() {
  rest=$2 expanded=
  while :; do
    case $rest in
      *\$*) expanded=$expanded${rest%%\$*} rest=${rest#*\$} ;;
      *) break ;;
    esac
    case $rest in
      \{*\}*) inner=${rest#?} inner=${inner%%\}*} after=${rest#*\}} ;;
      *) inner=${rest%%[!A-Za-z0-9_]*} after=${rest#"$inner"} ;;
    esac
    # A default may itself have variables in braces.
    segment=${inner#*:-}
    while [ "$segment" != "${segment#*\{}" ] && [ "$after" != "${after#*\}}" ]; do
      segment=${after%%\}*}
      inner=$inner\}$segment after=${after#*\}}
    done
    variable=${inner%%:-*}
    case $variable in
      '' | [0-9]* | *[!A-Za-z0-9_]*)
        expanded=$expanded\$
        continue
        ;;
    esac
    eval "value=\${$variable:-}"
    if [ -n "$value" ]; then
      expanded=$expanded$value rest=$after
    elif [ "$variable" != "$inner" ]; then
      rest=${inner#*:-}$after
    else
      fail 2 "$1 refers to the environment variable $variable, which is unset or empty." \
        "Next: set it in a context, the project settings or an earlier step, or give the value itself."
    fi
  done
  printf '%s' "$expanded$rest"
}

platform() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64 | Linux-amd64) echo linux-x64 ;;
    Linux-aarch64 | Linux-arm64) echo linux-arm64 ;;
    Darwin-arm64) echo darwin-arm64 ;;
    Darwin-x86_64) echo darwin-x64 ;;
    *) no_node "there is none to fetch for $(uname -s) $(uname -m)." ;;
  esac
}

# Published with the release as SHASUMS256.txt.
pinned_sha256() {
  case $1 in
    24.19.0-linux-x64) echo f625d97cd707df4ff96254916fbc5ff014f09c09effe5a1e0ca8f6d41a8789d4 ;;
    24.19.0-linux-arm64) echo d28c8a5bf0a808f0ed434a1dce8c54ae98f0371c0bd86ac58abc613f73e6643f ;;
    24.19.0-darwin-arm64) echo 8294b7aa9b03997481c06babf1e8b270c859358f27da57a11509afe537ac381d ;;
    24.19.0-darwin-x64) echo d1b5e999db158c62fe8f7267a4476b035d8bd93b1a605bac24a3f0dd166e3316 ;;
  esac
}

sha256_of() {
  if has sha256sum; then
    sha256sum <"$1"
  elif has shasum; then
    shasum -a 256 <"$1"
  else
    openssl dgst -sha256 -r <"$1"
  fi | cut -d ' ' -f 1
}

download() {
  if has curl; then
    curl -fsSLg --connect-timeout 20 --max-time 300 -o "$2" --url "$1"
    return
  fi
  # With -q GNU's wget does not say why it fails, and busybox has no -nv. No timeout: busybox 1.35 crashes on -T.
  case $(wget --help 2>&1) in
    *--no-verbose*) wget -nv -O "$2" -- "$1" ;;
    *) wget -q -O "$2" -- "$1" ;;
  esac
}

# Sets $node to the Node of the parameters, or of the job's variables, fetched into $root.
fetch_node() {
  mirror=$(expand node-mirror "${AWS_OIDC_ORB_NODE_MIRROR:-${AWS_OIDC_NODE_MIRROR:-https://nodejs.org/dist}}") || exit
  version=$(expand node-version "${AWS_OIDC_ORB_NODE_VERSION:-${AWS_OIDC_NODE_VERSION:-24.19.0}}") || exit
  sha256=$(expand node-sha256 "${AWS_OIDC_ORB_NODE_SHA256:-${AWS_OIDC_NODE_SHA256:-}}") || exit
  case $mirror in
    https://* | http://*) ;;
    *) fail 2 "node-mirror is \"$mirror\", but it must be an https:// or http:// URL." ;;
  esac
  case $version in
    *[!0-9.]* | *.*.*.*) valid=0 ;;
    [2-9][0-9]*.[0-9]*.[0-9]*) valid=1 ;;
    *) valid=0 ;;
  esac
  if [ "$valid" = 0 ]; then
    fail 2 "node-version is \"$version\", but it must be like 24.19.0, and no older than 20."
  fi
  platform=$(platform) || exit
  if [ -z "$sha256" ]; then sha256=$(pinned_sha256 "$version-$platform"); fi
  sha256=$(printf '%s' "$sha256" | tr A-F a-f)
  case ${#sha256}:$sha256 in
    64:*[!0-9a-f]*) valid=0 ;;
    64:*) valid=1 ;;
    0:) fail 2 "The orb has no checksum of Node $version for $platform." \
      "Next: set node-sha256 to that of node-v$version-$platform.tar.gz." ;;
    *) valid=0 ;;
  esac
  if [ "$valid" = 0 ]; then
    fail 2 "node-sha256 is \"$sha256\", but it must be 64 characters of 0-9 and a-f."
  fi
  has curl || has wget || no_node "neither curl nor wget to fetch it." "curl or wget"
  has sha256sum || has shasum || has openssl || no_node "no sha256sum to check one with." sha256sum
  for tool in mktemp tar; do has "$tool" || no_node "no $tool to unpack one with." "$tool"; done

  name=node-v$version-$platform
  url=${mirror%/}/v$version/$name.tar.gz
  room="Next: free about 200 MB in $root, or set XDG_DATA_HOME to a directory with more space."
  echo "This image has no Node 20 or newer: fetching $name." >&2
  work=$(mktemp -d "$root/fetch.XXXXXX") || fail 6 "$root cannot be written." "$room"
  trap 'rm -rf "$work"' EXIT
  # Not every shell does the above on a signal.
  trap 'exit 130' INT
  trap 'exit 143' TERM
  attempt=1
  until download "$url" "$work/archive"; do
    # A full disk? Each tool says so in its own way.
    printf '%1048576s' '' 2>/dev/null >>"$work/archive" ||
      fail 6 "$url could not be saved." "$room"
    if [ "$attempt" -ge 3 ]; then
      fail 5 "$url could not be fetched in $attempt attempts." \
        "Next: set node-mirror to a mirror this job reaches, or use an image with Node."
    fi
    attempt=$((attempt + 1))
    sleep "$attempt"
  done
  actual=$(sha256_of "$work/archive") || actual=
  if [ "$actual" != "$sha256" ]; then
    fail 5 "$url is not the file it should be: its SHA-256 is $actual, expected $sha256." \
      "Next: see what node-mirror gives; node-sha256 is the one in the SHASUMS256.txt of that release."
  fi
  tar -xzf "$work/archive" -C "$work" "$name/bin/node" || fail 6 "$name could not be unpacked." "$room"
  "$work/$name/bin/node" -e 0 2>/dev/null || no_node "the fetched Node does not run on it."
  node=$root/node-v$version/bin/node
  { mkdir -p "${node%/*}" && mv -f "$work/$name/bin/node" "$node"; } ||
    fail 6 "$node cannot be written." "$room"
  rm -rf "$work"
  trap - EXIT INT TERM
}

# Alpine: the builds above are for glibc, Alpine has musl.
add_package() {
  if [ "$(id -u)" = 0 ]; then
    apk add --no-cache nodejs >&2 || no_node "apk add nodejs failed."
  elif has sudo && sudo -n true 2>/dev/null; then
    sudo -n apk add --no-cache nodejs >&2 || no_node "apk add nodejs failed."
  else
    no_node "only root can add the package nodejs."
  fi
  node=node unfit="this Alpine's package nodejs is older."
}
