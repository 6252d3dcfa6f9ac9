# Installs the helper that this text carries, and Node where the image has none.

directory=$root/versions/$release
make_directory "$root"
if ! find_node; then
  case $AWS_OIDC_ORB_INSTALL_NODE:${AWS_OIDC_INSTALL_NODE:-} in
    0:* | *:0 | *:false) no_node "install-node is false." ;;
  esac
  if has apk; then add_package; else fetch_node; fi
fi

# shellcheck disable=SC2016 # JavaScript, not shell
printf '%s' '@PAYLOAD@' | "$node" -e '@PLACE@' "$directory" circleci-aws-oidc.cjs @SHA256@ || exit
add_launcher "$directory/circleci-aws-oidc.cjs"
echo "circleci-aws-oidc @VERSION@ is in $directory"
