# Installs the helper that this text carries, and Node where the image has none.

no_node() {
  fail 2 "This image has no Node 20 or newer, and $1" \
    "Next: use an image with Node (cimg/node, cimg/aws, a *-node variant, node:*-alpine, an Ubuntu machine image, macOS), or install ${2:-Node} in an earlier step."
}

directory=$root/versions/$release
payload() {
  # shellcheck disable=SC2016 # No variables
  printf '%s' '@PAYLOAD@'
}
set -- circleci-aws-oidc.cjs @LENGTH@ @SHA256@ started

if ! place_by_any "$@"; then
  case $AWS_OIDC_ORB_INSTALL_NODE:${AWS_OIDC_INSTALL_NODE:-} in
    0:* | *:0 | *:false) no_node "install-node is false." ;;
  esac
  (umask 077 && mkdir -p "$root") || fail 6 "$root cannot be created." \
    "Next: make the home directory writable, or set HOME or XDG_DATA_HOME to one that is."
  # fetch-node.sh, small as few images need it.
  for tool in base64 gzip; do has "$tool" || no_node "no $tool to unpack what fetches one." "$tool"; done
  eval "$(printf '%s' @FETCH_NODE@ | base64 -d | gzip -dc)"
  if has apk; then add_package; else fetch_node; fi
  place "$node" "$@" || no_node "${unfit:-the fetched Node does not run on it.}"
fi
echo "circleci-aws-oidc @VERSION@ is in $directory"
